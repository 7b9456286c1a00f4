import Glibc
import SparseGraph
import StomicsCore

/// Features of a slice's spots drawn onto a square grid, to be read anywhere between.
struct FeatureRaster {
  let width: Int
  private let lower: SIMD2<Double>
  private let columns: Int
  private let rows: Int
  /// `[rows, columns, width]`
  private var values: [Float]
  /// Whether spots are near a point of the grid.
  private var isTissue: [Bool]

  /// Of the Gaussian that spreads a spot, and how far it is drawn.
  private static let spread = 1.0
  private static let margin = 3.0
  private static let leastWeight = 0.3
  private static let mostPoints = 1e7

  /// - Parameters:
  ///   - places: `[N]`, in ring widths: the grid's spacing is 1
  ///   - features: `[N, F]`
  /// - Throws: `SparseGraphError`; `EvaluationError.emptyPart` where the slice is too sparse for a grid.
  init(_ places: [SIMD2<Double>], _ features: Matrix) throws {
    var lower = SIMD2<Double>(repeating: .infinity)
    var upper = -lower
    for place in places {
      lower = pointwiseMin(lower, place)
      upper = pointwiseMax(upper, place)
    }
    lower -= Self.margin
    let size = upper + Self.margin - lower
    // Also where a size is not finite.
    guard size.x * size.y < Self.mostPoints else {
      throw EvaluationError.emptyPart(
        "the spots of a slice lie too far apart to be registered: the box around them is more than 10 million square rings large."
      )
    }
    self.lower = lower
    columns = Int(size.x.rounded(.up)) + 1
    rows = Int(size.y.rounded(.up)) + 1
    width = features.columns
    values = [Float](repeating: 0, count: rows * columns * width)
    isTissue = [Bool](repeating: false, count: rows * columns)
    let index = try NearestNeighbours(places)
    let (columns, width) = (columns, width)
    values.withUnsafeMutableBufferPointer { values in
      isTissue.withUnsafeMutableBufferPointer { isTissue in
        nonisolated(unsafe) let values = values
        nonisolated(unsafe) let isTissue = isTissue
        parallelRows(rows, blockSize: 1) { block in
          for y in block {
            for x in 0..<columns {
              let point = lower + SIMD2(Double(x), Double(y))
              let cell = y * columns + x
              var total = 0.0
              for j in index.within(Self.margin, of: point) {
                let offset = places[Int(j)] - point
                let weight = exp(-(offset * offset).sum() / (2 * Self.spread * Self.spread))
                total += weight
                for k in 0..<width { values[cell * width + k] += Float(weight) * features[Int(j), k] }
              }
              if total > Self.leastWeight {
                isTissue[cell] = true
                for k in 0..<width { values[cell * width + k] /= Float(total) }
              }
            }
          }
        }
      }
    }
  }

  /// The features at a place and their slopes along x and y, between the four points around it; nil outside the tissue.
  func sample(_ place: SIMD2<Double>, into value: inout [Double], _ slopeX: inout [Double], _ slopeY: inout [Double])
    -> Bool
  {
    let offset = place - lower
    let corner = SIMD2(offset.x.rounded(.down), offset.y.rounded(.down))
    guard corner.x >= 0, corner.y >= 0, corner.x < Double(columns - 1), corner.y < Double(rows - 1) else {
      return false
    }
    let first = Int(corner.y) * columns + Int(corner.x)
    guard isTissue[first], isTissue[first + 1], isTissue[first + columns], isTissue[first + columns + 1] else {
      return false
    }
    let f = offset - corner
    for k in 0..<width {
      let a = Double(values[first * width + k])
      let b = Double(values[(first + 1) * width + k])
      let c = Double(values[(first + columns) * width + k])
      let d = Double(values[(first + columns + 1) * width + k])
      let top = a + (b - a) * f.x
      let bottom = c + (d - c) * f.x
      value[k] = top + (bottom - top) * f.y
      slopeX[k] = (b - a) * (1 - f.y) + (d - c) * f.y
      slopeY[k] = bottom - top
    }
    return true
  }
}
