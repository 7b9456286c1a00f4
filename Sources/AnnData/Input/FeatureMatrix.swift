import OrderedCollections

/// The counts that an instrument's software wrote, before it is known where the barcodes lie.
struct FeatureMatrix {
  /// `[N, G]`, barcodes x features.
  var counts: SparseArray
  var barcodes: DataFrame
  /// Features under their names, with the columns that scanpy gives them: gene_ids, feature_types, genome and others.
  var features: DataFrame
  /// Names of the libraries, where the file has them.
  var libraries: [String] = []
  /// What `uns/spatial/<library>/metadata` tells: chemistry and software.
  var metadata: OrderedDictionary<String, Element> = [:]
  var notes: [InputNote] = []
  /// Where it came from.
  var source: String

  static let geneExpression = "Gene Expression"
  static let featureTypes = "feature_types"
  static let genome = "genome"

  /// Keeps the features of the genome and the types that were asked for, and notes what was left out.
  /// - Throws: `InputError` for a genome or type that is not there.
  mutating func choose(_ options: InputOptions) throws {
    var kept: [Int]?
    if let wanted = options.genome, let genomes = texts(FeatureMatrix.genome) {
      let available = FeatureMatrix.tally(genomes)
      guard available[wanted] != nil else {
        throw InputError.unknown(
          what: "genome", name: wanted, available: Array(available.keys), file: source)
      }
      kept = genomes.indices.filter { genomes[$0] == wanted }
    }
    if let types = texts(FeatureMatrix.featureTypes) {
      kept = try choose(types, among: kept ?? Array(types.indices), options.featureTypes)
    } else if options.featureTypes != nil {
      throw InputError.withoutEffect(
        option: "--feature-types", input: source, reason: "it does not say of which types its features are")
    }
    guard let kept, kept.count < features.count else { return }
    counts = counts.gathering(rows: nil, columns: kept)
    features = features.gathering(kept)
  }

  private mutating func choose(
    _ types: [String], among candidates: [Int], _ wanted: InputOptions.FeatureTypes?
  ) throws -> [Int] {
    let available = FeatureMatrix.tally(candidates.map { types[$0] })
    let names: Set<String>
    switch wanted {
    case .all: return candidates
    case .only(let list):
      for name in list where available[name] == nil {
        throw InputError.unknown(
          what: "features of the type", name: name, available: Array(available.keys), file: source)
      }
      names = Set(list)
    case nil: names = [FeatureMatrix.geneExpression]
    }
    let kept = candidates.filter { names.contains(types[$0]) }
    if kept.isEmpty && !candidates.isEmpty {
      throw InputError.noFeatures(
        of: names.sorted().joined(separator: ", "), available: Array(available.keys), file: source)
    }
    let left = available.filter { !names.contains($0.key) }
    if !left.isEmpty {
      let list = left.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      notes.append(.note("\(source): left out \(list); --feature-types takes them too."))
    }
    return kept
  }

  /// How often each text occurs, in the order of first appearance.
  static func tally(_ texts: [String]) -> OrderedDictionary<String, Int> {
    var counts: OrderedDictionary<String, Int> = [:]
    for text in texts { counts[text, default: 0] += 1 }
    return counts
  }

  private func texts(_ column: String) -> [String]? {
    guard case .strings(let texts)? = features.columns[column] else { return nil }
    return texts
  }

  /// The annotated matrix: counts as X, barcodes as obs, features as var.
  var adata: AnnData {
    var data = AnnData(x: .sparse(counts), obs: barcodes, var: features)
    data.source = source
    return data
  }
}

extension NumericArray {
  /// Counts as scanpy holds them: float32; float64 where float32 would round one.
  var asCounts: NumericArray {
    let limit = 1 << 24
    let fits =
      switch self {
      case .int8, .int16, .uint8, .uint16, .bool, .float16, .float32: true
      case .int32(let v): v.allSatisfy { $0 <= Int32(limit) && $0 >= -Int32(limit) }
      case .uint32(let v): v.allSatisfy { $0 <= UInt32(limit) }
      case .int64(let v): v.allSatisfy { $0 <= Int64(limit) && $0 >= -Int64(limit) }
      case .uint64(let v): v.allSatisfy { $0 <= UInt64(limit) }
      case .float64(let v): v.allSatisfy { Double(Float($0)) == $0 || $0.isNaN }
      }
    if case .float32 = self { return self }
    return fits ? .float32(floats) : .float64(doubles)
  }
}
