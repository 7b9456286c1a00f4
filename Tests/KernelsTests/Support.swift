import Kernels
import StomicsCore
import Testing

/// `count` values uniform in [-1, 1) times `scale`.
func random(_ count: Int, seed: UInt64, scale: Double = 1) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float(generator.uniform(-scale, scale)) }
}

/// A random graph; every `emptyEvery`th target has no edges, and the others have 1 to `degree` different sources.
func randomGraph(targets: Int, sources: Int, degree: Int, emptyEvery: Int = .max, seed: UInt64) -> GraphView {
  var generator = SeededGenerator(seed: seed)
  var indptr = [0]
  var list = [Int32]()
  for i in 0..<targets {
    if i % emptyEvery != emptyEvery - 1 {
      let count = min(sources, 1 + generator.integer(below: degree))
      var chosen = Set<Int32>()
      while chosen.count < count { chosen.insert(Int32(generator.integer(below: sources))) }
      list.append(contentsOf: chosen.sorted())
    }
    indptr.append(list.count)
  }
  return GraphView(targetCount: targets, sourceCount: sources, indptr: indptr, sources: list)
}

/// A random sparse matrix; every `emptyEvery`th row has no entries.
func randomCSR(rows: Int, columns: Int, density: Double, emptyEvery: Int = .max, seed: UInt64) -> CSRMatrix {
  var generator = SeededGenerator(seed: seed)
  var indptr = [0]
  var indices = [Int32]()
  var values = [Float]()
  for i in 0..<rows {
    if i % emptyEvery != emptyEvery - 1 {
      for j in 0..<columns where generator.uniform() < density {
        indices.append(Int32(j))
        values.append(Float(generator.uniform(-2, 2)))
      }
    }
    indptr.append(indices.count)
  }
  return CSRMatrix(rows: rows, columns: columns, indptr: indptr, indices: indices, values: values)
}

/// Compares a gradient with central differences of `loss` in every coordinate of `x`.
func expectGradient(
  _ gradient: [Float], at x: [Float], step: Float = 1e-2, tolerance: Float = 5e-3, _ name: String,
  sourceLocation: SourceLocation = #_sourceLocation, loss: ([Float]) -> Double
) {
  let scale = max(gradient.reduce(0) { max($0, abs($1)) }, 1e-3)
  for t in x.indices {
    var moved = x
    moved[t] = x[t] + step
    let up = loss(moved)
    moved[t] = x[t] - step
    let down = loss(moved)
    let numeric = Float((up - down) / (2 * Double(step)))
    if !(abs(numeric - gradient[t]) <= tolerance * scale) {
      Issue.record(
        "\(name)[\(t)] is \(gradient[t]), central difference \(numeric), scale \(scale)", sourceLocation: sourceLocation
      )
      return
    }
  }
}

/// Σ a b in Double.
func dot(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}
