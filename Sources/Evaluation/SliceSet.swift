import Metrics
import StomicsCore

/// The slices of an evaluation with what they share: genes, classes, matrices of one width.
public struct SliceSet: Sendable {
  /// How genes of several slices are matched.
  public enum GeneJoin: String, Sendable, CaseIterable {
    /// By `var/gene_ids` where all slices have them, else by name.
    case auto
    case name
    case id
  }

  public let slices: [EvaluationSlice]
  /// Genes that all slices have, in the order of the first, `[G]`.
  public let genes: [String]
  /// Each slice's counts of these genes.
  public let counts: [CSRMatrix]
  /// The classes of all slices: cortical layers in their order, others in the order of the files, `[C]`.
  public let classNames: [String]
  /// Each slice's labels as codes of `classNames`.
  public let labels: [[Int32]]
  /// Whether genes were matched by identifier.
  public let joinedByID: Bool

  /// - Throws: `EvaluationError` where slices have no gene in common, one name, or matrices of different widths.
  public init(_ slices: [EvaluationSlice], join: GeneJoin = .auto) throws {
    precondition(!slices.isEmpty, "an evaluation needs a slice")
    var names = Set<String>()
    for slice in slices where !names.insert(slice.name).inserted { throw EvaluationError.sliceName(slice.name) }
    for (key, matrix) in [("embedding", \EvaluationSlice.embedding), ("image", \.image)] {
      guard let first = slices[0][keyPath: matrix] else { continue }
      for other in slices.dropFirst() {
        guard let found = other[keyPath: matrix], found.columns != first.columns else { continue }
        throw EvaluationError.featureWidths(
          key: key, first: slices[0].file, width: first.columns, second: other.file, other: found.columns)
      }
    }
    self.slices = slices
    joinedByID = slices.count > 1 && (join == .id || (join == .auto && slices.allSatisfy { $0.geneIDs != nil }))
    var shared = [[Int]](repeating: Array(slices[0].genes.indices), count: 1)
    if slices.count > 1 { shared = try Self.join(slices, byID: joinedByID) }
    genes = shared[0].map { slices[0].genes[$0] }
    counts = zip(slices, shared).map { slice, columns in
      columns.elementsEqual(slice.genes.indices) ? slice.counts : slice.counts.gatheringColumns(columns)
    }
    classNames = Self.classes(of: slices)
    let codes = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, Int32($0)) })
    labels = slices.map { slice in
      slice.labels.map { $0 < 0 ? -1 : codes[slice.classNames[Int($0)]] ?? -1 }
    }
  }

  /// A set with other counts and labels of the same shapes.
  init(replacing set: SliceSet, counts: [CSRMatrix], labels: [[Int32]]) {
    slices = set.slices
    genes = set.genes
    self.counts = counts
    classNames = set.classNames
    self.labels = labels
    joinedByID = set.joinedByID
  }

  /// For each slice the columns of the genes that all have, in the order of the first slice. Of genes of one name or
  /// identifier the first counts.
  private static func join(_ slices: [EvaluationSlice], byID: Bool) throws -> [[Int]] {
    let how = byID ? "identifier (var/gene_ids)" : "name"
    let keys = slices.map { byID ? $0.geneIDs ?? [] : $0.genes }
    let places = keys.map { keys in
      Dictionary(zip(keys, keys.indices).filter { !$0.0.isEmpty }, uniquingKeysWith: { first, _ in first })
    }
    var seen = Set<String>()
    let common = keys[0].filter { key in places.allSatisfy { $0[key] != nil } && seen.insert(key).inserted }
    if common.isEmpty {
      let other = slices.indices.dropFirst().first { i in !keys[0].contains { places[i][$0] != nil } } ?? 1
      throw EvaluationError.noSharedGenes(first: slices[0].file, second: slices[other].file, how: how)
    }
    return places.map { places in common.compactMap { places[$0] } }
  }

  /// The classes that a spot has.
  private static func classes(of slices: [EvaluationSlice]) -> [String] {
    var found = [String]()
    for slice in slices {
      var used = [Bool](repeating: false, count: slice.classNames.count)
      for code in slice.labels where code >= 0 { used[Int(code)] = true }
      for (name, isUsed) in zip(slice.classNames, used) where isUsed && !found.contains(name) { found.append(name) }
    }
    guard let ranks = laminarRanks(found) else { return found }
    return zip(ranks, found).sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// What tells this set from another, for results that are gone on with.
  var fingerprint: String {
    var hash = ContentHash()
    for (slice, counts) in zip(slices, counts) {
      hash.add(slice.name)
      hash.add(slice.donor ?? "")
      for spot in slice.spots { hash.add(spot) }
      for label in slice.labels { hash.add(UInt64(bitPattern: Int64(label))) }
      for name in slice.classNames { hash.add(name) }
      for (index, value) in zip(counts.indices, counts.values) {
        hash.add(UInt64(index) << 32 | UInt64(value.bitPattern))
      }
      for size in slice.sizes ?? [] { hash.add(size.bitPattern) }
      for place in slice.coordinates {
        hash.add(place.x.bitPattern)
        hash.add(place.y.bitPattern)
      }
      for matrix in [slice.embedding, slice.image].compactMap({ $0 }) {
        for value in matrix.values { hash.add(UInt64(value.bitPattern)) }
      }
    }
    for gene in genes { hash.add(gene) }
    return String(hash.value, radix: 16)
  }
}
