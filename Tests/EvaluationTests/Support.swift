import AnnData
import Evaluation
import Simulation
import StomicsCore

enum Slices {
  static let options = EvaluationSlice.Options(labelKey: "layer")

  /// A simulated cortex as an evaluation reads it.
  static func cortex(_ name: String, spots: Int = 300, genes: Int = 200, seed: UInt64, donor: String? = nil) throws
    -> EvaluationSlice
  {
    let adata = try simulateCortex(SimulationOptions(spots: spots, genes: genes, seed: seed))
    return try EvaluationSlice(adata, name: name, donor: donor, options: options)
  }

  static func set(_ count: Int, donors: [String]? = nil, spots: Int = 300, genes: Int = 200) throws -> SliceSet {
    try SliceSet(
      (0..<count).map { i in
        try cortex("slice\(i + 1)", spots: spots, genes: genes, seed: UInt64(i + 1), donor: donors?[i])
      })
  }
}
