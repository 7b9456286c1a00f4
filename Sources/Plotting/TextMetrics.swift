import CCairo

/// How wide text is in the figures' font.
enum TextMetrics {
  /// The only font: it comes with Cairo's own dependencies on Debian, and has Greek, Cyrillic and superscripts.
  static let family = "DejaVu Sans"
  /// From one line's foot to the next one's, in font sizes.
  static let lineHeight = 1.3

  /// Width in points of `string` at `size` points.
  static func width(_ string: String, size: Double, bold: Bool = false) -> Double {
    guard !string.isEmpty, let surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1) else { return 0 }
    defer { cairo_surface_destroy(surface) }
    guard let context = cairo_create(surface) else { return 0 }
    defer { cairo_destroy(context) }
    // Measured large and scaled down, so that no rounding to pixels enters.
    selectFont(context, size: 100, bold: bold)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, string, &extents)
    return extents.x_advance * size / 100
  }

  /// The widest of the texts.
  static func width(ofWidest strings: [String], size: Double, bold: Bool = false) -> Double {
    strings.reduce(0) { max($0, width($1, size: size, bold: bold)) }
  }

  /// Sets the font without hinting: the same proportions at every size and in every format.
  static func selectFont(_ context: OpaquePointer, size: Double, bold: Bool) {
    cairo_select_font_face(
      context, family, CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
    if let options = cairo_font_options_create() {
      cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
      cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
      cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
      cairo_set_font_options(context, options)
      cairo_font_options_destroy(options)
    }
  }

  /// The text in as few lines as fit into `width`, broken at spaces; a single word may stand out.
  static func wrap(_ string: String, size: Double, bold: Bool = false, into width: Double) -> [String] {
    var lines = [String]()
    for paragraph in string.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        let longer = line.isEmpty ? String(word) : line + " " + word
        if line.isEmpty || self.width(longer, size: size, bold: bold) <= width {
          line = longer
        } else {
          lines.append(line)
          line = String(word)
        }
      }
      lines.append(line)
    }
    return lines.filter { !$0.isEmpty }
  }
}

extension TextRun {
  /// How long the text is, in points.
  public var width: Double { TextMetrics.width(string, size: size, bold: bold) }
}
