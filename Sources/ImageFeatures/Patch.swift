/// The square of pixels around a spot, cut at the image's border.
public struct Patch: Sendable, Equatable {
  public let columns: Range<Int>
  public let rows: Range<Int>

  public var width: Int { columns.count }
  public var height: Int { rows.count }

  /// The patch of `side` x `side` pixels whose middle lies as near to `centre` as whole pixels allow; nil where no pixel
  /// of it lies in an image of `width` x `height`.
  /// - Parameter centre: x to the right and y down in pixels of the image, whose pixel (i, j) covers i...i + 1, j...j + 1
  public init?(around centre: SIMD2<Double>, side: Int, width: Int, height: Int) {
    guard let columns = Self.range(centre.x, side, width), let rows = Self.range(centre.y, side, height) else {
      return nil
    }
    self.columns = columns
    self.rows = rows
  }

  /// The smallest rectangle that holds both.
  public func union(_ other: Patch) -> Patch {
    func joined(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
      min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
    }
    return Patch(columns: joined(columns, other.columns), rows: joined(rows, other.rows))
  }

  private init(columns: Range<Int>, rows: Range<Int>) {
    self.columns = columns
    self.rows = rows
  }

  private static func range(_ centre: Double, _ side: Int, _ limit: Int) -> Range<Int>? {
    let start = (centre - Double(side) / 2 + 0.5).rounded(.down)
    // Also false for what is not finite.
    guard start < Double(limit), start > Double(-side) else { return nil }
    return max(0, Int(start))..<min(limit, Int(start) + side)
  }
}
