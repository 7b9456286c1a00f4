import Metrics
import StomicsCore

@testable import Report

/// A run of spots in rows of sixteen, with names that would do harm in a page that takes them as markup.
enum ReportFixture {
  static let hostile = "</script><img src=x onerror=alert(1)>"

  static func report(spots count: Int = 6, domain: String = "WM & more") -> RunReport {
    let names = ["Layer1", domain]
    let truth = (0..<count).map { $0 % 3 == 2 ? 1 : 0 }
    let predicted = (0..<count).map { $0 % 2 }
    var probabilities = Matrix(rows: count, columns: 2)
    for i in 0..<count {
      probabilities[i, predicted[i]] = 0.75
      probabilities[i, 1 - predicted[i]] = 0.25
    }
    let scores = DomainScores(
      spots: Array(0..<count), labels: truth.map(Int32.init), probabilities: probabilities, classNames: names)
    let spots = ReportSpots(
      barcodes: (0..<count).map { "SPOT-\($0)" },
      coordinates: (0..<count).map { SIMD2(Double($0 % 16) * 100, Double($0 / 16) * 100) }, diameter: 55,
      domains: zip(names, ["#E69F00", "#56B4E9"]).map { ReportSpots.Domain(name: $0, color: $1) }, truth: truth,
      prediction: predicted, probabilities: probabilities, parts: (0..<count).map { $0 % 2 == 0 ? "train" : "test" })
    var record = RunRecord(model: [RunRecord.Fact("mode", "full")])
    record.settings = [RunRecord.Setting(name: "training.lr", value: "0.5", isChanged: true, meaning: "Step size.")]
    record.files = [RunRecord.InputFile(name: "run/metrics.json", role: "scores", size: 12, sha256: "abcd")]
    record.commands = ["stomics report run -o report.html"]
    return RunReport(
      title: "A run", record: record, spots: spots,
      layers: [
        SpotLayer("Total counts", group: .quality, label: "counts", values: (0..<count).map { Float($0 * 100) })
      ],
      scores: RunScores(test: scores, controls: [RunScores.Row("coordinates only", scores)], protocolNote: "a split"))
  }

  /// Everybody listens to the next spot.
  static func attention(spots count: Int) -> AttentionLayer {
    AttentionLayer(
      "cross-attention, layer 0",
      weights: CSRMatrix(
        rows: count, columns: count, indptr: Array(0...count), indices: (0..<count).map { Int32(($0 + 1) % count) },
        values: [Float](repeating: 1, count: count)))
  }

  static func scan(_ genes: [String]) -> ScanResults {
    ScanResults(
      summary: "Every gene was knocked out.", genes: genes,
      columns: [
        ScanResults.Column("changed spots", help: "", values: .numbers(genes.indices.map { Double($0) })),
        ScanResults.Column("towards", help: "", values: .texts(genes.map { _ in "Layer1" })),
      ], domains: ["Layer1", "WM & more"],
      measures: [
        ScanResults.Measure("shift", help: "", values: [genes.indices.map { Double($0) }, genes.map { _ in -0.1 }]),
        ScanResults.Measure(
          "dependence", help: "", values: [genes.indices.map { -Double($0) }, genes.indices.map { Double($0 % 3) }]),
      ], sortedBy: 0)
  }
}
