import Foundation
import Images
import StomicsCore
import TestSupport
import Testing

@testable import Report

/// The page in a real browser: its policy is left as it is but for the hash of the script that the test adds.
@Suite("A report in Chromium", .enabled(if: Browser.path != nil, "no chromium here"), .serialized)
final class BrowserTests {
  private let scratch: Scratch
  private let browser: Browser

  init() throws {
    scratch = try Scratch()
    browser = Browser(folder: scratch.path)
  }

  /// With everything a report can hold.
  private func fullReport() -> RunReport {
    var report = ReportFixture.report(spots: 240, domain: ReportFixture.hostile)
    report.title = ReportFixture.hostile
    report.layers.append(
      SpotLayer("MOBP", group: .genes, label: "counts", values: (0..<240).map { Float($0) / 100 }))
    report.history = TrainingHistory(
      epochs: [1, 2, 3], losses: [TrainingHistory.Curve("training", [2, 1, 0.5])],
      scores: [TrainingHistory.Curve("ARI", [0.1, 0.5, 0.4])], bestEpoch: 2, drops: [3])
    report.attention = [ReportFixture.attention(spots: 240)]
    report.scan = ReportFixture.scan(["MOBP", ReportFixture.hostile, "PCP4", "AQP4"])
    return report
  }

  /// Writes the page, with a script that acts on it and leaves what it found as JSON.
  private func write(_ report: RunReport, name: String, acting script: String? = nil) throws -> String {
    var text = String(decoding: try report.html(), as: UTF8.self)
    if let script {
      let digest = Data(SHA256.digest(of: Array(script.utf8))).base64EncodedString()
      text.replace("script-src ", with: "script-src 'sha256-\(digest)' ", maxReplacements: 1)
      // In the head, so that it hears of everything that happens later.
      let place = "<meta name=\"viewport\""
      text.replace(place, with: "<script>\(script)</script>\(place)", maxReplacements: 1)
    }
    return try scratch.file(name, Array(text.utf8))
  }

  /// What a script that ran in the page found.
  private func act(_ actions: String, on report: RunReport, flags: [String] = []) throws -> [String: String] {
    let script = """
      window.found = { problems: "" };
      addEventListener("error", (event) => { found.problems += event.message + "; "; }, true);
      addEventListener("unhandledrejection", (event) => { found.problems += event.reason + "; "; });
      addEventListener("securitypolicyviolation", (event) => { found.problems += event.violatedDirective + "; "; });
      const frame = () => new Promise((done) => setTimeout(done, 40));
      const at = (id) => document.getElementById(id);
      const pointer = (canvas, kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, {
        clientX: x, clientY: y, pointerId: 1, bubbles: true, cancelable: true, isPrimary: true }));
      const press = (target, key, more = {}) =>
        target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
      const place = (id, spot) => stomicsReport.spotPosition(id, spot);
      addEventListener("load", async () => {
        try { \(actions) } catch (error) { found.problems += error.stack; }
        const box = document.createElement("pre");
        box.id = "found";
        box.textContent = JSON.stringify(found);
        document.body.append(box);
      });
      """
    let page = try write(report, name: "acted.html", acting: script)
    let result = try browser.open(page, ["--dump-dom"] + flags)
    #expect(result.complaints.isEmpty, "\(result.complaints)")
    let start = try #require(result.output.range(of: "<pre id=\"found\">"), "\(result.output.suffix(500))")
    let end = try #require(result.output.range(of: "</pre>", range: start.upperBound..<result.output.endIndex))
    let json = result.output[start.upperBound..<end.lowerBound]
      .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    let found = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    let texts = try #require(found).mapValues { "\($0)" }
    #expect(texts["problems"] == "")
    return texts
  }

  @Test("it loads without a complaint, asks for nothing, and takes no name for markup") func loads() throws {
    let page = try write(fullReport(), name: "plain.html")
    let plain = try browser.open(page, ["--dump-dom"])
    #expect(plain.complaints.isEmpty, "\(plain.complaints)")
    #expect(plain.output.contains("data-ready=\"true\""))
    let found = try act(
      """
      await frame();
      found.resources = performance.getEntriesByType("resource").map((entry) => entry.name).join();
      found.images = document.querySelectorAll("img").length;
      found.scripts = document.querySelectorAll("script").length;
      found.title = document.querySelector("h1").textContent;
      found.charts = document.querySelectorAll("svg.chart").length;
      found.small = document.querySelectorAll(".thumbnail canvas").length;
      found.unnamed = [...document.querySelectorAll("button, select, input, canvas[tabindex]")].filter((control) =>
        !(control.textContent.trim() || control.getAttribute("aria-label") || (control.labels && control.labels.length)))
        .length;
      """, on: fullReport())
    #expect(found["resources"] == "" && found["images"] == "0" && found["scripts"] == "3")
    #expect(found["title"] == ReportFixture.hostile)
    // Quality control, losses, scores, reliability, shifts.
    #expect(found["charts"] == "5")
    // Truth, prediction, errors, confidence, two probabilities, counts, a gene; counts beside their histogram again.
    #expect(found["small"] == "9")
    #expect(found["unnamed"] == "0")
  }

  @Test("pointing shows a spot, the wheel zooms around it, dragging moves, a click keeps it and shows whom it hears")
  func mouse() throws {
    let found = try act(
      """
      const left = at("left-map");
      left.scrollIntoView({ behavior: "instant" });
      await frame();
      let spot = place("left-map", 65);
      pointer(left, "pointermove", spot.x, spot.y);
      await frame();
      found.tooltip = at("tooltip").hidden ? "hidden" : at("tooltip").textContent;
      left.dispatchEvent(new WheelEvent("wheel", { deltaY: -700, clientX: spot.x, clientY: spot.y, bubbles: true, cancelable: true }));
      await frame();
      const zoomed = place("left-map", 65);
      // A wheel's place is told in whole pixels.
      found.held = Math.hypot(zoomed.x - spot.x, zoomed.y - spot.y) < 5;
      const pitch = () => place("left-map", 66).x - place("left-map", 65).x;
      found.pitch = pitch();
      // Right is right and down is down, as in the picture of the tissue.
      found.upright = pitch() > 0 && place("left-map", 81).y - place("left-map", 65).y > 10 &&
        Math.abs(place("left-map", 81).x - place("left-map", 65).x) < 0.1;
      found.together = Math.abs(place("right-map", 66).x - place("right-map", 65).x - pitch()) < 0.01;
      pointer(left, "pointerdown", zoomed.x, zoomed.y);
      for (let k = 1; k <= 5; k++) pointer(left, "pointermove", zoomed.x - 8 * k, zoomed.y);
      pointer(left, "pointerup", zoomed.x - 40, zoomed.y);
      await frame();
      found.dragged = Math.round(place("left-map", 65).x - zoomed.x);
      found.before = at("spot-details").textContent.includes("SPOT-65");
      spot = place("left-map", 65);
      pointer(left, "pointerdown", spot.x, spot.y);
      pointer(left, "pointerup", spot.x, spot.y);
      await frame();
      found.details = at("spot-details").querySelector("h3").textContent;
      found.caption = at("attention-caption").textContent;
      found.heard = at("attention-rows").rows[0].cells[0].textContent;
      document.querySelector("#left-figure [aria-label='Show the whole slice']").click();
      await frame();
      found.whole = pitch();
      pointer(left, "pointermove", 3, 3);
      pointer(left, "pointerleave", 3, 3);
      await frame();
      found.gone = at("tooltip").hidden;
      """, on: fullReport())
    #expect(found["tooltip"]?.hasPrefix("SPOT-65") == true, "\(found)")
    #expect(found["tooltip"]?.contains(ReportFixture.hostile) == true)
    #expect(found["tooltip"]?.contains("MOBP0.65") == true, "\(found["tooltip"] ?? "")")
    #expect(found["held"] == "1" && found["together"] == "1" && found["upright"] == "1")
    let ratio = try #require(Double(found["pitch"] ?? "")) / #require(Double(found["whole"] ?? ""))
    #expect(abs(ratio - exp(1.4)) < 0.05)
    #expect(found["dragged"] == "-40" && found["before"] == "0")
    #expect(found["details"] == "SPOT-65" && found["heard"] == "SPOT-66")
    #expect(found["caption"]?.contains("SPOT-65") == true && found["caption"]?.contains("listens to 1 spot;") == true)
    #expect(found["gone"] == "1")
  }

  @Test("keys go from spot to spot, choose, zoom and move") func keys() throws {
    let found = try act(
      """
      const left = at("left-map");
      left.focus();
      press(left, "Escape");
      press(left, "ArrowRight");
      await frame();
      const first = Number(at("announce").textContent.match(/SPOT-(\\d+)/)[1]);
      press(left, "ArrowRight");
      press(left, "ArrowDown");
      await frame();
      found.step = Number(at("announce").textContent.match(/SPOT-(\\d+)/)[1]) - first;
      press(left, "Enter");
      await frame();
      found.chosen = Number(at("spot-details").querySelector("h3").textContent.slice(5)) - first;
      const pitch = () => place("left-map", 1).x - place("left-map", 0).x;
      const whole = pitch();
      press(left, "+");
      await frame();
      found.zoom = pitch() / whole;
      const x = place("left-map", 0).x;
      press(left, "ArrowRight", { shiftKey: true });
      await frame();
      found.moved = Math.round(place("left-map", 0).x - x);
      press(left, "0");
      await frame();
      found.reset = pitch() / whole;
      press(left, "Escape");
      await frame();
      found.none = at("spot-details").querySelector("h3") === null;
      found.focusable = [...document.querySelectorAll("canvas[tabindex='0']")].map((canvas) => canvas.id).join();
      const legend = document.querySelectorAll("#left-figure button.class")[1];
      legend.click();
      found.pressed = document.querySelectorAll("#left-figure button.class")[1].getAttribute("aria-pressed");
      document.querySelectorAll("#right-figure button.class")[0].click();
      found.focus = document.activeElement.closest("figure").id + " " + document.activeElement.textContent;
      """, on: fullReport())
    #expect(found["step"] == "17" && found["chosen"] == "17")
    #expect(abs((Double(found["zoom"] ?? "") ?? 0) - 1.5) < 0.01)
    #expect(found["moved"] == "-60" && found["reset"] == "1" && found["none"] == "1")
    #expect(found["focusable"] == "left-map,right-map,attention-map" && found["pressed"] == "true")
    #expect(found["focus"] == "right-figure Layer1")
  }

  @Test("the ranking sorts and searches, and a gene shows its shifts and its map") func ranking() throws {
    let found = try act(
      """
      const names = () => [...at("scan-rows").rows].map((row) => row.cells[0].textContent).join("|");
      const header = (k) => at("scan-head").cells[k].querySelector("button");
      found.start = names();
      found.sorted = at("scan-head").cells[1].getAttribute("aria-sort");
      header(1).click();
      found.rising = names();
      header(0).click();
      found.named = names();
      const search = at("scan-search");
      search.value = "p4";
      search.dispatchEvent(new Event("input"));
      found.searched = names();
      found.count = at("scan-count").textContent;
      at("scan-rows").rows[0].querySelector("button").click();
      found.chosen = at("scan-chart").querySelector("h3").textContent;
      found.bars = at("scan-chart").querySelectorAll("rect").length;
      found.map = at("scan-figure").hidden;
      search.value = "";
      search.dispatchEvent(new Event("input"));
      [...at("scan-rows").rows].find((row) => row.cells[0].textContent === "MOBP").cells[1].click();
      found.withMap = at("scan-figure").hidden;
      at("scan-domain").value = "0";
      at("scan-domain").dispatchEvent(new Event("change"));
      found.forDomain = names();
      found.forColumn = at("scan-head").querySelector("[aria-sort='ascending']").textContent;
      found.lines = at("scan-chart").querySelectorAll("tbody tr").length;
      at("scan-domain").value = "-1";
      at("scan-domain").dispatchEvent(new Event("change"));
      found.forAll = names();
      """, on: fullReport())
    let hostile = ReportFixture.hostile
    #expect(found["start"] == "AQP4|PCP4|\(hostile)|MOBP" && found["sorted"] == "descending")
    #expect(found["rising"] == "MOBP|\(hostile)|PCP4|AQP4")
    #expect(found["named"]?.hasSuffix("AQP4|MOBP|PCP4") == true)
    #expect(found["searched"] == "AQP4|PCP4" && found["count"] == "2 of 4 genes")
    #expect(found["chosen"] == "AQP4" && found["bars"] == "2" && found["map"] == "1" && found["withMap"] == "0")
    #expect(found["forDomain"] == "MOBP|\(hostile)|PCP4|AQP4" && found["forColumn"] == "shift, Layer1")
    #expect(found["lines"] == "2" && found["forAll"] == found["start"])
  }

  @Test("what is missing leaves the rest whole: labels of some spots or all, coordinates, shifts by domain")
  func missing() throws {
    var report = fullReport()
    report.spots.truth?[3] = -1
    report.spots.coordinates[7].x = .nan
    report.layers.append(
      SpotLayer("nothing", group: .genes, label: "", values: [Float](repeating: .nan, count: 240)))
    report.scan?.domains = []
    report.scan?.measures = []
    report.history?.scores = []
    let look = """
      await frame();
      found.ready = document.documentElement.dataset.ready;
      found.legend = at("left-figure").querySelector("figcaption").textContent;
      found.genes = at("scan-rows").rows.length;
      found.layers = at("left-layer").options.length;
      """
    let some = try act(look, on: report)
    #expect(some["ready"] == "true" && some["genes"] == "4" && some["layers"] == "9")
    #expect(some["legend"]?.hasPrefix("Truth") == true && some["legend"]?.hasSuffix("no label") == true)
    report.spots.truth = nil
    report.layers = []
    report.attention = []
    let none = try act(look, on: report)
    #expect(none["ready"] == "true" && none["layers"] == "4")
    #expect(none["legend"]?.hasPrefix("Prediction") == true && none["legend"]?.contains("no label") == false)
  }

  /// Where spots lie in a screenshot, and how dark the page is.
  private static let positions = """
    await frame();
    found.places = [0, 2, 239].map((spot) => {
      const { x, y } = place("left-map", spot);
      return (x + scrollX).toFixed(1) + " " + (y + scrollY).toFixed(1);
    }).join(" ");
    """

  @Test("spots have their colours on the screen, by day and by night", arguments: [false, true])
  func colours(dark: Bool) throws {
    var report = ReportFixture.report(spots: 240)
    report.title = "Colours"
    let flags = dark ? ["--blink-settings=preferredColorScheme=0"] : ["--blink-settings=preferredColorScheme=1"]
    let found = try act(Self.positions, on: report, flags: flags)
    let numbers = (found["places"] ?? "").split(separator: " ").compactMap { Double($0) }
    try #require(numbers.count == 6)
    let picture = scratch.path + "/page.png"
    let page = try write(report, name: "colours.html")
    let shot = try browser.open(page, flags + ["--screenshot=" + picture])
    #expect(shot.complaints.isEmpty, "\(shot.complaints)")
    let image = try Image(pngFile: picture)
    // By truth every third spot is of the other domain.
    for (k, (spot, color)) in [(0, [0xE6, 0x9F, 0x00]), (2, [0x56, 0xB4, 0xE9]), (239, [0x56, 0xB4, 0xE9])].enumerated()
    {
      let pixel = image[Int(numbers[2 * k].rounded()), Int(numbers[2 * k + 1].rounded())]
      for channel in 0..<3 {
        #expect(abs(Int(pixel[channel]) - color[channel]) <= 8, "spot \(spot): \(pixel)")
      }
    }
    let ground = image[4, image.height / 2]
    #expect(dark ? ground.x < 60 : ground.x > 240, "\(ground)")
    // Tables, maps and text: not an empty page.
    var inked = 0
    for y in stride(from: 0, to: image.height, by: 4) {
      for x in stride(from: 0, to: image.width, by: 4) where image[x, y] != ground { inked += 1 }
    }
    #expect(inked * 16 > image.width * image.height / 50)
  }

  @Test("it prints: several pages, light whatever the screen is, the whole slice in the maps") func paper() throws {
    let page = try write(fullReport(), name: "paper.html")
    let file = scratch.path + "/page.pdf"
    let dark = ["--blink-settings=preferredColorScheme=0"]
    let result = try browser.open(page, dark + ["--print-to-pdf=" + file, "--no-pdf-header-footer"])
    #expect(result.complaints.isEmpty, "\(result.complaints)")
    let text = String(decoding: try readFile(file), as: UTF8.self)
    #expect(text.hasPrefix("%PDF-"))
    #expect(text.components(separatedBy: "/Type /Page\n").count > 4)
    let found = try act(
      """
      const left = at("left-map");
      const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      const corner = () => {
        pixel.drawImage(left, -1, -1);
        return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
      };
      for (let k = 0; k < 9; k++) press(left, "+");
      await frame();
      found.dark = matchMedia("(prefers-color-scheme: dark)").matches;
      found.screen = corner();
      dispatchEvent(new Event("beforeprint"));
      found.paper = corner();
      found.width = left.width / left.clientWidth;
      dispatchEvent(new Event("afterprint"));
      found.again = corner();
      """, on: fullReport(), flags: dark)
    #expect(found["dark"] == "1" && found["paper"] == "255,255,255" && found["width"] == "3")
    // Nine steps in, the corner is the dark ground between spots, or a spot.
    #expect(found["screen"] != "255,255,255" && found["again"] == found["screen"])
  }
}
