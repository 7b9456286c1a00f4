import AnnData
import Metrics
import Models
import Preprocessing
import SparseGraph
import StomicsCore

/// A preprocessed slice made ready for training: model input, labels as codes, split.
public struct TrainingSet: Sendable {
  /// The slice's own recipe with this training's graph settings: what goes into the checkpoint.
  public let recipe: Recipe
  public let input: ModelInput
  public let data: ModelData
  public let model: ModelConfiguration
  public let labelKey: String
  /// The classes that at least one spot has, in the order of the file's categories, `[C]`.
  public let classNames: [String]
  /// `[N]`, -1 where a spot has no label.
  public let labels: [Int32]
  public let split: Split
  /// What a user should know about settings, split and slice.
  public let notes: [String]

  /// - Parameter adata: a slice that `preprocess` wrote.
  /// - Throws: errors that name what is missing and what to do about it.
  public init(_ adata: AnnData, _ configuration: TrainingConfiguration) throws {
    try configuration.validate()
    var recipe = try adata.recipe()
    if let wanted = configuration.topGeneCount, !adata.holdsTop(wanted, recipe) {
      throw TrainingError.otherGenes(wanted: wanted, found: recipe.genes.count, file: adata.source)
    }
    let preprocessed = recipe.graph
    if let kind = try configuration.graph.resolved() { recipe.graph.kind = kind }
    recipe.graph.direction = configuration.graphDirection
    guard let key = configuration.labelKey ?? recipe.labelKey else {
      throw TrainingError.noLabelKey(file: adata.source)
    }
    recipe.labelKey = key
    let column = try adata.labels(key)
    var counts = [Int](repeating: 0, count: column.categories.count)
    for code in column.codes where code >= 0 { counts[Int(code)] += 1 }
    let used = counts.indices.filter { counts[$0] > 0 }
    var newCode = [Int32](repeating: -1, count: counts.count)
    for (new, old) in used.enumerated() { newCode[old] = Int32(new) }
    classNames = used.map { column.categories[$0] }
    let labels = column.codes.map { $0 < 0 ? Int32(-1) : newCode[Int($0)] }
    self.labels = labels
    labelKey = key
    split = try Split(
      labels: labels, classNames: classNames, ratios: configuration.splitRatios, seed: configuration.splitSeed,
      method: configuration.splitMethod)
    var notes = configuration.notes
    if !split.undivided.isEmpty {
      let names = split.undivided.map { [classNames] in classNames[Int($0)] }.joined(separator: ", ")
      notes.append("classes too small to divide, put into training: \(names)")
    }
    if classNames.count == 1 {
      notes.append("all labelled spots are '\(classNames[0])': there is nothing to tell apart, every score is trivial")
    }
    input = try ModelInput.load(from: adata, recipe: recipe, parts: configuration.inputParts)
    if configuration.mode.usesGraph && recipe.graph.kind != preprocessed.kind {
      notes.append(
        "the settings ask for another graph (\(recipe.graph.kind.words)) than the slice was preprocessed with "
          + "(\(preprocessed.kind.words)); the model learns with theirs")
    }
    self.notes = notes + input.notes(on: adata, recipe, usesGraph: configuration.mode.usesGraph)
    model = configuration.model(
      geneCount: recipe.genes.count, classCount: classNames.count, embeddingColumns: input.embedding?.columns,
      imageColumns: input.image?.columns)
    self.recipe = recipe
    data = try ModelData(
      input.expression, embedding: input.embedding, image: input.image,
      context: recipe.graph.hasGraph ? SpatialContext(input.graph) : nil, for: model)
  }

  /// A name for settings and data together: a run is continued only where it is the same.
  func fingerprint(_ configuration: TrainingConfiguration) throws -> String {
    var comparable = configuration
    comparable.epochs = TrainingConfiguration().epochs
    comparable.checkpointInterval = TrainingConfiguration().checkpointInterval
    var hash = ContentHash()
    hash.add(comparable.yaml)
    hash.add(stomicsVersion)
    for name in recipe.genes + classNames { hash.add(name) }
    for label in labels { hash.add(UInt64(bitPattern: Int64(label))) }
    for pointer in input.expression.sparse.indptr { hash.add(UInt64(pointer)) }
    for (index, value) in zip(input.expression.sparse.indices, input.expression.sparse.values) {
      hash.add(UInt64(index) << 32 | UInt64(value.bitPattern))
    }
    for features in [input.embedding, input.image].compactMap({ $0 }) {
      hash.add(UInt64(features.columns))
      for value in features.values { hash.add(UInt64(value.bitPattern)) }
    }
    for pointer in input.graph.indptr { hash.add(UInt64(pointer)) }
    for source in input.graph.sources { hash.add(UInt64(source)) }
    return String(hash.value, radix: 16)
  }
}

extension AnnData {
  /// Whether the recipe's genes are the `count` of highest dispersion: ties at the cut-off are kept together, and a file
  /// with fewer genes has them all.
  fileprivate func holdsTop(_ count: Int, _ recipe: Recipe) -> Bool {
    if recipe.genes.count == count { return true }
    if recipe.genes.count < count { return recipe.genes.count == variableCount }
    guard case .numeric(let column)? = self.var[Keys.normalisedDispersions] else { return false }
    let chosen = Set(recipe.genes)
    let values = zip(self.var.index, column.doubles).filter { chosen.contains($0.0) }.map(\.1)
    guard let lowest = values.min() else { return false }
    return values.reduce(0) { $0 + ($1 > lowest ? 1 : 0) } < count
  }
}
