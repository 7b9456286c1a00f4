import Glibc
import StomicsCore

/// What one gene does in the tissue.
struct GenePlan: Sendable {
  var symbol: String
  var id: String
  /// Mean count in a spot of median depth.
  var mean: Double
  /// The layers' levels over the slice's, `[7]`; empty where the gene follows no layer.
  var profile: [Double]
  /// The smooth program it takes part in, and how strongly (natural log a unit of the program).
  var program: (index: Int, logFold: Double)?
  /// Shape of the negative binomial: 1 over its dispersion.
  var shape: Double

  /// Whether its profile differs between layers.
  var isLaminar: Bool { !profile.isEmpty }

  /// The plans of all genes, in the order of the slice's `var`.
  static func plans(options: SimulationOptions) -> [GenePlan] {
    typealias Model = CortexModel
    var generator = SeededGenerator(seed: options.geneSeed ?? options.seed, stream: Model.Stream.genes)
    let mitochondrial = NamedGene.mitochondrial
    let laminar = NamedGene.laminar.prefix(max(0, options.genes / 2 - mitochondrial.count))
    let unnamedCount = options.genes - laminar.count - mitochondrial.count

    // Levels in counts of 10,000 of all genes; the unnamed ones share what the named leave.
    let total = 1e4 * Model.countShare(genes: options.genes)
    let laminarLevels = laminar.map(\.level)
    let laminarSum = laminarLevels.reduce(0, +)
    let laminarScale = min(1, 0.4 * total / laminarSum)
    let mitochondrialSum = mitochondrial.reduce(0) { $0 + $1.level }
    let mitochondrialScale = Model.mitochondrialShare * total / mitochondrialSum
    let logSD = rateLogSD(genes: options.genes)
    let rates = (0..<unnamedCount).map { _ in exp(logSD * generator.standardNormal()) }
    let rest = total - laminarSum * laminarScale - mitochondrialSum * mitochondrialScale
    let rateScale = rest / rates.reduce(0, +)

    var plans: [GenePlan] = []
    for gene in laminar {
      plans.append(
        GenePlan(
          symbol: gene.symbol, id: gene.id, mean: gene.level * laminarScale, profile: gene.profile, program: nil,
          shape: 0))
    }
    for gene in mitochondrial {
      plans.append(
        GenePlan(
          symbol: gene.symbol, id: gene.id, mean: gene.level * mitochondrialScale, profile: [], program: nil, shape: 0))
    }
    for rate in rates {
      let profile = generator.uniform() < Model.laminarShare ? randomProfile(using: &generator) : []
      plans.append(
        GenePlan(symbol: "", id: "", mean: rate * rateScale, profile: profile, program: nil, shape: 0))
    }
    for k in plans.indices {
      let named = k < laminar.count
      if !named && generator.uniform() < Model.programShare {
        let sign = generator.integer(below: 2) == 0 ? -1.0 : 1.0
        plans[k].program = (generator.integer(below: Model.programs), sign * Model.programLogFold)
      }
      // The dispersion belongs to the gene, whatever the depth of this slice: its mean at the real slice's depth.
      let mean = plans[k].mean * Model.medianDepthOfAllGenes / 1e4
      let trend = Model.dispersionFloor + Model.dispersionSlope / mean
      let dispersion = trend * exp(Model.dispersionScatter * generator.standardNormal())
      plans[k].shape = 1 / min(dispersion, Model.dispersionMaximum)
      let contrast = Model.contrast * pow(Model.contrastReference / mean, Model.contrastSlope)
      let bounded = min(max(contrast, Model.contrastBounds.lowerBound), Model.contrastBounds.upperBound)
      plans[k].profile = plans[k].profile.map { pow($0, bounded) }
    }
    normaliseProfiles(&plans)
    let depth = options.depth ?? Model.defaultDepth(genes: options.genes)
    for k in plans.indices { plans[k].mean *= depth / total }

    // Real symbols among the others.
    let order = generator.permutation(plans.count)
    plans = order.map { plans[$0] }
    var number = 0
    for k in plans.indices where plans[k].symbol.isEmpty {
      number += 1
      plans[k].symbol = "SIM" + padded(number, digits: 5)
      plans[k].id = "ENSG99" + padded(number, digits: 9)
    }
    return plans
  }

  /// The log-standard-deviation of the levels of as many genes: a slice of few genes holds the better expressed ones.
  private static func rateLogSD(genes: Int) -> Double {
    typealias Model = CortexModel
    let place = log(Double(genes) / Model.subsetGenes) / log(Model.genesOfTheGenome / Model.subsetGenes)
    return Model.subsetRateLogSD + (Model.genomeRateLogSD - Model.subsetRateLogSD) * min(max(place, 0), 1)
  }

  /// A hump or a dip over the layers, of random place, width and height.
  private static func randomProfile(using generator: inout SeededGenerator) -> [Double] {
    let layers = CortexModel.layers.count
    let peak = generator.uniform(-0.5, Double(layers) - 0.5)
    let width = generator.uniform(0.6, 1.6)
    let sign = generator.integer(below: 2) == 0 ? -1.0 : 1.0
    let height = sign * CortexModel.laminarLogFold * generator.uniform(0.4, 1.6)
    return (0..<layers).map { layer in
      let distance = (Double(layer) - peak) / width
      return exp(height * exp(-0.5 * distance * distance))
    }
  }

  /// Scales the profiles so that the genes' levels have the same sum in every layer: depth is the spots' own.
  private static func normaliseProfiles(_ plans: inout [GenePlan]) {
    let flat = plans.reduce(0) { $0 + ($1.isLaminar ? 0 : $1.mean) }
    let target = plans.reduce(0) { $0 + $1.mean } - flat
    for layer in CortexModel.layers.indices {
      let sum = plans.reduce(0) { $0 + ($1.isLaminar ? $1.mean * $1.profile[layer] : 0) }
      guard sum > 0 else { continue }
      for k in plans.indices where plans[k].isLaminar { plans[k].profile[layer] *= target / sum }
    }
  }

  private static func padded(_ number: Int, digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
