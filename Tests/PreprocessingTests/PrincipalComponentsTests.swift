import AnnData
import LinearAlgebra
import StomicsCore
import TestSupport
import Testing

@testable import Preprocessing

@Suite("Principal components") struct PrincipalComponentsTests {
  /// Columns of `actual` turned to the sign of those of `expected`.
  static func aligned(_ actual: Matrix, to expected: [Double]) -> [Double] {
    var result = actual.values.map(Double.init)
    for c in 0..<actual.columns {
      var dot = 0.0
      for i in 0..<actual.rows { dot += result[i * actual.columns + c] * expected[i * actual.columns + c] }
      if dot < 0 { for i in 0..<actual.rows { result[i * actual.columns + c] *= -1 } }
    }
    return result
  }

  /// Random counts with a few strong patterns, standardised.
  static func random(_ n: Int, _ g: Int, seed: UInt64) -> StandardisedMatrix {
    var random = SeededGenerator(seed: seed)
    let patterns = (0..<4).map { _ in (0..<g).map { _ in random.uniform() < 0.1 ? random.uniform(0, 3) : 0 } }
    var values = [Float]()
    for _ in 0..<n {
      let pattern = patterns[random.integer(below: 4)]
      for j in 0..<g { values.append(Float((random.uniform() * 1.6 + pattern[j] - 0.8).rounded(.up))) }
    }
    let dense = Matrix(rows: n, columns: g, values: values.map { max($0, 0) })
    var indptr = [0]
    var indices = [Int32]()
    var stored = [Float]()
    for i in 0..<n {
      for j in 0..<g where dense[i, j] != 0 {
        indices.append(Int32(j))
        stored.append(dense[i, j])
      }
      indptr.append(indices.count)
    }
    let sparse = CSRMatrix(rows: n, columns: g, indptr: indptr, indices: indices, values: stored)
    let (means, deviations) = Standardise.parameters(sparse)
    return Standardise.apply(sparse, means: means, standardDeviations: deviations, clip: 10)
  }

  /// Z with its column means taken off, in Double.
  static func centred(_ matrix: StandardisedMatrix) -> [[Double]] {
    let z = matrix.sparse.dense()
    return (0..<z.rows).map { i in z.row(i).map(Double.init) }.withColumnMeansRemoved()
  }

  @Test("scanpy's components, variances and shares")
  func reference() throws {
    let golden = try Reference.small()
    var options = PreprocessingOptions()
    options.genes = .top(150)
    options.components = 20
    let (adata, report) = try preprocess(Reference.adata(golden), options)
    guard case .array(let scores) = adata.obsm[Keys.pca],
      case .array(let loadings) = adata.varm[Keys.principalComponents],
      case .dictionary(let record) = adata.uns["pca"], case .array(let variance) = record["variance"],
      case .array(let ratio) = record["variance_ratio"]
    else {
      Issue.record("components missing")
      return
    }
    #expect(scores.shape == [200, 20] && loadings.shape == [828, 20])
    let x = Matrix(rows: 200, columns: 20, values: scores.values.floats)
    expectClose(Self.aligned(x, to: golden["pca.X"].doubles), golden["pca.X"].doubles, relative: 1e-5, "X_pca")
    let all = Matrix(rows: 828, columns: 20, values: loadings.values.floats)
    let chosen = golden["hvg_subset.index_in_filtered"].ints
    expectClose(
      Self.aligned(all.gatheringRows(chosen), to: golden["pca.PCs"].doubles), golden["pca.PCs"].doubles,
      relative: 1e-5, "PCs")
    let others = Set(0..<828).subtracting(chosen)
    let zero = others.allSatisfy { gene in all.row(gene).allSatisfy { value in value == 0 } }
    #expect(zero)
    expectClose(variance.values.doubles, golden["pca.variance"].doubles, relative: 1e-6, "variance")
    expectClose(ratio.values.doubles, golden["pca.variance_ratio"].doubles, relative: 1e-6, "variance_ratio")
    #expect(report.components == 20)
  }

  @Test(
    "iteration, spots more than genes and the other way round: C v = σ u and Cᵀ u = σ v",
    arguments: [
      (900, 700), (560, 800), (90, 300), (300, 40),
    ])
  func decomposition(n: Int, g: Int) throws {
    let matrix = Self.random(n, g, seed: UInt64(n + g))
    let k = 12
    let result = try PrincipalComponents(matrix, count: k)
    let c = Self.centred(matrix)
    #expect(result.variances.count == k)
    for component in 0..<k {
      let v = (0..<g).map { Double(result.loadings[$0, component]) }
      let u = (0..<n).map { Double(result.scores[$0, component]) }
      let sigma2 = result.variances[component] * Double(n - 1)
      let length = v.reduce(0) { $0 + $1 * $1 }
      #expect(abs(length - 1) < 1e-5)
      let cv = c.map { row in zip(row, v).reduce(0) { $0 + $1.0 * $1.1 } }
      expectClose(cv, u, relative: 1e-5, "C v of component \(component)")
      var ctu = [Double](repeating: 0, count: g)
      for (row, weight) in zip(c, u) {
        for j in 0..<g { ctu[j] += row[j] * weight }
      }
      expectClose(ctu, v.map { $0 * sigma2 }, relative: 1e-5, "Cᵀ u of component \(component)")
      let largest = v.max { abs($0) < abs($1) } ?? 0
      #expect(largest > 0)
    }
    let falling = zip(result.variances, result.variances.dropFirst()).allSatisfy { $0 >= $1 }
    #expect(falling)
    #expect(result.varianceRatios.reduce(0, +) <= 1 + 1e-9)
  }

  @Test("iteration and full decomposition agree")
  func bothWays() throws {
    let matrix = Self.random(640, 600, seed: 9)
    let iterated = try PrincipalComponents(matrix, count: 20)
    // 4 k reaches the order, so the whole matrix is decomposed.
    let whole = try PrincipalComponents(matrix, count: 150)
    expectClose(iterated.variances, Array(whole.variances.prefix(20)), relative: 1e-12, "variances")
  }

  @Test("stacked slices are centred each by itself, and projecting gives the scores back")
  func stacked() throws {
    let parts = [Self.random(300, 90, seed: 3), Self.random(200, 90, seed: 4)]
    let whole = StandardisedMatrix(stacking: parts)
    let result = try PrincipalComponents(whole, count: 5)
    let centred = parts.flatMap { Self.centred($0) }
    let total = centred.joined().reduce(0) { $0 + $1 * $1 }
    for c in 0..<5 {
      let along = centred.map { row in row.indices.reduce(0.0) { $0 + row[$1] * Double(result.loadings[$1, c]) } }
      expectClose(along, (0..<500).map { Double(result.scores[$0, c]) }, relative: 1e-5, "scores \(c)")
      #expect(abs(along.reduce(0) { $0 + $1 * $1 } / total - result.varianceRatios[c]) < 1e-6)
    }
    // Projected spots differ from the scores by one vector a slice: the mean that clipping moved.
    let projected = result.projecting(whole)
    for range in whole.slices {
      let first = range.lowerBound
      for i in range {
        for c in 0..<5 {
          let shift = projected[first, c] - result.scores[first, c]
          #expect(abs(projected[i, c] - result.scores[i, c] - shift) < 1e-3)
        }
      }
    }
  }

  @Test("an operator that is not finite is an error, not an endless search")
  func notFinite() {
    #expect(throws: LinearAlgebraError.self) {
      try BlockLanczos(order: 600, count: 3) { [SIMD8<Double>](repeating: SIMD8(repeating: .nan), count: $0.count) }
    }
  }

  @Test("low rank, one spot, constant genes")
  func degenerate() throws {
    var rows = [[Float]]()
    for i in 0..<700 { rows.append((0..<600).map { j in i % 2 == 0 ? Float(j % 3) : Float(j % 2) }) }
    let dense = Matrix(rows: 700, columns: 600, values: rows.flatMap { $0 })
    let sparse = CSRMatrix(
      rows: 700, columns: 600, indptr: (0...700).map { $0 * 600 },
      indices: (0..<700).flatMap { _ in (0..<600).map { Int32($0) } }, values: dense.values)
    let offsets = [Float](repeating: 0, count: 600)
    let two = try PrincipalComponents(StandardisedMatrix(sparse: sparse, offsets: offsets), count: 10)
    #expect(two.variances.count == 1)
    #expect(!two.scores.values.contains { !$0.isFinite })
    let one = try PrincipalComponents(
      StandardisedMatrix(sparse: sparse.gatheringRows([0]), offsets: offsets), count: 10)
    #expect(one.variances.isEmpty && one.scores.rows == 1)
  }
}

extension [[Double]] {
  func withColumnMeansRemoved() -> [[Double]] {
    guard let first else { return self }
    var means = [Double](repeating: 0, count: first.count)
    for row in self { for j in row.indices { means[j] += row[j] / Double(count) } }
    return map { row in zip(row, means).map { $0 - $1 } }
  }
}
