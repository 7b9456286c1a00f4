/// A picture of 8-bit RGBA pixels, row after row from the top left; alpha is not multiplied into the colours.
public struct Image: Sendable, Equatable, CustomStringConvertible {
  public let width: Int
  public let height: Int
  /// Red, green, blue, alpha of every pixel: `width * height * 4` bytes.
  public var pixels: [UInt8]

  /// Wraps RGBA bytes; `pixels.count` must equal `width * height * 4`.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image has at least one pixel")
    precondition(pixels.count == width * height * 4, "\(pixels.count) bytes for \(width) x \(height) RGBA pixels")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A picture of one colour.
  public init(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8, alpha: UInt8 = 255) {
    var pixels = [UInt8](repeating: alpha, count: width * height * 4)
    for start in stride(from: 0, to: pixels.count, by: 4) {
      pixels[start] = red
      pixels[start + 1] = green
      pixels[start + 2] = blue
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  public var description: String { "an image of \(width) x \(height) pixels" }

  /// The four bytes of the pixel at column x, row y.
  public subscript(x: Int, y: Int) -> SIMD4<UInt8> {
    get {
      precondition(x >= 0 && x < width && y >= 0 && y < height)
      let start = (y * width + x) * 4
      return SIMD4(pixels[start], pixels[start + 1], pixels[start + 2], pixels[start + 3])
    }
    set {
      precondition(x >= 0 && x < width && y >= 0 && y < height)
      let start = (y * width + x) * 4
      for channel in 0..<4 { pixels[start + channel] = newValue[channel] }
    }
  }

  /// The part of `columns` x `rows`, which must lie inside.
  public func cropped(columns: Range<Int>, rows: Range<Int>) -> Image {
    precondition(columns.lowerBound >= 0 && columns.upperBound <= width && !columns.isEmpty)
    precondition(rows.lowerBound >= 0 && rows.upperBound <= height && !rows.isEmpty)
    var result = [UInt8]()
    result.reserveCapacity(columns.count * rows.count * 4)
    for y in rows {
      result.append(contentsOf: pixels[(y * width + columns.lowerBound) * 4..<(y * width + columns.upperBound) * 4])
    }
    return Image(width: columns.count, height: rows.count, pixels: result)
  }

  /// The same picture seen in another orientation; exact, no pixel is mixed with another.
  public func oriented(_ orientation: Orientation) -> Image {
    if orientation == .identity { return self }
    let swaps = orientation.swapsAxes
    let newWidth = swaps ? height : width
    let newHeight = swaps ? width : height
    var result = [UInt8](repeating: 0, count: pixels.count)
    for y in 0..<height {
      for x in 0..<width {
        let (u, v) = orientation.apply(column: x, row: y, width: width, height: height)
        let from = (y * width + x) * 4
        let to = (v * newWidth + u) * 4
        for channel in 0..<4 { result[to + channel] = pixels[from + channel] }
      }
    }
    return Image(width: newWidth, height: newHeight, pixels: result)
  }

  /// The picture made smaller by whole factors: every new pixel is the mean of a block, weighted by alpha.
  ///
  /// Blocks at the right and lower border may be smaller.
  public func reduced(by factor: Int) -> Image {
    precondition(factor >= 1)
    if factor == 1 { return self }
    let newWidth = (width + factor - 1) / factor
    let newHeight = (height + factor - 1) / factor
    var result = [UInt8](repeating: 0, count: newWidth * newHeight * 4)
    for v in 0..<newHeight {
      for u in 0..<newWidth {
        var sums = SIMD4<Int>(repeating: 0)
        var count = 0
        for y in v * factor..<min((v + 1) * factor, height) {
          for x in u * factor..<min((u + 1) * factor, width) {
            let start = (y * width + x) * 4
            let alpha = Int(pixels[start + 3])
            sums &+= SIMD4(
              Int(pixels[start]) * alpha, Int(pixels[start + 1]) * alpha, Int(pixels[start + 2]) * alpha, alpha)
            count += 1
          }
        }
        let to = (v * newWidth + u) * 4
        if sums[3] > 0 {
          for channel in 0..<3 { result[to + channel] = UInt8((sums[channel] + sums[3] / 2) / sums[3]) }
        }
        result[to + 3] = UInt8((sums[3] + count / 2) / count)
      }
    }
    return Image(width: newWidth, height: newHeight, pixels: result)
  }

  /// The opaque picture that this one, faded by `opacity` (0 to 1), makes on white paper.
  public func overWhite(opacity: Double = 1) -> Image {
    let share = Int((min(1, max(0, opacity)) * 255).rounded())
    var result = self
    for start in stride(from: 0, to: pixels.count, by: 4) {
      let cover = (Int(pixels[start + 3]) * share + 127) / 255
      // What is opaque already is not even copied.
      if cover == 255 { continue }
      for channel in 0..<3 {
        result.pixels[start + channel] = UInt8((Int(pixels[start + channel]) * cover + 255 * (255 - cover) + 127) / 255)
      }
      result.pixels[start + 3] = 255
    }
    return result
  }
}

/// One of the eight ways to look at a picture: mirrored or not, then turned by quarters.
public struct Orientation: Sendable, Equatable {
  /// Whether left and right are exchanged, before turning.
  public var mirrored: Bool
  /// Quarter turns clockwise, 0 to 3.
  public var quarterTurns: Int

  public static let identity = Orientation(mirrored: false, quarterTurns: 0)

  public init(mirrored: Bool, quarterTurns: Int) {
    self.mirrored = mirrored
    self.quarterTurns = ((quarterTurns % 4) + 4) % 4
  }

  /// Whether width and height change places.
  public var swapsAxes: Bool { quarterTurns % 2 == 1 }

  /// Where a point of a `width` x `height` area comes to lie, y pointing down.
  public func apply(_ point: SIMD2<Double>, width: Double, height: Double) -> SIMD2<Double> {
    let x = mirrored ? width - point.x : point.x
    switch quarterTurns {
    case 1: return SIMD2(height - point.y, x)
    case 2: return SIMD2(width - x, height - point.y)
    case 3: return SIMD2(point.y, width - x)
    default: return SIMD2(x, point.y)
    }
  }

  func apply(column: Int, row: Int, width: Int, height: Int) -> (Int, Int) {
    let x = mirrored ? width - 1 - column : column
    switch quarterTurns {
    case 1: return (height - 1 - row, x)
    case 2: return (width - 1 - x, height - 1 - row)
    case 3: return (row, width - 1 - x)
    default: return (x, row)
    }
  }
}
