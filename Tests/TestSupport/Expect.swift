import StomicsCore
import Testing

/// Fails unless the two arrays agree to `tolerance` times the largest absolute value of `expected`, naming the worst place.
public func expectClose(
  _ actual: [Float], _ expected: [Float], relative tolerance: Double, _ name: String = "array",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    actual.map(Double.init), expected.map(Double.init), relative: tolerance, name, sourceLocation: sourceLocation)
}

/// Fails unless the two arrays agree to `tolerance` times the largest absolute value of `expected`, naming the worst place.
public func expectClose(
  _ actual: [Double], _ expected: [Double], relative tolerance: Double, _ name: String = "array",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record("\(name): \(actual.count) values, expected \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let scale = max(expected.reduce(0) { max($0, abs($1)) }, 1e-12)
  var worst = 0.0
  var place = 0
  for i in actual.indices {
    let difference = abs(actual[i] - expected[i])
    if !(difference <= worst) {  // also catches NaN
      worst = difference
      place = i
    }
  }
  if !(worst <= tolerance * scale) {
    Issue.record(
      "\(name) [\(actual.count)]: worst at \(place): \(actual[place]), expected \(expected[place]); off by \(worst / scale) of the maximum, allowed \(tolerance)",
      sourceLocation: sourceLocation)
  }
}
