import Images
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Writes a canvas as SVG 1.1 with real text and one shape a spot, so that it can be searched and edited.
///
/// Cairo's own SVG turns letters into outlines and numbers its ids anew in every figure of a process; this keeps the
/// words and the bytes.
struct SVGWriter {
  private var body = ""
  private var definitions = ""
  private var pictures: [Image] = []
  private var clips = 0

  static func document(_ canvas: Canvas, _ provenance: Provenance) throws -> [UInt8] {
    var writer = SVGWriter()
    try writer.write(canvas.elements, clip: Rect(x: 0, y: 0, width: canvas.width, height: canvas.height))
    let width = number(canvas.width)
    let height = number(canvas.height)
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" \
      width="\(width)pt" height="\(height)pt" viewBox="0 0 \(width) \(height)" \
      font-family="'\(TextMetrics.family)', Verdana, sans-serif">

      """
    if !provenance.title.isEmpty { text += "<title>\(escaped(provenance.title))</title>\n" }
    let description = [Provenance.software, provenance.source].filter { !$0.isEmpty }.joined(separator: ": ")
    text += "<desc>\(escaped(description))</desc>\n"
    if !writer.definitions.isEmpty { text += "<defs>\n\(writer.definitions)</defs>\n" }
    text += "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#FFFFFF\"/>\n"
    text += writer.body + "</svg>\n"
    return Array(text.utf8)
  }

  private mutating func write(_ elements: [Canvas.Element], clip: Rect) throws {
    for element in elements {
      switch element {
      case .path(let points, let closed, let fill, let stroke):
        let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        body += "<\(closed ? "polygon" : "polyline") points=\"\(list)\"\(style(fill, stroke))/>\n"
      case .rectangle(let rect, let fill, let stroke):
        body += "<rect\(frame(rect))\(style(fill, stroke))/>\n"
      case .text(let run): write(run)
      case .marks(let marks): try write(marks, clip: clip)
      case .segments(let segments): write(segments)
      case .image(let image, let rect): try write(image, rect)
      case .group(let name, let inner, let members):
        var attributes = " class=\"\(escaped(name))\""
        if let inner {
          clips += 1
          definitions += "<clipPath id=\"clip\(clips)\"><rect\(frame(inner))/></clipPath>\n"
          attributes += " clip-path=\"url(#clip\(clips))\""
        }
        body += "<g\(attributes)>\n"
        try write(members, clip: inner ?? clip)
        body += "</g>\n"
      }
    }
  }

  private mutating func write(_ run: TextRun) {
    let anchor =
      switch run.horizontal {
      case .left: ""
      case .center: " text-anchor=\"middle\""
      case .right: " text-anchor=\"end\""
      }
    let weight = run.bold ? " font-weight=\"bold\"" : ""
    let place =
      run.isVertical
      ? " transform=\"translate(\(number(run.position.x)) \(number(run.position.y))) rotate(-90)\" y=\"\(number(run.drop))\""
      : " x=\"\(number(run.position.x))\" y=\"\(number(run.position.y + run.drop))\""
    body +=
      "<text\(place) font-size=\"\(number(run.size))\"\(weight)\(anchor)\(style(run.color, nil))>\(escaped(run.string))</text>\n"
  }

  private mutating func write(_ marks: Marks, clip: Rect) throws {
    if marks.centers.count > CairoRenderer.vectorMarkLimit {
      let layer = MarkRasteriser.image(of: marks, in: clip, dotsPerInch: CairoRenderer.pictureResolution)
      return try write(layer, clip)
    }
    let corners = marks.corners
    let radius = number(marks.radius)
    for (color, members) in marks.order {
      let opacity = marks.opacity < 1 ? " fill-opacity=\"\(trimmed(marks.opacity, 3))\"" : ""
      let rim = marks.bleed > 0 ? Stroke(color, width: 2 * marks.bleed) : nil
      body += "<g\(style(color, rim))\(opacity)>\n"
      for i in members {
        let center = marks.centers[i]
        if corners.isEmpty {
          body += "<circle cx=\"\(number(center.x))\" cy=\"\(number(center.y))\" r=\"\(radius)\"/>\n"
        } else {
          let list = corners.map { "\(number(center.x + $0.x)),\(number(center.y + $0.y))" }
          body += "<polygon points=\"\(list.joined(separator: " "))\"/>\n"
        }
      }
      body += "</g>\n"
    }
  }

  /// One path for each run of a colour.
  private mutating func write(_ segments: Segments) {
    if segments.runs.isEmpty { return }
    body += "<g fill=\"none\" stroke-width=\"\(number(segments.width))\">\n"
    for (color, members) in segments.runs {
      let path = members.map { i in
        "M\(number(segments.starts[i].x)) \(number(segments.starts[i].y))"
          + "L\(number(segments.ends[i].x)) \(number(segments.ends[i].y))"
      }
      body += "<path stroke=\"\(color.hex)\" d=\"\(path.joined())\"/>\n"
    }
    body += "</g>\n"
  }

  private mutating func write(_ image: Image, _ rect: Rect) throws {
    let number: Int
    if let known = pictures.firstIndex(of: image) {
      number = known + 1
    } else {
      pictures.append(image)
      number = pictures.count
      let shown = image.reduced(for: rect, dotsPerInch: CairoRenderer.pictureResolution)
      definitions +=
        "<image id=\"image\(number)\" width=\"1\" height=\"1\" preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,\(Data(try shown.pngBytes()).base64EncodedString())\"/>\n"
    }
    body +=
      "<use xlink:href=\"#image\(number)\" transform=\"translate(\(Self.number(rect.x)) \(Self.number(rect.y))) scale(\(Self.number(rect.width)) \(Self.number(rect.height)))\"/>\n"
  }

  private func frame(_ rect: Rect) -> String {
    " x=\"\(number(rect.x))\" y=\"\(number(rect.y))\" width=\"\(number(rect.width))\" height=\"\(number(rect.height))\""
  }

  private func style(_ fill: Color?, _ stroke: Stroke?) -> String {
    func opaque(_ color: Color) -> String {
      String(Color(red: color.red, green: color.green, blue: color.blue).hex)
    }
    func opacity(_ color: Color, _ name: String) -> String {
      color.alpha == 255 ? "" : " \(name)=\"\(trimmed(Double(color.alpha) / 255, 3))\""
    }
    var result = fill.map { " fill=\"\(opaque($0))\"" + opacity($0, "fill-opacity") } ?? " fill=\"none\""
    if let stroke {
      result += " stroke=\"\(opaque(stroke.color))\" stroke-width=\"\(trimmed(stroke.width, 3))\""
      result += opacity(stroke.color, "stroke-opacity")
      if stroke.dash.isEmpty {
        result += " stroke-linecap=\"round\" stroke-linejoin=\"round\""
      } else {
        result += " stroke-dasharray=\"\(stroke.dash.map { trimmed($0, 2) }.joined(separator: " "))\""
      }
    }
    return result
  }

  private func number(_ x: Double) -> String { Self.number(x) }
  private static func number(_ x: Double) -> String { trimmed(x, 2) }
}

/// Text safe inside XML: markup escaped, characters that XML 1.0 forbids left out.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\t", "\n", "\r": result += " "
    default:
      if scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF {
        result.unicodeScalars.append(scalar)
      }
    }
  }
  return result
}
