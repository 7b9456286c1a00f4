/// Which way three points turn and whether a fourth lies inside their circle, answered without rounding.
///
/// The determinants are computed in Double first and taken where they exceed the largest error they can have, or where no
/// operation rounded. The rest is computed exactly, as sums of Doubles. Coordinates must be 0 or of magnitude 2^-200 to
/// 1, so that no product overflows or loses low bits.
/// - Source: Shewchuk, Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates, 1997.
enum ExactPredicates {
  /// Half the distance from 1 to the next Double.
  private static let epsilon = Double.ulpOfOne / 2
  private static let orientationBound = (3 + 16 * epsilon) * epsilon
  private static let circleBound = (10 + 96 * epsilon) * epsilon

  /// Above 0 where a, b, c turn left, below 0 where they turn right, 0 where they lie on one line.
  static func orientation(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>) -> Double {
    let left = (a.x - c.x) * (b.y - c.y)
    let right = (a.y - c.y) * (b.x - c.x)
    let determinant = left - right
    if abs(determinant) > orientationBound * (abs(left) + abs(right)) { return determinant }
    let p = (Expansion(a.x, minus: c.x), Expansion(a.y, minus: c.y))
    let q = (Expansion(b.x, minus: c.x), Expansion(b.y, minus: c.y))
    return (p.0 * q.1 - p.1 * q.0).sign
  }

  /// Whether d lies inside the circle through a, b, c, which turn left. A point on the circle is not inside.
  static func inCircle(_ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>, _ d: SIMD2<Double>) -> Bool {
    let p = a - d
    let q = b - d
    let r = c - d
    let liftP = p.x * p.x + p.y * p.y
    let liftQ = q.x * q.x + q.y * q.y
    let liftR = r.x * r.x + r.y * r.y
    let determinant =
      liftP * (q.x * r.y - r.x * q.y) + liftQ * (r.x * p.y - p.x * r.y) + liftR * (p.x * q.y - q.x * p.y)
    let magnitude =
      liftP * (abs(q.x * r.y) + abs(r.x * q.y)) + liftQ * (abs(r.x * p.y) + abs(p.x * r.y))
      + liftR * (abs(p.x * q.y) + abs(q.x * p.y))
    if abs(determinant) > circleBound * magnitude { return determinant > 0 }
    var check = RoundingCheck()
    let unrounded = check.inCircle(a, b, c, d)
    if !check.hasRounded { return unrounded > 0 }
    return exactInCircle(a, b, c, d) > 0
  }

  private static func exactInCircle(
    _ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>, _ d: SIMD2<Double>
  ) -> Double {
    let p = (Expansion(a.x, minus: d.x), Expansion(a.y, minus: d.y))
    let q = (Expansion(b.x, minus: d.x), Expansion(b.y, minus: d.y))
    let r = (Expansion(c.x, minus: d.x), Expansion(c.y, minus: d.y))
    func term(
      _ lifted: (Expansion, Expansion), _ first: (Expansion, Expansion), _ second: (Expansion, Expansion)
    ) -> Expansion {
      (lifted.0 * lifted.0 + lifted.1 * lifted.1) * (first.0 * second.1 - second.0 * first.1)
    }
    return (term(p, q, r) + term(q, r, p) + term(r, p, q)).sign
  }
}

/// Arithmetic that notices whether any operation rounded. On integers of moderate size, as pixels are, none does.
private struct RoundingCheck {
  private(set) var hasRounded = false

  private mutating func add(_ a: Double, _ b: Double) -> Double {
    let (sum, error) = twoSum(a, b)
    if error != 0 { hasRounded = true }
    return sum
  }

  private mutating func multiply(_ a: Double, _ b: Double) -> Double {
    let (product, error) = twoProduct(a, b)
    if error != 0 { hasRounded = true }
    return product
  }

  private mutating func cross(_ p: SIMD2<Double>, _ q: SIMD2<Double>) -> Double {
    add(multiply(p.x, q.y), -multiply(q.x, p.y))
  }

  private mutating func lift(_ p: SIMD2<Double>) -> Double { add(multiply(p.x, p.x), multiply(p.y, p.y)) }

  private mutating func difference(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> SIMD2<Double> {
    SIMD2(add(a.x, -b.x), add(a.y, -b.y))
  }

  mutating func inCircle(
    _ a: SIMD2<Double>, _ b: SIMD2<Double>, _ c: SIMD2<Double>, _ d: SIMD2<Double>
  ) -> Double {
    let p = difference(a, d)
    let q = difference(b, d)
    let r = difference(c, d)
    if hasRounded { return 0 }
    let first = multiply(lift(p), cross(q, r))
    let second = multiply(lift(q), cross(r, p))
    let third = multiply(lift(r), cross(p, q))
    return add(add(first, second), third)
  }
}

/// A number as a sum of Doubles whose bits do not overlap, smallest first; without terms it is 0.
private struct Expansion {
  private var terms: [Double]

  /// a - b.
  init(_ a: Double, minus b: Double) {
    let (difference, error) = twoSum(a, -b)
    terms = [error, difference].filter { $0 != 0 }
  }

  private init(terms: [Double]) { self.terms = terms }

  /// The largest term, which has the number's sign; 0 for 0.
  var sign: Double { terms.last ?? 0 }

  static prefix func - (a: Expansion) -> Expansion { Expansion(terms: a.terms.map { -$0 }) }

  static func - (a: Expansion, b: Expansion) -> Expansion { a + (-b) }

  static func + (a: Expansion, b: Expansion) -> Expansion {
    var result = [Double]()
    result.reserveCapacity(a.terms.count + b.terms.count)
    var i = 0
    var j = 0
    var sum = 0.0
    while i < a.terms.count || j < b.terms.count {
      let term: Double
      if j == b.terms.count || (i < a.terms.count && abs(a.terms[i]) < abs(b.terms[j])) {
        term = a.terms[i]
        i += 1
      } else {
        term = b.terms[j]
        j += 1
      }
      let (high, low) = twoSum(sum, term)
      if low != 0 { result.append(low) }
      sum = high
    }
    if sum != 0 { result.append(sum) }
    return Expansion(terms: result)
  }

  static func * (a: Expansion, b: Expansion) -> Expansion {
    b.terms.reduce(Expansion(terms: [])) { $0 + a.scaled($1) }
  }

  private func scaled(_ factor: Double) -> Expansion {
    guard let first = terms.first else { return self }
    var result = [Double]()
    result.reserveCapacity(2 * terms.count)
    func keep(_ term: Double) { if term != 0 { result.append(term) } }
    var (sum, low) = twoProduct(first, factor)
    keep(low)
    for term in terms.dropFirst() {
      let (high, error) = twoProduct(term, factor)
      let (middle, second) = twoSum(sum, error)
      keep(second)
      (sum, low) = twoSum(high, middle)
      keep(low)
    }
    keep(sum)
    return Expansion(terms: result)
  }
}

/// The rounded sum and what rounding took away.
@inline(__always)
private func twoSum(_ a: Double, _ b: Double) -> (sum: Double, error: Double) {
  let sum = a + b
  let bPart = sum - a
  let aPart = sum - bPart
  return (sum, (a - aPart) + (b - bPart))
}

/// The rounded product and what rounding took away.
@inline(__always)
private func twoProduct(_ a: Double, _ b: Double) -> (product: Double, error: Double) {
  let product = a * b
  return (product, (-product).addingProduct(a, b))
}
