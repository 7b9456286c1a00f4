import StomicsCore
import TestSupport
import Testing

@testable import Preprocessing

@Suite("loess") struct LoessTests {
  @Test(
    "the curves of scikit-misc: few points, ties, ties across the borders of cells",
    arguments: ["few", "small", "plain", "ties", "counts"])
  func reference(_ name: String) throws {
    let golden = try Reference.variableGenes()
    let curve = try Loess(x: golden["loess_\(name).x"].doubles, y: golden["loess_\(name).y"].doubles, span: 0.3)
    // Both solve the same well-conditioned equations in Double.
    expectClose(curve.fitted, golden["loess_\(name).fitted"].doubles, relative: 1e-11, name)
    #expect(curve.degenerate == 0)
  }

  @Test("a parabola is its own curve, whatever the order of the points")
  func parabola() throws {
    var random = SeededGenerator(seed: 2)
    let x = (0..<300).map { _ in random.uniform(-2, 5) }
    let y = x.map { 3 - 2 * $0 + 0.5 * $0 * $0 }
    // The cubic between two borders has value and slope of the parabola at both, so it is the parabola.
    expectClose(try Loess(x: x, y: y, span: 0.3).fitted, y, relative: 1e-12)
  }

  @Test("too few points, or too many with one x")
  func failures() throws {
    let x = (0..<13).map(Double.init)
    #expect(throws: Loess.Failure.tooFewPoints(needed: 14)) { try Loess(x: x, y: x, span: 0.3) }
    #expect(throws: Loess.Failure.tooFewPoints(needed: 14)) { try Loess(x: [], y: [], span: 0.3) }
    #expect(try Loess(x: x + [13], y: x + [13], span: 0.3).degenerate == 0)
    // Half of the points at 1: a border falls there, and its nearest points all lie there.
    let same = [Double](repeating: 1, count: 20) + (2..<22).map(Double.init)
    #expect(throws: Loess.Failure.noWidth(at: 1)) { try Loess(x: same, y: same, span: 0.3) }
  }

  @Test("two distinct x in a neighbourhood make no parabola: the fit of least norm goes through the line")
  func degenerate() throws {
    let x = (0..<40).map { Double($0 / 10) }
    let curve = try Loess(x: x, y: x.map { 2 * $0 }, span: 0.5)
    #expect(curve.degenerate > 0)
    #expect(curve.fitted.allSatisfy { $0.isFinite })
  }
}
