import Foundation
import Metrics
import StomicsCore
import Testing

@testable import Report

@Suite("The page of a report") struct PageTests {
  private func page(_ report: RunReport) throws -> String { String(decoding: try report.html(), as: UTF8.self) }

  @Test("sections appear where there is something to show") func sections() throws {
    var report = ReportFixture.report()
    let plain = try page(report)
    for id in ["maps", "quality", "scores", "calibration", "record"] {
      #expect(plain.contains("<section id=\"\(id)\""), "\(id)")
    }
    for id in ["training", "attention", "perturbation"] { #expect(!plain.contains("<section id=\"\(id)\""), "\(id)") }
    #expect(!plain.contains("id=\"image-opacity\""))
    report.history = TrainingHistory(
      epochs: [1, 2], losses: [TrainingHistory.Curve("training", [2, .nan])], scores: [], bestEpoch: 2, drops: [])
    report.attention = [ReportFixture.attention(spots: 6)]
    report.scan = ReportFixture.scan(["MOBP", "PCP4"])
    report.picture = TissuePicture(png: [1, 2, 3], origin: .zero, size: SIMD2(10, 10))
    let full = try page(report)
    for id in ["training", "attention", "perturbation"] { #expect(full.contains("<section id=\"\(id)\""), "\(id)") }
    #expect(full.contains("id=\"image-opacity\"") && full.contains("data:image/png;base64,AQID"))
    #expect(full.contains("\"values\":[2,null]"))
    report.layers = []
    #expect(!(try page(report)).contains("<section id=\"quality\""))
  }

  @Test("names that look like markup stay text everywhere") func escaping() throws {
    let hostile = ReportFixture.hostile
    var report = ReportFixture.report(domain: hostile)
    report.title = hostile
    report.spots.barcodes[0] = hostile
    report.layers.append(SpotLayer(hostile, group: .genes, label: hostile, values: [Float](repeating: 1, count: 6)))
    report.attention = [AttentionLayer(hostile, weights: ReportFixture.attention(spots: 6).weights)]
    report.scan = ReportFixture.scan([hostile, "b"])
    report.scan?.summary = hostile
    report.record.notes = [hostile]
    report.record.model.append(RunRecord.Fact(hostile, hostile))
    report.record.settings[0].value = hostile
    report.record.files[0].name = hostile
    report.record.commands = [hostile]
    report.scores.controls[0].name = hostile
    report.scores.protocolNote = hostile
    let text = try page(report)
    #expect(!text.contains("<img"))
    #expect(!text.contains("</script><"))
    #expect(text.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"))
    #expect(text.contains("\\u003c/script\\u003e\\u003cimg"))
    // One of data, one of code.
    #expect(text.components(separatedBy: "<script").count == 3)
    #expect(text.components(separatedBy: "</script>").count == 3)
    #expect(escaped("a&b<c>\"d'\0") == "a&amp;b&lt;c&gt;&quot;d&#39;\u{FFFD}")
  }

  @Test("the policy names the script and the style by their hashes, and the page asks no network for anything")
  func policy() throws {
    let text = try page(ReportFixture.report())
    func inside(_ start: String, _ end: String) throws -> String {
      let from = try #require(text.range(of: start))
      let to = try #require(text.range(of: end, range: from.upperBound..<text.endIndex))
      return String(text[from.upperBound..<to.lowerBound])
    }
    let policy = try inside("Content-Security-Policy\" content=\"", "\">")
    #expect(policy.hasPrefix("default-src 'none'; ") && policy.contains("img-src data:"))
    #expect(!policy.contains("unsafe"))
    for (start, end, name) in [("<script>", "</script>", "script-src"), ("<style>", "</style>", "style-src")] {
      let digest = Data(SHA256.digest(of: Array(try inside(start, end).utf8))).base64EncodedString()
      #expect(policy.contains("\(name) 'sha256-\(digest)'"))
    }
    // The name of SVG's elements is no address that anything is fetched from.
    let addresses = text.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
    #expect(!addresses.contains("http://") && !addresses.contains("https://"))
    #expect(!text.contains(" style=\"") && !text.contains("onclick"))
  }

  @Test("a slice of 3,600 spots with everything stays below 5 MB") func size() throws {
    let count = 3_600
    var report = ReportFixture.report(spots: count)
    var random = SeededGenerator(seed: 1)
    for k in 0..<14 {
      let values = (0..<count).map { _ in Float(random.uniform()) }
      report.layers.append(SpotLayer("gene \(k)", group: .genes, label: "", values: values))
    }
    // Six neighbours each, in two layers of one graph.
    let indices = (0..<count).flatMap { i in (0..<6).map { Int32(min(count - 6, i) + $0) } }
    for k in 0..<2 {
      report.attention.append(
        AttentionLayer(
          "layer \(k)",
          weights: CSRMatrix(
            rows: count, columns: count, indptr: (0...count).map { $0 * 6 }, indices: indices,
            values: indices.map { _ in Float(random.uniform()) })))
    }
    report.scan = ReportFixture.scan((0..<3_000).map { "GENE\($0)" })
    report.picture = TissuePicture(png: [UInt8](repeating: 7, count: 1_300_000), origin: .zero, size: SIMD2(1, 1))
    let bytes = try report.html()
    #expect(bytes.count < 4_000_000, "\(bytes.count)")
    #expect(try report.html() == bytes)
    #expect(Payload(report).attentionPatterns.count == 1)
  }

  @Test("what is said of a score depends on its control") func verdict() throws {
    var report = ReportFixture.report()
    #expect(report.verdict.text.contains("level with it"))
    let labels = [Int32](arrayLiteral: 0, 0, 1, 0, 0, 1)
    func scores(_ right: Bool) -> DomainScores {
      var probabilities = Matrix(rows: 6, columns: 2)
      for i in 0..<6 { probabilities[i, right ? Int(labels[i]) : i % 2] = 1 }
      return DomainScores(
        spots: Array(0..<6), labels: labels, probabilities: probabilities, classNames: ["Layer1", "WM"])
    }
    report.scores.test = scores(true)
    #expect(report.verdict.text.contains("above it"))
    report.scores.controls = [RunScores.Row("c", scores(true))]
    report.scores.test = scores(false)
    #expect(report.verdict.text.contains("below it"))
    report.scores.controls = []
    #expect(report.verdict.text.contains("no control"))
    report.scores.test = DomainScores(
      spots: [], labels: labels, probabilities: Matrix(rows: 6, columns: 2), classNames: ["Layer1", "WM"])
    #expect(report.verdict.text.contains("cannot be scored"))
    #expect(report.calibration == nil)
  }
}

@Suite("Packed arrays of a report") struct PackedTests {
  private func bytes(_ packed: Packed) throws -> [UInt8] {
    [UInt8](try #require(Data(base64Encoded: packed.data)))
  }

  @Test("codes, whole numbers and floats are stored little-endian") func raw() throws {
    #expect(try bytes(.codes([0, 7, -1])) == [0, 7, 255])
    #expect(try bytes(.integers([1, 258])) == [1, 0, 2, 1])
    #expect(Packed.integers([65_536]).type == "u32")
    #expect(try bytes(.floats([1])) == [0, 0, 0x80, 0x3f])
  }

  @Test("quantised numbers come back within half a step, NaN as missing") func quantised() throws {
    let values = [-2.0, 0.5, 3.25, .nan, 10]
    for coarse in [false, true] {
      let packed = Packed.quantised(values, coarse: coarse)
      let raw = try bytes(packed)
      var codes = raw.map { Int($0) }
      if !coarse { codes = (0..<5).map { k in codes[2 * k] + 256 * codes[2 * k + 1] } }
      let last = coarse ? 254.0 : 65_534.0
      #expect(codes[3] == Int(last) + 1)
      let step = 12 / last
      for (value, code) in zip(values, codes) where value.isFinite {
        #expect(abs(-2 + Double(code) * step - value) <= step / 2 + 1e-12)
      }
    }
    let flat = Packed.quantised([4, 4])
    #expect(flat.low == 4 && flat.high == 5)
    #expect(try bytes(.quantised([.nan], coarse: true)) == [255])
  }
}
