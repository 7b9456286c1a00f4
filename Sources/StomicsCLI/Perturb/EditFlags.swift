import ArgumentParser
import Perturbation

/// What is done to a gene's counts.
struct EditFlags: ParsableArguments {
  enum Change: String, ExpressibleByArgument, CaseIterable {
    case knockout, knockdown, overexpress, mean
  }

  @Option(
    help: """
      What is done to the gene: knockout (counts 0), knockdown and overexpress (counts times --factor, or for \
      overexpress raised to --quantile), mean (standardised value 0, which the published system calls a knock-out).
      """)
  var type = Change.knockout

  @Option(help: "Counts are multiplied by this. (default: 0.5 for knockdown, 2 for overexpress)")
  var factor: Double?

  @Option(
    help:
      "Spots below this quantile of the gene's expression, among the spots that express it, are raised to it (0 to 1).")
  var quantile: Double?

  @Option(
    help: """
      A series of factors, separated by commas, such as 0,0.25,0.5,2,4: each is an edit of its own, in the place of \
      --type.
      """)
  var dose: String?

  func validate() throws {
    if factor != nil && quantile != nil { throw ValidationError("Give --factor or --quantile, not both.") }
    if factor != nil && type != .knockdown && type != .overexpress {
      throw ValidationError("--factor goes with --type knockdown or overexpress.")
    }
    if quantile != nil && type != .overexpress { throw ValidationError("--quantile goes with --type overexpress.") }
    if let factor, type == .knockdown, !(factor >= 0 && factor < 1) {
      throw ValidationError(
        "--factor is \(factor); a knock-down multiplies by a number from 0 up to, not including, 1.")
    }
    if let factor, type == .overexpress, !(factor > 1 && factor.isFinite) {
      throw ValidationError("--factor is \(factor); over-expression multiplies by a number above 1.")
    }
    if let quantile, !(quantile >= 0 && quantile <= 1) {
      throw ValidationError("--quantile is \(quantile); it lies between 0 and 1.")
    }
    if dose != nil && (type != .knockout || factor != nil || quantile != nil) {
      throw ValidationError("--dose is a series of factors; leave out --type, --factor and --quantile beside it.")
    }
    _ = try doses()
  }

  /// The edit of `--type`.
  var kind: Edit.Kind {
    switch type {
    case .knockout: .knockout
    case .mean: .mean
    case .knockdown: .factor(factor ?? 0.5)
    case .overexpress: quantile.map { .quantile($0) } ?? .factor(factor ?? 2)
    }
  }

  /// All edits of a gene: those of `--dose`, ascending, or the one of `--type`.
  func kinds() throws -> [Edit.Kind] { try doses()?.map { .factor($0) } ?? [kind] }

  private func doses() throws -> [Double]? {
    guard let dose else { return nil }
    let factors = try dose.split(separator: ",").map { word in
      guard let factor = Double(word.filter { $0 != " " }), factor >= 0, factor <= 1e9 else {
        throw ValidationError("--dose names '\(word)'; give factors of 0 to 1e9, separated by commas.")
      }
      return factor
    }
    if factors.isEmpty { throw ValidationError("--dose names no factor; give some, separated by commas.") }
    return Set(factors).sorted()
  }
}
