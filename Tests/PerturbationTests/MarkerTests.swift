import Testing

@testable import Perturbation

@Suite("Markers")
struct MarkerTests {
  /// Five genes and two domains; gene b takes A away most, d gives B most.
  static let table = MarkerRecovery.Table(
    name: "one", genes: ["a", "b", "c", "d", "e"], domains: ["A", "B"],
    shift: [[0, 0], [-5, 1], [-2, -1], [1, 4], [-1, -3]], changedSpots: [0, 0, 7, 1, 1],
    embeddingShift: [1, 2, 3, 4, 5], gradient: [[0, 0], [1, 0], [2, 0], [0, 1], [0, 2]],
    meanExpression: [5, 4, 3, 2, 1])

  @Test("ranks, percentiles and the AUROC of a domain, by hand") func recovery() throws {
    let markers = [
      Marker("b", ["A"]), Marker("c", ["A"]), Marker("d", ["B"], .depleted), Marker("e", ["A", "B"]),
      Marker("x", ["B"]),
    ]
    let recovery = MarkerRecovery([Self.table], markers: markers)
    #expect(recovery.rows.map(\.marker.gene) == ["b", "c", "d", "e"])
    #expect(recovery.missing.map(\.gene) == ["x"])
    // Falls of A: 0, 5, 2, -1, 1. c is compared with a, d and e: b is a marker of A too.
    #expect(recovery.rows.map { $0.places[0].rank } == [1, 2, 1, 2])
    #expect(recovery.rows.map(\.percentile) == [1, 1, 1, 0.75])
    #expect(recovery.auroc(of: "A") == 1 && recovery.auroc() == 3.75 / 4)
    #expect(recovery.interval(of: "A") == 1...1 && recovery.interval(of: "B") == nil)
    let interval = try #require(recovery.interval())
    #expect(interval.lowerBound >= 0.5 && interval.upperBound <= 1 && interval.contains(recovery.auroc()))
    #expect(recovery.interval() == recovery.interval(), "the draws are seeded")
    #expect(recovery.onTop.markers == 0 && recovery.onTop.of == 4, "of five genes none is the top 5 %")
  }

  @Test("other scores read other columns") func scores() {
    func percentiles(_ score: MarkerRecovery.Score) -> [Double] {
      MarkerRecovery([Self.table], markers: [Marker("c", ["A"])], score: score).rows.map(\.percentile)
    }
    #expect(percentiles(.changedSpots) == [1])
    #expect(percentiles(.embeddingShift) == [0.5])
    #expect(percentiles(.gradient) == [1])
    #expect(percentiles(.expression) == [0.5])
    #expect(percentiles(.shift) == [0.75])
  }

  @Test("several scans count together; one without the domain does not count") func several() {
    var other = Self.table
    other.name = "two"
    other.domains = ["A", "C"]
    let recovery = MarkerRecovery([Self.table, other], markers: [Marker("b", ["A"]), Marker("e", ["B"])])
    #expect(recovery.rows.map { $0.places.map(\.scan) } == [["one", "two"], ["one"]])
  }
}

@Suite("Perturbations compared")
struct ComparisonTests {
  @Test("scans: genes of both, the most different first") func scans() {
    let a = ScanComparison.Side(
      genes: ["x", "y", "z"], probabilityChange: [1, 2, 3], shift: ["A": [0, 0, 0.5], "B": [0, 1, 0]])
    let b = ScanComparison.Side(genes: ["z", "w", "y"], probabilityChange: [3, 9, 5], shift: ["A": [0.5, 0, 0]])
    let comparison = ScanComparison(a, b, domains: ["A", "B"])
    #expect(comparison.genes == ["y", "z"] && comparison.domains == ["A"])
    #expect(comparison.first == [2, 3] && comparison.second == [5, 3])
    #expect(comparison.firstRanks == [2, 1] && comparison.secondRanks == [1, 2])
    #expect(comparison.agreement.overall == -1 && comparison.agreement.byDomain == [1])
    #expect(comparison.table.split(separator: "\n").count == 3)
  }

  @Test("edits: spots of both, and from which domain to which") func edits() {
    func side(_ spots: [String], _ before: [String], _ after: [String]) -> EditComparison.Side {
      let zeros = spots.map { _ in 0.0 }
      return EditComparison.Side(
        spots: spots, before: before, after: after, probabilityChange: zeros, embeddingShift: zeros, hops: zeros)
    }
    let comparison = EditComparison(
      side(["1", "2", "3"], ["A", "A", "B"], ["A", "B", "B"]), side(["3", "2"], ["B", "A"], ["A", "B"]))
    #expect(comparison.spots == ["2", "3"] && comparison.differing == [1])
    #expect(comparison.domains == ["A", "B"])
    #expect(comparison.transitions == [[0, 0], [1, 1]] && comparison.transitionsBefore == [[1, 0], [0, 1]])
    #expect(comparison.transitionTable.split(separator: "\n").count == 5)
  }
}
