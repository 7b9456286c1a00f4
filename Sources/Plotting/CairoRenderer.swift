import CCairo
import Images
import StomicsCore

/// Draws a canvas with Cairo, into pixels or into a PDF.
final class CairoRenderer {
  /// Cairo's own limit is 32,767 pixels a side.
  static let pixelLimit = 32_000
  /// In PDF and SVG more marks than this become one picture.
  static let vectorMarkLimit = 50_000
  /// Pixels an inch of pictures in PDF and SVG.
  static let pictureResolution = 300.0

  private let surface: OpaquePointer
  private let context: OpaquePointer
  /// Pixels a point; nil for PDF.
  private let scale: Double?
  private var pictures: [(image: Image, surface: OpaquePointer)] = []

  /// Takes over `surface`.
  private init(_ surface: OpaquePointer?, scale: Double?) throws {
    guard let surface, let context = cairo_create(surface) else {
      throw PlotError.drawing(reason: "no memory")
    }
    self.surface = surface
    self.context = context
    self.scale = scale
    if let scale { cairo_scale(context, scale, scale) }
    try check()
  }

  deinit {
    for picture in pictures { cairo_surface_destroy(picture.surface) }
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  private func check() throws {
    for status in [cairo_status(context), cairo_surface_status(surface)] where status != CAIRO_STATUS_SUCCESS {
      throw PlotError.drawing(reason: String(cString: cairo_status_to_string(status)))
    }
  }

  // MARK: Whole canvases

  static func image(of canvas: Canvas, dotsPerInch: Double) throws -> Image {
    let scale = dotsPerInch / 72
    let columns = (canvas.width * scale).rounded()
    let rows = (canvas.height * scale).rounded()
    guard columns >= 1, rows >= 1, columns <= Double(pixelLimit), rows <= Double(pixelLimit) else {
      throw PlotError.tooLarge(widthPixels: columns, heightPixels: rows, limit: pixelLimit)
    }
    let renderer = try CairoRenderer(
      cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(columns), Int32(rows)), scale: scale)
    cairo_set_source_rgb(renderer.context, 1, 1, 1)
    cairo_paint(renderer.context)
    renderer.draw(canvas.elements, clip: Rect(x: 0, y: 0, width: canvas.width, height: canvas.height))
    try renderer.check()
    return try renderer.withPixels { pixels, stride in
      Image(premultiplied: UnsafeBufferPointer(pixels), columns: Int(columns), rows: Int(rows), stride: stride)
    }
  }

  static func pdf(of canvas: Canvas, _ provenance: Provenance) throws -> [UInt8] {
    let sink = Sink()
    let write: cairo_write_func_t = { closure, data, length in
      guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
      let sink = Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue()
      sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
      return CAIRO_STATUS_SUCCESS
    }
    try withExtendedLifetime(sink) {
      let surface = cairo_pdf_surface_create_for_stream(
        write, Unmanaged.passUnretained(sink).toOpaque(), canvas.width, canvas.height)
      let renderer = try CairoRenderer(surface, scale: nil)
      cairo_pdf_surface_set_metadata(renderer.surface, CAIRO_PDF_METADATA_TITLE, provenance.title)
      cairo_pdf_surface_set_metadata(renderer.surface, CAIRO_PDF_METADATA_SUBJECT, provenance.source)
      cairo_pdf_surface_set_metadata(renderer.surface, CAIRO_PDF_METADATA_CREATOR, Provenance.software)
      // No date: the same figure gives the same bytes.
      cairo_pdf_surface_set_metadata(renderer.surface, CAIRO_PDF_METADATA_CREATE_DATE, "")
      renderer.draw(canvas.elements, clip: Rect(x: 0, y: 0, width: canvas.width, height: canvas.height))
      cairo_surface_finish(renderer.surface)
      let status = cairo_surface_status(renderer.surface)
      guard status == CAIRO_STATUS_SUCCESS else {
        throw PlotError.drawing(reason: String(cString: cairo_status_to_string(status)))
      }
    }
    return sink.bytes
  }

  private final class Sink {
    var bytes: [UInt8] = []
  }

  // MARK: Elements

  private func draw(_ elements: [Canvas.Element], clip: Rect) {
    for element in elements {
      switch element {
      case .path(let points, let closed, let fill, let stroke):
        guard let first = points.first else { continue }
        cairo_new_path(context)
        cairo_move_to(context, first.x, first.y)
        for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
        if closed { cairo_close_path(context) }
        paint(fill, stroke)
      case .rectangle(let rect, let fill, let stroke):
        cairo_new_path(context)
        cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
        paint(fill, stroke)
      case .text(let run): draw(run)
      case .marks(let marks): draw(marks, clip: clip)
      case .segments(let segments): draw(segments)
      case .image(let image, let rect): draw(image, rect)
      case .group(_, let inner, let members):
        cairo_save(context)
        if let inner {
          cairo_rectangle(context, inner.x, inner.y, inner.width, inner.height)
          cairo_clip(context)
        }
        draw(members, clip: inner ?? clip)
        cairo_restore(context)
      }
    }
  }

  private func setSource(_ color: Color, opacity: Double = 1) {
    cairo_set_source_rgba(
      context, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255,
      Double(color.alpha) / 255 * opacity)
  }

  private func paint(_ fill: Color?, _ stroke: Stroke?) {
    if let fill {
      setSource(fill)
      cairo_fill_preserve(context)
    }
    if let stroke {
      setSource(stroke.color)
      cairo_set_line_width(context, stroke.width)
      cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
      cairo_set_line_cap(context, stroke.dash.isEmpty ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
      cairo_set_dash(context, stroke.dash, Int32(stroke.dash.count), 0)
      cairo_stroke_preserve(context)
    }
    cairo_new_path(context)
  }

  private func draw(_ run: TextRun) {
    cairo_save(context)
    cairo_translate(context, run.position.x, run.position.y)
    if run.isVertical { cairo_rotate(context, -Double.pi / 2) }
    TextMetrics.selectFont(context, size: run.size, bold: run.bold)
    let width = run.width
    let start: Double =
      switch run.horizontal {
      case .left: 0
      case .center: -width / 2
      case .right: -width
      }
    setSource(run.color)
    cairo_move_to(context, start, run.drop)
    cairo_show_text(context, run.string)
    cairo_restore(context)
  }

  private func draw(_ marks: Marks, clip: Rect) {
    if let scale {
      let columns = Int(cairo_image_surface_get_width(surface))
      let rows = Int(cairo_image_surface_get_height(surface))
      func range(_ low: Double, _ high: Double, _ limit: Int) -> Range<Int> {
        let start = min(limit, max(0, Int((low * scale).rounded())))
        return start..<max(start, min(limit, Int((high * scale).rounded())))
      }
      let visible = (range(clip.x, clip.maxX, columns), range(clip.y, clip.maxY, rows))
      try? withPixels { pixels, stride in
        let rasteriser = MarkRasteriser(stride: stride, clip: visible)
        rasteriser.paint(marks, origin: .zero, scale: scale, into: pixels)
      }
    } else if marks.centers.count > Self.vectorMarkLimit {
      draw(MarkRasteriser.image(of: marks, in: clip, dotsPerInch: Self.pictureResolution), clip)
    } else {
      let corners = marks.corners
      cairo_set_line_width(context, 2 * marks.bleed)
      cairo_set_line_join(context, CAIRO_LINE_JOIN_MITER)
      cairo_set_dash(context, [], 0, 0)
      for (color, members) in marks.order {
        setSource(color, opacity: marks.opacity)
        for i in members {
          let center = marks.centers[i]
          if let first = corners.first {
            cairo_move_to(context, center.x + first.x, center.y + first.y)
            for corner in corners.dropFirst() { cairo_line_to(context, center.x + corner.x, center.y + corner.y) }
            cairo_close_path(context)
          } else {
            cairo_new_sub_path(context)
            cairo_arc(context, center.x, center.y, marks.radius, 0, 2 * Double.pi)
          }
          if marks.bleed > 0 { cairo_stroke_preserve(context) }
          cairo_fill(context)
        }
      }
    }
  }

  private func draw(_ segments: Segments) {
    cairo_set_line_width(context, segments.width)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_BUTT)
    cairo_set_dash(context, [], 0, 0)
    for (color, members) in segments.runs {
      setSource(color)
      for i in members {
        cairo_move_to(context, segments.starts[i].x, segments.starts[i].y)
        cairo_line_to(context, segments.ends[i].x, segments.ends[i].y)
        cairo_stroke(context)
      }
    }
  }

  private func draw(_ image: Image, _ rect: Rect) {
    guard let picture = surface(for: image, shown: rect) else { return }
    cairo_save(context)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_clip(context)
    cairo_translate(context, rect.x, rect.y)
    cairo_scale(
      context, rect.width / Double(cairo_image_surface_get_width(picture)),
      rect.height / Double(cairo_image_surface_get_height(picture)))
    cairo_set_source_surface(context, picture, 0, 0)
    // In pixels the border's own colour goes on beyond the border: no pale rim. In PDF that would forbid one copy of the
    // picture for all panels.
    if scale != nil { cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD) }
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_GOOD)
    cairo_paint(context)
    cairo_restore(context)
  }

  /// Cairo's copy of a picture, made once for all panels that show it; finer than needed only in PNG.
  private func surface(for image: Image, shown rect: Rect) -> OpaquePointer? {
    if let known = pictures.first(where: { $0.image == image }) { return known.surface }
    let shown = scale == nil ? image.reduced(for: rect, dotsPerInch: Self.pictureResolution) : image
    guard let picture = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, Int32(shown.width), Int32(shown.height)),
      cairo_surface_status(picture) == CAIRO_STATUS_SUCCESS, let data = cairo_image_surface_get_data(picture)
    else { return nil }
    let stride = Int(cairo_image_surface_get_stride(picture)) / 4
    data.withMemoryRebound(to: UInt32.self, capacity: stride * shown.height) { target in
      for y in 0..<shown.height {
        for x in 0..<shown.width {
          let from = (y * shown.width + x) * 4
          let alpha = UInt32(shown.pixels[from + 3])
          func multiplied(_ channel: Int) -> UInt32 { (UInt32(shown.pixels[from + channel]) * alpha + 127) / 255 }
          target[y * stride + x] = alpha << 24 | multiplied(0) << 16 | multiplied(1) << 8 | multiplied(2)
        }
      }
    }
    cairo_surface_mark_dirty(picture)
    pictures.append((image, picture))
    return picture
  }

  /// Lends the pixels of an image surface; the second argument is the row stride in pixels.
  private func withPixels<R>(_ body: (UnsafeMutableBufferPointer<UInt32>, Int) throws -> R) throws -> R {
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else { throw PlotError.drawing(reason: "no pixels") }
    let stride = Int(cairo_image_surface_get_stride(surface)) / 4
    let count = stride * Int(cairo_image_surface_get_height(surface))
    defer { cairo_surface_mark_dirty(surface) }
    return try data.withMemoryRebound(to: UInt32.self, capacity: count) {
      try body(UnsafeMutableBufferPointer(start: $0, count: count), stride)
    }
  }
}

extension Image {
  /// The picture without the pixels that `dotsPerInch` cannot show when it fills `rect`.
  func reduced(for rect: Rect, dotsPerInch: Double) -> Image {
    let finer = min(Double(width) / (rect.width / 72), Double(height) / (rect.height / 72)) / dotsPerInch
    return finer >= 2 ? reduced(by: Int(finer)) : self
  }
}
