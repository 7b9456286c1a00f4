import Glibc
import StomicsCore

/// Multinomial logistic regression: mean cross-entropy plus λ/2 times the squared weights, intercepts free.
///
/// Source: the objective of scikit-learn's `LogisticRegression(C = 1 / (λ N))`, minimised by L-BFGS (Nocedal 1980).
public struct LogisticRegression: Sendable {
  /// `[C, F + 1]`: weights, then the intercept.
  public let weights: [Double]
  public let classCount: Int
  public let featureCount: Int

  /// - Parameters:
  ///   - features: `[N, F]`, of similar scale
  ///   - labels: `[N]`, codes in 0..<C; rows of other codes are passed over
  ///   - lambda: 0 or more
  ///   - start: weights of an earlier fit to begin from
  public init(
    _ features: Matrix, labels: [Int32], classCount: Int, lambda: Double, start: LogisticRegression? = nil
  ) {
    precondition(features.rows == labels.count, "\(labels.count) labels for \(features.rows) rows")
    let rows = labels.indices.filter { labels[$0] >= 0 }
    let problem = Objective(
      features: rows.count == labels.count ? features : features.gatheringRows(rows), labels: rows.map { labels[$0] },
      classCount: classCount, lambda: lambda)
    let initial = start?.weights ?? [Double](repeating: 0, count: classCount * (features.columns + 1))
    weights = minimise(initial, problem.valueAndGradient)
    self.classCount = classCount
    featureCount = features.columns
  }

  /// Logarithms of the classes' probabilities up to a constant in each row, `[rows, C]`.
  public func logits(_ features: Matrix) -> Matrix {
    precondition(features.columns == featureCount)
    var result = Matrix(rows: features.rows, columns: classCount)
    let width = featureCount + 1
    for i in 0..<features.rows {
      let row = features.row(i)
      for c in 0..<classCount {
        var sum = weights[c * width + featureCount]
        for (k, x) in row.enumerated() { sum += weights[c * width + k] * Double(x) }
        result[i, c] = Float(sum)
      }
    }
    return result
  }
}

/// The objective, its rows cut into fixed blocks whose sums are added in order.
private struct Objective {
  let features: Matrix
  let labels: [Int32]
  let classCount: Int
  let lambda: Double
  private let blockSize = 256

  init(features: Matrix, labels: [Int32], classCount: Int, lambda: Double) {
    self.features = features
    self.labels = labels
    self.classCount = classCount
    self.lambda = lambda
  }

  func valueAndGradient(_ w: [Double]) -> (value: Double, gradient: [Double]) {
    let (n, f) = (labels.count, features.columns)
    let width = f + 1
    let blocks = (n + blockSize - 1) / blockSize
    var values = [Double](repeating: 0, count: blocks)
    var gradients = [Double](repeating: 0, count: blocks * w.count)
    values.withUnsafeMutableBufferPointer { values in
      gradients.withUnsafeMutableBufferPointer { gradients in
        w.withUnsafeBufferPointer { w in
          features.values.withUnsafeBufferPointer { x in
            nonisolated(unsafe) let values = values
            nonisolated(unsafe) let gradients = gradients
            parallelRows(n, blockSize: blockSize) { rows in
              let block = rows.lowerBound / blockSize
              let own = UnsafeMutableBufferPointer(rebasing: gradients[block * w.count..<(block + 1) * w.count])
              var scores = [Double](repeating: 0, count: classCount)
              for i in rows {
                let row = UnsafeBufferPointer(rebasing: x[i * f..<(i + 1) * f])
                var largest = -Double.infinity
                for c in 0..<classCount {
                  var sum = w[c * width + f]
                  for k in 0..<f { sum += w[c * width + k] * Double(row[k]) }
                  scores[c] = sum
                  largest = max(largest, sum)
                }
                var total = 0.0
                let truth = Int(labels[i])
                let own0 = scores[truth]
                for c in 0..<classCount {
                  scores[c] = exp(scores[c] - largest)
                  total += scores[c]
                }
                values[block] += largest + log(total) - own0
                for c in 0..<classCount {
                  let residual = scores[c] / total - (c == truth ? 1 : 0)
                  for k in 0..<f { own[c * width + k] += residual * Double(row[k]) }
                  own[c * width + f] += residual
                }
              }
            }
          }
        }
      }
    }
    let scale = 1 / Double(max(n, 1))
    var value = values.reduce(0, +) * scale
    var gradient = [Double](repeating: 0, count: w.count)
    for block in 0..<blocks {
      for k in gradient.indices { gradient[k] += gradients[block * w.count + k] * scale }
    }
    for c in 0..<classCount {
      for k in 0..<f {
        let weight = w[c * width + k]
        value += lambda / 2 * weight * weight
        gradient[c * width + k] += lambda * weight
      }
    }
    return (value, gradient)
  }
}

/// Minimises a smooth convex function: L-BFGS with 10 pairs and a backtracking line search, until the gradient's largest
/// entry is below 1e-5 or 200 steps are done.
func minimise(
  _ start: [Double], _ function: ([Double]) -> (value: Double, gradient: [Double])
) -> [Double] {
  func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }
  var x = start
  var (value, gradient) = function(x)
  var steps = [(s: [Double], y: [Double], rho: Double)]()
  for _ in 0..<200 {
    if gradient.allSatisfy({ abs($0) < 1e-5 }) { break }
    var direction = gradient
    var alphas = [Double]()
    for pair in steps.reversed() {
      let alpha = pair.rho * dot(pair.s, direction)
      for i in direction.indices { direction[i] -= alpha * pair.y[i] }
      alphas.append(alpha)
    }
    if let last = steps.last {
      let scale = dot(last.s, last.y) / dot(last.y, last.y)
      for i in direction.indices { direction[i] *= scale }
    }
    for (pair, alpha) in zip(steps, alphas.reversed()) {
      let beta = pair.rho * dot(pair.y, direction)
      for i in direction.indices { direction[i] += (alpha - beta) * pair.s[i] }
    }
    let slope = -dot(gradient, direction)
    if slope >= 0 { break }
    var length = steps.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1.0
    var next: (x: [Double], value: Double, gradient: [Double])?
    for _ in 0..<30 {
      let candidate = x.indices.map { x[$0] - length * direction[$0] }
      let (found, slopeThere) = function(candidate)
      if found <= value + 1e-4 * length * slope {
        next = (candidate, found, slopeThere)
        break
      }
      length /= 2
    }
    guard let next else { break }
    let s = x.indices.map { next.x[$0] - x[$0] }
    let y = x.indices.map { next.gradient[$0] - gradient[$0] }
    let curvature = dot(s, y)
    if curvature > 1e-12 {
      steps.append((s, y, 1 / curvature))
      if steps.count > 10 { steps.removeFirst() }
    }
    (x, value, gradient) = next
  }
  return x
}
