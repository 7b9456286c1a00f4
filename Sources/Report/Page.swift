import Metrics
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RunReport {
  /// The page: one file that needs nothing else, neither another file nor a network.
  ///
  /// Its policy lets only its own script and style run, named by their hashes, and shows only images it carries itself.
  /// - Throws: `EncodingError` where a number of the data is no number
  public func html() throws -> [UInt8] {
    let script = Self.script
    let style = Self.style
    let policy =
      "default-src 'none'; script-src 'sha256-\(Self.base64Digest(script))'; "
      + "style-src 'sha256-\(Self.base64Digest(style))'; img-src data:; base-uri 'none'; form-action 'none'"
    let head: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(HTML(trusted: policy))">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="stomics \(stomicsVersion)">
      <title>\(title)</title>
      <style>\(HTML(trusted: style))</style>
      </head>
      <body>
      <a class="skip" href="#main">To the content</a>

      """
    let sections = [
      ("maps", "Maps", maps), ("quality", "Quality control", quality), ("training", "Training", training),
      ("scores", "Scores", scoreSection), ("calibration", "Calibration", calibration),
      ("attention", "Attention", attentionSection), ("perturbation", "Perturbation", perturbation),
      ("record", "What was done", recordSection),
    ].compactMap { id, name, content in content.map { (id, name, $0) } }
    let links = sections.map { id, name, _ -> HTML in "<li><a href=\"#\(id)\">\(name)</a></li>" }
    let body = sections.map { id, name, content -> HTML in
      """
      <section id="\(id)" aria-labelledby="\(id)-title">
      <h2 id="\(id)-title">\(name)</h2>
      \(content)
      </section>
      """
    }
    let page: HTML = """
      \(head)\(summary)
      <nav aria-label="Sections"><ul>\(links)</ul></nav>
      <main id="main">
      <noscript><p class="verdict">The maps and charts of this page are drawn by its own script, which is turned off here.
      The tables can be read without it.</p></noscript>
      \(body)
      </main>
      <footer>Made by stomics \(stomicsVersion). This file needs no network and sends nothing.</footer>
      <div id="tooltip" role="tooltip" hidden></div>
      <div id="announce" class="hidden-text" aria-live="polite"></div>
      <script type="application/json" id="report-data">
      """
    var bytes = Array(page.text.utf8)
    bytes += try Payload(self).json()
    bytes += Array("</script>\n<script>".utf8)
    bytes += Array(script.utf8)
    bytes += Array("</script>\n</body>\n</html>\n".utf8)
    return bytes
  }

  /// The parts of the script in their order, in one function so that nothing but what is meant to leaks out.
  private static let script: String = {
    let parts = [
      PackageResources.data_js, PackageResources.theme_js, PackageResources.layers_js, PackageResources.draw_js,
      PackageResources.legend_js, PackageResources.spot_js, PackageResources.panel_js, PackageResources.explorer_js,
      PackageResources.attention_js, PackageResources.charts_js, PackageResources.scan_js, PackageResources.main_js,
    ]
    let text = parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    return "\"use strict\";\n(() => {\n" + text + "})();\n"
  }()

  /// The style sheet, and the shades of tables, since elements may have no style of their own.
  private static let style: String = {
    let shades = (0...shadeCount).map { k in
      ".heat-\(k) { background: rgba(var(--heat), \((Double(k) / Double(shadeCount)).formatted(decimals: 2))); "
        + (2 * k > shadeCount ? "color: var(--on-heat); " : "") + "}\n"
    }
    return String(decoding: PackageResources.style_css, as: UTF8.self) + shades.joined()
  }()

  /// Steps between no shade and the full one.
  static let shadeCount = 20

  private static func base64Digest(_ text: String) -> String {
    Data(SHA256.digest(of: Array(text.utf8))).base64EncodedString()
  }
}
