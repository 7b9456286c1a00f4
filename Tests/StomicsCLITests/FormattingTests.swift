import StomicsCore
import Testing

@testable import StomicsCLI

@Suite("Numbers, durations and tables in messages")
struct FormattingTests {
  @Test func decimals() {
    #expect(0.8974.formatted(decimals: 3) == "0.897")
    #expect((-0.0004).formatted(decimals: 3) == "0.000")
    #expect((-1.5).formatted(decimals: 1) == "-1.5")
    #expect(2.0.formatted(decimals: 0) == "2")
    #expect(Double.nan.formatted(decimals: 2) == "nan")
    #expect((-Double.infinity).formatted(decimals: 2) == "-inf")
    #expect(0.0123456.formatted(significantDigits: 3) == "0.0123")
    #expect(12.345.formatted(significantDigits: 3) == "12.3")
    #expect(1234.5.formatted(significantDigits: 3) == "1234")
    #expect(0.0.formatted(significantDigits: 3) == "0")
  }

  @Test func thousands() {
    #expect(33538.grouped == "33,538")
    #expect(1_000_000.grouped == "1,000,000")
    #expect((-1234).grouped == "-1,234")
    #expect(7.grouped == "7")
  }

  @Test func durations() {
    #expect(Duration.milliseconds(240).readable == "0.24 s")
    #expect(Duration.seconds(12).readable == "12 s")
    #expect(Duration.seconds(185).readable == "3 min 05 s")
    #expect(Duration.seconds(8040).readable == "2 h 14 min")
  }

  @Test func table() {
    let table = TextTable(["", "ARI", "accuracy"], rows: [["model", "0.897", "0.94"], ["coordinates", "0.9", ""]])
    #expect(
      table.text == """
                       ARI  accuracy
        model        0.897      0.94
        coordinates    0.9
        """)
  }

  @Test("progress states rate and time left; epochs done before a resume do not count for the rate")
  func progress() {
    let line = Progress.line(
      title: "training", completed: 60, first: 10, total: 110, unit: "epochs", elapsed: .seconds(10),
      detail: "loss 0.5", bar: true)
    #expect(line == "training  [#####.....]  60/110  5.00 epochs/s  10 s left  loss 0.5")
    let plain = Progress.line(
      title: "reading", completed: 0, first: 0, total: 3, unit: "files", elapsed: .zero, detail: "", bar: false)
    #expect(plain == "reading  0/3 files")
  }
}
