import Images

/// Paints marks straight into pixels: a million spots in a fraction of a second, edges smooth to a 255th.
///
/// Pixels are 0xAARRGGBB with the alpha multiplied in, as Cairo's ARGB32.
struct MarkRasteriser {
  /// Pixels from the start of one row to the next one's.
  let stride: Int
  /// The pixels that may be painted.
  let clip: (x: Range<Int>, y: Range<Int>)

  /// Paints all marks, a canvas point standing at `(point - origin) * scale` pixels.
  func paint(_ marks: Marks, origin: Point, scale: Double, into pixels: UnsafeMutableBufferPointer<UInt32>) {
    let radius = (marks.radius + marks.bleed) * scale
    guard radius > 0, marks.opacity > 0 else { return }
    // Below two pixels nobody sees corners: the circle around them is painted, which leaves no gap between tiles.
    let isRound = marks.shape == .circle || radius < 1
    let outline = Outline(isRound ? .circle : marks.shape, radius: radius)
    for (color, members) in marks.order {
      let paint = Paint(color, opacity: marks.opacity * Double(outline.strength))
      for i in members {
        let center = (marks.centers[i] - origin) * scale
        guard abs(center.x) < 1e6, abs(center.y) < 1e6 else { continue }
        if isRound {
          stampCircle(Float(radius), paint, center, pixels)
        } else {
          stampPolygon(outline, paint, center, pixels)
        }
      }
    }
  }

  @inline(__always)
  private func stampCircle(
    _ radius: Float, _ paint: Paint, _ center: Point, _ pixels: UnsafeMutableBufferPointer<UInt32>
  ) {
    let outer = radius + 0.5
    let inner = max(0, radius - 0.5)
    let x0 = Float(center.x)
    let y0 = Float(center.y)
    let top = max(clip.y.lowerBound, Int((y0 - outer).rounded(.down)))
    let bottom = min(clip.y.upperBound, Int((y0 + outer).rounded(.up)))
    var y = top
    while y < bottom {
      let dy = Float(y) + 0.5 - y0
      let half = outer * outer - dy * dy
      if half > 0 {
        let reach = half.squareRoot()
        var x = max(clip.x.lowerBound, Int((x0 - reach).rounded(.down)))
        let right = min(clip.x.upperBound, Int((x0 + reach).rounded(.up)))
        let row = y * stride
        while x < right {
          let dx = Float(x) + 0.5 - x0
          let square = dx * dx + dy * dy
          if square < outer * outer {
            let coverage = square <= inner * inner ? 1 : min(1, outer - square.squareRoot())
            pixels[row + x] = paint.over(pixels[row + x], coverage)
          }
          x += 1
        }
      }
      y += 1
    }
  }

  @inline(__always)
  private func stampPolygon(
    _ outline: Outline, _ paint: Paint, _ center: Point, _ pixels: UnsafeMutableBufferPointer<UInt32>
  ) {
    let x0 = Float(center.x)
    let y0 = Float(center.y)
    let left = max(clip.x.lowerBound, Int((x0 - outline.reach).rounded(.down)))
    let right = min(clip.x.upperBound, Int((x0 + outline.reach).rounded(.up)))
    let top = max(clip.y.lowerBound, Int((y0 - outline.reach).rounded(.down)))
    let bottom = min(clip.y.upperBound, Int((y0 + outline.reach).rounded(.up)))
    var y = top
    while y < bottom {
      let dy = Float(y) + 0.5 - y0
      var x = left
      while x < right {
        let depth = outline.depth(Float(x) + 0.5 - x0, dy)
        if depth > -0.5 {
          let place = y * stride + x
          pixels[place] = paint.over(pixels[place], min(1, depth + 0.5))
        }
        x += 1
      }
      y += 1
    }
  }

  /// A transparent picture of the marks inside `area`, for formats that should not hold each of a million shapes.
  static func image(of marks: Marks, in area: Rect, dotsPerInch: Double) -> Image {
    let scale = dotsPerInch / 72
    let columns = max(1, min(8192, Int((area.width * scale).rounded(.up))))
    let rows = max(1, min(8192, Int((area.height * scale).rounded(.up))))
    var pixels = [UInt32](repeating: 0, count: columns * rows)
    let rasteriser = MarkRasteriser(stride: columns, clip: (0..<columns, 0..<rows))
    pixels.withUnsafeMutableBufferPointer {
      rasteriser.paint(marks, origin: Point(area.x, area.y), scale: scale, into: $0)
    }
    return pixels.withUnsafeBufferPointer { Image(premultiplied: $0, columns: columns, rows: rows, stride: columns) }
  }
}

/// A mark's edge in pixels: coverage follows from the distance of a pixel's centre to it.
private struct Outline {
  /// Unit normals of the sides, one of each opposite pair; the last two are one for a square.
  private let first: SIMD2<Float>
  private let second: SIMD2<Float>
  private let third: SIMD2<Float>
  /// From the centre to a side.
  private let apothem: Float
  let reach: Float
  /// What marks smaller than a pixel lose in strength.
  let strength: Float

  init(_ shape: Marks.Shape, radius: Double) {
    let (sides, angle): (Int, Double) =
      switch shape {
      case .circle: (0, 0)
      case .hexagon(let angle): (6, angle)
      case .square(let angle): (4, angle)
      }
    func normal(_ k: Int) -> SIMD2<Float> {
      let phi = angle + Double.pi * (2 * Double(k) + 1) / Double(max(1, sides))
      return SIMD2(Float(cosine(phi)), Float(sine(phi)))
    }
    first = normal(0)
    second = normal(1)
    third = normal(sides == 6 ? 2 : 1)
    apothem = Float(sides == 0 ? radius : radius * cosine(Double.pi / Double(sides)))
    reach = Float(radius) + 1
    strength = apothem < 0.5 ? max(0.15, 4 * apothem * apothem) : 1
  }

  /// How deep inside a place lies, in pixels; negative outside.
  @inline(__always)
  func depth(_ dx: Float, _ dy: Float) -> Float {
    let one = abs(first.x * dx + first.y * dy)
    let two = abs(second.x * dx + second.y * dy)
    let three = abs(third.x * dx + third.y * dy)
    return apothem - max(one, max(two, three))
  }
}

/// A colour ready to be laid over pixels.
private struct Paint {
  let red: UInt32
  let green: UInt32
  let blue: UInt32
  let alpha: Float

  init(_ color: Color, opacity: Double) {
    red = UInt32(color.red)
    green = UInt32(color.green)
    blue = UInt32(color.blue)
    alpha = Float(min(1, opacity) * Double(color.alpha))
  }

  @inline(__always)
  func over(_ below: UInt32, _ coverage: Float) -> UInt32 {
    let a = UInt32(alpha * coverage + 0.5)
    if a >= 255 { return 0xFF00_0000 | red << 16 | green << 8 | blue }
    let rest = 255 - a
    // x / 255, rounded, without a division.
    func mix(_ mine: UInt32, _ shift: UInt32) -> UInt32 {
      let sum = mine &* a &+ (below >> shift & 255) &* rest &+ 128
      return ((sum &+ sum >> 8) >> 8) << shift
    }
    return mix(255, 24) | mix(red, 16) | mix(green, 8) | mix(blue, 0)
  }
}

extension Image {
  /// A picture from Cairo's pixels.
  init(premultiplied pixels: UnsafeBufferPointer<UInt32>, columns: Int, rows: Int, stride: Int) {
    var bytes = [UInt8](repeating: 0, count: columns * rows * 4)
    for y in 0..<rows {
      for x in 0..<columns {
        let pixel = pixels[y * stride + x]
        let alpha = pixel >> 24
        let to = (y * columns + x) * 4
        if alpha == 0 { continue }
        func straight(_ shift: UInt32) -> UInt8 {
          let value = pixel >> shift & 255
          return alpha == 255 ? UInt8(value) : UInt8(min(255, (value * 255 + alpha / 2) / alpha))
        }
        bytes[to] = straight(16)
        bytes[to + 1] = straight(8)
        bytes[to + 2] = straight(0)
        bytes[to + 3] = UInt8(alpha)
      }
    }
    self.init(width: columns, height: rows, pixels: bytes)
  }
}
