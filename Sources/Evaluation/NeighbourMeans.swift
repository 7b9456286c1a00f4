// Edges go source j → target i; row i of a graph's CSR lists its incoming neighbours j.

import Glibc
import SparseGraph
import StomicsCore

extension Matrix {
  /// The mean of each spot's rows along a graph's edges, `[N, F]`; a spot without any keeps its own row.
  func means(over graph: Graph) -> Matrix {
    precondition(graph.sourceCount == rows, "a graph of \(graph.sourceCount) spots for \(rows) rows")
    var result = Matrix(rows: graph.targetCount, columns: columns)
    let width = columns
    values.withUnsafeBufferPointer { x in
      result.values.withUnsafeMutableBufferPointer { y in
        nonisolated(unsafe) let y = y
        parallelRows(graph.targetCount, blockSize: 64) { block in
          for i in block {
            let out = UnsafeMutableBufferPointer(rebasing: y[i * width..<(i + 1) * width])
            let edges = graph.edges(into: i)
            if edges.isEmpty {
              for k in 0..<width { out[k] = x[i * width + k] }
              continue
            }
            for e in edges {
              let row = UnsafeBufferPointer(
                rebasing: x[Int(graph.sources[e]) * width..<(Int(graph.sources[e]) + 1) * width])
              for k in 0..<width { out[k] += row[k] }
            }
            let scale = 1 / Float(edges.count)
            for k in 0..<width { out[k] *= scale }
          }
        }
      }
    }
    return result
  }

  /// The mean of the rows of each spot's surroundings, weighted by likeness, `[N, F]`.
  ///
  /// Spot j of i's slice within the radius weighs exp(-|v_i - v_j|² / 2 width²), i itself 1.
  /// - Parameters:
  ///   - coordinates: `[N]`
  ///   - slices: the spots of each slice
  ///   - rings: the radius in ring widths
  ///   - likeness: v, `[N, C]`
  func means(
    around coordinates: [SIMD2<Double>], slices: [Range<Int>], rings: Int, likeness: Matrix, width: Double
  ) throws -> Matrix {
    var result = Matrix(rows: rows, columns: columns)
    for range in slices {
      let own = Array(coordinates[range])
      let radius = (Double(rings) + 0.1) * (try ringWidth(own))
      let index = try NearestNeighbours(own)
      let (f, c) = (columns, likeness.columns)
      let factor = Float(-1 / (2 * width * width))
      values.withUnsafeBufferPointer { x in
        likeness.values.withUnsafeBufferPointer { v in
          result.values.withUnsafeMutableBufferPointer { y in
            nonisolated(unsafe) let y = y
            parallelRows(range.count, blockSize: 64) { block in
              for target in block {
                let i = target + range.lowerBound
                let out = UnsafeMutableBufferPointer(rebasing: y[i * f..<(i + 1) * f])
                var total: Float = 0
                for source in index.within(radius, of: own[target]) {
                  let j = Int(source) + range.lowerBound
                  var square: Float = 0
                  for k in 0..<c {
                    let difference = v[i * c + k] - v[j * c + k]
                    square += difference * difference
                  }
                  let weight = expf(factor * square)
                  total += weight
                  for k in 0..<f { out[k] += weight * x[j * f + k] }
                }
                for k in 0..<f { out[k] /= total }
              }
            }
          }
        }
      }
    }
    return result
  }

  func squareRoots() -> Matrix {
    var result = self
    for i in result.values.indices { result.values[i] = result.values[i].squareRoot() }
    return result
  }

  /// Natural logarithms, none below that of 1e-7.
  func logarithms() -> Matrix {
    var result = self
    for i in result.values.indices { result.values[i] = logf(max(result.values[i], 1e-7)) }
    return result
  }

  /// Columns centred and scaled to deviation 1 over some rows of each slice; constant columns become 0.
  func standardised(_ fold: FoldData) -> Matrix {
    var result = self
    for number in fold.slices.indices {
      let scaling = fold.scalingSpots(ofSlice: number)
      for k in 0..<columns {
        var sum = 0.0
        var squares = 0.0
        for i in scaling { sum += Double(self[i, k]) }
        let mean = sum / Double(scaling.count)
        for i in scaling { squares += (Double(self[i, k]) - mean) * (Double(self[i, k]) - mean) }
        let deviation = (squares / Double(max(scaling.count - 1, 1))).squareRoot()
        let scale = deviation > 1e-12 ? 1 / deviation : 0
        for i in fold.slices[number] { result[i, k] = Float((Double(self[i, k]) - mean) * scale) }
      }
    }
    return result
  }

  /// Matrices of the same rows side by side.
  init(columnsOf parts: [Matrix]) {
    let rows = parts.first?.rows ?? 0
    self.init(rows: rows, columns: parts.reduce(0) { $0 + $1.columns })
    for i in 0..<rows {
      var at = i * columns
      for part in parts {
        values.replaceSubrange(at..<at + part.columns, with: part.row(i))
        at += part.columns
      }
    }
  }
}
