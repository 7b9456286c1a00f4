import AnnData
import Preprocessing
import StomicsCore

/// One slice as an evaluation reads it: counts, places and labels, nothing fitted.
public struct EvaluationSlice: Sendable {
  /// What to read.
  public struct Options: Sendable, Equatable {
    /// The column of obs; nil for a slice without labels.
    public var labelKey: String?
    public var layer: String?
    public var keepUnlabelled = false
    public var sizeFactorColumn: String?
    public var spatialKey = Keys.spatial
    /// The matrices of obsm that the modes read.
    public var embedding: InputParts.Features?
    public var image: InputParts.Features?

    public init(labelKey: String?) { self.labelKey = labelKey }
  }

  /// The file's name without its ending, in tables.
  public let name: String
  public let donor: String?
  public let file: String
  /// `[N]`
  public let spots: [String]
  /// The spots' positions in the file, `[N]`.
  public let positions: [Int]
  /// `[G]`
  public let genes: [String]
  public let geneIDs: [String]?
  /// `[N, G]`
  public let counts: CSRMatrix
  public let sizes: [Double]?
  /// `[N]`
  public let coordinates: [SIMD2<Double>]
  /// Codes of `classNames`, -1 where missing, `[N]`.
  public let labels: [Int32]
  public let classNames: [String]
  /// `[N, F]`
  public let embedding: Matrix?
  public let image: Matrix?
  /// What the user should know of the spots left out.
  public let notes: [String]

  /// - Throws: `AnnDataError`, `PreprocessingError` that name what is missing.
  public init(_ adata: AnnData, name: String, donor: String?, options: Options) throws {
    let usable = try UsableSpots(
      adata, layer: options.layer, labelKey: options.labelKey, keepUnlabelled: options.keepUnlabelled,
      sizeFactorColumn: options.sizeFactorColumn)
    self.name = name
    self.donor = donor
    file = adata.source
    spots = usable.adata.obs.index
    positions = usable.positions
    genes = usable.adata.var.index
    geneIDs = usable.geneIDs
    counts = usable.counts
    sizes = usable.sizes
    coordinates = try usable.adata.coordinates(key: options.spatialKey)
    let column = try options.labelKey.map(usable.adata.labels)
    labels = column?.codes ?? [Int32](repeating: -1, count: usable.positions.count)
    classNames = column?.categories ?? []
    embedding = try options.embedding.map { try usable.adata.features($0, as: .embedding) }
    image = try options.image.map { try usable.adata.features($0, as: .image) }
    let report = usable.report
    var notes = report.notes
    for (count, what) in [
      (report.offTissue, "off the tissue"), (report.unlabelled, "without a label"),
      (report.lowCounts, "without a count"),
    ] where count > 0 {
      notes.append("\(name): \(count) of \(adata.observationCount) spots \(what) are left out.")
    }
    self.notes = notes
  }
}
