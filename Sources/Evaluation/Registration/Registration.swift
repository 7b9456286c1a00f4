import LinearAlgebra
import StomicsCore

/// Lays one slice onto another so that their features agree: first a straight (affine) map, begun from turns and mirrored
/// turns of the whole, then a cubic one.
///
/// Minimises the mean squared difference between a spot's features and those of the other slice where the spot falls,
/// twice the features' variance where it falls beside the tissue, plus a small penalty on leaving the start, by
/// Levenberg and Marquardt's method.
struct Registration {
  private(set) var map: SliceMap
  private(set) var cost: Double

  /// Twelve turns of 30°, and their mirror images.
  private static let turns = 12
  private static let steps = 25
  private static let penalties = (affine: 1e-3, cubic: 1e-2)

  /// - Parameters:
  ///   - places: of the slice to lay down, in ring widths
  ///   - features: `[N, F]`, standardised
  ///   - target: the places that the raster was drawn from
  init(_ places: [SIMD2<Double>], _ features: Matrix, onto raster: FeatureRaster, _ target: [SIMD2<Double>]) throws {
    var best: Registration?
    for isMirrored in [false, true] {
      for turn in 0..<Self.turns {
        let start = SliceMap(
          places, onto: target, angle: 2 * .pi * Double(turn) / Double(Self.turns), isMirrored: isMirrored)
        let found = try Registration(start, Self.penalties.affine, places, features, raster)
        if best.map({ found.cost < $0.cost }) ?? true { best = found }
      }
    }
    guard let best else { preconditionFailure("there are turns") }
    self = try Registration(best.map.extended(toDegree: 3), Self.penalties.cubic, places, features, raster)
  }

  private init(
    _ start: SliceMap, _ penalty: Double, _ places: [SIMD2<Double>], _ features: Matrix, _ raster: FeatureRaster
  ) throws {
    let problem = Problem(places: places, features: features, raster: raster, start: start, penalty: penalty)
    map = start
    var state = problem.state(map)
    var damping = 1e-2
    for _ in 0..<Self.steps {
      var next: (map: SliceMap, state: Problem.State)?
      for _ in 0..<8 {
        let step = try problem.step(state, damping: damping)
        let candidate = map.moved(by: step)
        let found = problem.state(candidate)
        if found.cost < state.cost {
          next = (candidate, found)
          break
        }
        damping *= 4
      }
      guard let next else { break }
      let isDone = state.cost - next.state.cost < 1e-6 * state.cost
      map = next.map
      state = next.state
      damping = max(damping / 4, 1e-6)
      if isDone { break }
    }
    cost = state.cost
  }
}

/// The function that a registration minimises.
private struct Problem {
  let places: [SIMD2<Double>]
  let features: Matrix
  let raster: FeatureRaster
  let start: SliceMap
  let penalty: Double

  /// The cost of a map, and what the next step is computed from.
  struct State {
    var cost: Double
    /// JᵀJ, `[2K, 2K]`, and Jᵀr, `[2K]`: the x of all terms, then the y.
    var normal: [Double]
    var slope: [Double]
  }

  /// A spot beside the tissue counts as one whose features differ by twice the variance of each.
  private var outside: Double { 2 * Double(features.columns) }
  private static let blockSize = 128

  /// Summed over fixed blocks, then block by block: the same for any number of threads.
  func state(_ map: SliceMap) -> State {
    let terms = map.coefficients.count
    let size = 2 * terms
    let blocks = (places.count + Self.blockSize - 1) / Self.blockSize
    var parts = [State?](repeating: nil, count: blocks)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts
      parallelRows(places.count, blockSize: Self.blockSize) { rows in
        parts[rows.lowerBound / Self.blockSize] = part(map, rows)
      }
    }
    var sum = State(
      cost: 0, normal: [Double](repeating: 0, count: size * size), slope: [Double](repeating: 0, count: size))
    for part in parts {
      guard let part else { continue }
      sum.cost += part.cost
      for i in sum.normal.indices { sum.normal[i] += part.normal[i] }
      for i in sum.slope.indices { sum.slope[i] += part.slope[i] }
    }
    let scale = 1 / Double(max(places.count, 1))
    sum.cost *= scale
    for i in sum.normal.indices { sum.normal[i] *= scale }
    for k in 0..<terms {
      let left = map.coefficients[k] - start.coefficients[k]
      sum.cost += penalty / unit * (left * left).sum()
      for (axis, value) in [left.x, left.y].enumerated() {
        let i = axis * terms + k
        sum.slope[i] = sum.slope[i] * scale - penalty / unit * value
        sum.normal[i * size + i] += penalty / unit
      }
    }
    return sum
  }

  /// The square of the straight part of the start, so that the penalty has no unit.
  private var unit: Double {
    let linear = start.coefficients[1]
    return max((linear * linear).sum(), 1e-12)
  }

  private func part(_ map: SliceMap, _ rows: Range<Int>) -> State {
    let terms = map.coefficients.count
    let size = 2 * terms
    let width = features.columns
    var result = State(
      cost: 0, normal: [Double](repeating: 0, count: size * size), slope: [Double](repeating: 0, count: size))
    var value = [Double](repeating: 0, count: width)
    var (slopeX, slopeY) = (value, value)
    for i in rows {
      let b = map.terms(places[i])
      let place = zip(b, map.coefficients).reduce(SIMD2<Double>.zero) { $0 + $1.0 * $1.1 }
      guard raster.sample(place, into: &value, &slopeX, &slopeY) else {
        result.cost += outside
        continue
      }
      var (xx, xy, yy, xr, yr) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for k in 0..<width {
        let difference = Double(features[i, k]) - value[k]
        result.cost += difference * difference
        xx += slopeX[k] * slopeX[k]
        xy += slopeX[k] * slopeY[k]
        yy += slopeY[k] * slopeY[k]
        xr += slopeX[k] * difference
        yr += slopeY[k] * difference
      }
      for p in 0..<terms {
        result.slope[p] += b[p] * xr
        result.slope[terms + p] += b[p] * yr
        for q in 0..<terms {
          let both = b[p] * b[q]
          result.normal[p * size + q] += both * xx
          result.normal[p * size + terms + q] += both * xy
          result.normal[(terms + p) * size + q] += both * xy
          result.normal[(terms + p) * size + terms + q] += both * yy
        }
      }
    }
    return result
  }

  func step(_ state: State, damping: Double) throws -> [SIMD2<Double>] {
    let size = state.slope.count
    var normal = DoubleMatrix(rows: size, columns: size, values: state.normal)
    for i in 0..<size { normal[i, i] += damping * normal[i, i] + 1e-12 }
    let solved = try LinearAlgebra.choleskySolve(normal, DoubleMatrix(rows: size, columns: 1, values: state.slope))
    return (0..<size / 2).map { SIMD2(solved[$0, 0], solved[size / 2 + $0, 0]) }
  }
}
