/// Every key under which something is looked up or stored, as scanpy and squidpy name them.
public enum Keys {
  public static let spatial = "spatial"
  public static let counts = "counts"
  public static let pca = "X_pca"
  public static let principalComponents = "PCs"
  public static let spatialConnectivities = "spatial_connectivities"
  public static let spatialDistances = "spatial_distances"
  public static let spatialNeighbours = "spatial_neighbors"
  public static let highlyVariable = "highly_variable"
  public static let highlyVariableRecord = "hvg"
  public static let means = "means"
  public static let dispersions = "dispersions"
  public static let normalisedDispersions = "dispersions_norm"
  public static let variances = "variances"
  public static let normalisedVariances = "variances_norm"
  public static let residualVariances = "residual_variances"
  public static let highlyVariableRank = "highly_variable_rank"
  public static let highlyVariableBatches = "highly_variable_nbatches"
  public static let highlyVariableIntersection = "highly_variable_intersection"
  public static let mean = "mean"
  public static let std = "std"
  public static let log1p = "log1p"
  public static let totalCounts = "total_counts"
  public static let logTotalCounts = "log1p_total_counts"
  public static let genesByCounts = "n_genes_by_counts"
  public static let logGenesByCounts = "log1p_n_genes_by_counts"
  public static let cellsByCounts = "n_cells_by_counts"
  public static let meanCounts = "mean_counts"
  public static let mitochondrialCounts = "total_counts_mt"
  public static let mitochondrialPercent = "pct_counts_mt"
  public static let mitochondrial = "mt"
  public static let sizeFactor = "size_factor"
  public static let inTissue = "in_tissue"
  public static let geneIDs = "gene_ids"
  /// This program's own record in `uns`.
  public static let stomics = "stomics"
  public static let recipe = "recipe"
  /// What `predict` writes into obs and obsm.
  public static let predictedDomain = "domain"
  public static let predictedConfidence = "domain_confidence"
  public static let domainProbabilities = "domain_probabilities"
  public static let embedding = "X_stomics"
  /// What `predict --attention` writes into obsp: the weights of a layer, rows the spots that listen.
  public static func graphAttention(layer: Int) -> String { "attention_graph_\(layer)" }
  public static func crossAttention(layer: Int) -> String { "attention_cross_\(layer)" }
  /// One head of such a matrix, which holds their mean.
  public static func head(_ head: Int, of key: String) -> String { "\(key)_head_\(head)" }
  /// Features of the tissue's image: the matrix in obsm, and the record of how it was made, by its key, in uns.
  public static let imageFeatures = "X_image"
  public static let imageFeaturesRecord = "image_features"
  /// How `annotate` made the domains, in uns.
  public static let annotationRecord = "stomics_annotation"
  /// The suffix of `uns/<column>_colors`.
  public static func colors(of column: String) -> String { column + "_colors" }
}
