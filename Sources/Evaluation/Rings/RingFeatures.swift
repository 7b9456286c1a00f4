import Preprocessing
import SparseGraph
import StomicsCore

/// What the mode `rings` sees of a spot: a few principal components of spatially variable genes, averaged over disks of
/// several radii.
///
/// In order: log-normalised expression, standardised slice by slice; the genes of highest Moran's I among the fitting
/// spots; principal components of the fitting spots' averages over one ring; every spot's components averaged over each
/// disk; all of them standardised slice by slice. Nothing reads a label.
struct RingFeatures {
  static let geneCount = 2000
  static let componentCount = 20

  /// Every spot's own components, `[N, components]`.
  let components: Matrix
  /// `[N, components · disks]`
  let values: Matrix

  init(_ fold: FoldData, radii: [Int]) throws {
    let neighbours = try disks(fold.coordinates, slices: fold.slices, rings: 1)
    let all = try LogNormalised(fold)
    let scores = moran(all.standardised(fold), over: neighbours, spots: fold.fittingSpots)
    let ranked = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
    let chosen = ranked.prefix(Self.geneCount).sorted()
    let z = all.selecting(chosen).standardised(fold)
    let smoothed = z.dense().means(over: neighbours).gatheringRows(fold.fittingSpots)
    components = try PrincipalComponents(StandardisedMatrix(everyEntryOf: smoothed), count: Self.componentCount)
      .projecting(z)
    if components.columns == 0 { throw EvaluationError.noGenes(slices: fold.sliceNames) }
    let components = components
    values = Matrix(
      columnsOf: try radii.map { components.means(over: try disks(fold.coordinates, slices: fold.slices, rings: $0)) }
    ).standardised(fold)
  }
}

/// Moran's I of every gene over some spots and the edges among them, all edges of a spot together weighing 1, `[G]`.
///
/// Source: Moran 1950, with the sum of squares of standardised values for the variance.
private func moran(_ z: StandardisedMatrix, over neighbours: Graph, spots: [Int]) -> [Double] {
  let rows = z.gatheringRows(spots)
  var place = [Int32](repeating: -1, count: z.rows)
  for (new, old) in spots.enumerated() { place[old] = Int32(new) }
  var pointers = [0]
  var sources = [Int32]()
  for i in spots {
    sources += neighbours.sources[neighbours.edges(into: i)].filter { Int($0) != i && place[Int($0)] >= 0 }
      .map { place[Int($0)] }
    pointers.append(sources.count)
  }
  let columns = rows.sparse.transposed()
  var result = [Double](repeating: 0, count: z.columns)
  result.withUnsafeMutableBufferPointer { result in
    nonisolated(unsafe) let result = result
    parallelRows(z.columns, blockSize: 16) { block in
      var values = [Double](repeating: 0, count: spots.count)
      for gene in block {
        for (number, range) in rows.slices.enumerated() {
          let zero = -Double(rows.offsets[number * z.columns + gene])
          for i in range { values[i] = zero }
        }
        for k in columns.range(ofRow: gene) { values[Int(columns.indices[k])] += Double(columns.values[k]) }
        var together = 0.0
        var squares = 0.0
        for i in values.indices {
          squares += values[i] * values[i]
          let range = pointers[i]..<pointers[i + 1]
          if range.isEmpty { continue }
          var sum = 0.0
          for e in range { sum += values[Int(sources[e])] }
          together += values[i] * sum / Double(range.count)
        }
        result[gene] = squares > 0 ? together / squares : 0
      }
    }
  }
  return result
}

extension StandardisedMatrix {
  /// A dense matrix with every entry stored.
  fileprivate init(everyEntryOf matrix: Matrix) {
    let row = (0..<Int32(matrix.columns)).map { $0 }
    self.init(
      sparse: CSRMatrix(
        rows: matrix.rows, columns: matrix.columns, indptr: (0...matrix.rows).map { $0 * matrix.columns },
        indices: (0..<matrix.rows).flatMap { _ in row }, values: matrix.values),
      offsets: [Float](repeating: 0, count: matrix.columns))
  }
}
