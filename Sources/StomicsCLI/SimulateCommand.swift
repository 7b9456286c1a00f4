import AnnData
import ArgumentParser
import Simulation
import StomicsCore
import Training

/// `stomics simulate`: a laminar tissue with known truth.
struct SimulateCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Simulate a slice of a laminar cortex with known layers.",
    discussion: """
      Six layers and white matter bend over the hexagonal grid of a Visium slide; counts are negative-binomial, with \
      levels, depths and dispersions fitted to a real slice; real markers stand among thousands of other genes. The \
      truth lies in obs['layer'] and obs['cortical_depth']. The same options give the same slice.

      Example:
        stomics simulate -o cortex.h5ad --seed 1 --image
      """)

  @Option(name: .shortAndLong, help: "The h5ad file to write.")
  var output: String

  @Option(help: "Spots under tissue: 50 to 14336 (4992 fill the 6.5 mm capture area).")
  var spots = Defaults.options.spots

  @Option(help: "Genes: 50 and more; a human reference has 33538.")
  var genes = Defaults.options.genes

  @Option(help: "The seed of every draw.")
  var seed = Defaults.options.seed

  @Option(
    help: """
      The seed of what the genes do: slices of one gene seed and different seeds are of one donor, as it were. \
      (default: the seed)
      """)
  var geneSeed: UInt64?

  @Option(help: "The share of spots to leave without a label, 0 to 1.")
  var missingLabels = Defaults.options.missingLabels

  @Option(help: "Median counts a spot. (default: what as many genes of a real slice hold)")
  var depth: Double?

  @Flag(help: "Add an H&E-like picture of the tissue.")
  var image = false

  @Option(help: "The slice's name under uns/spatial.")
  var library = Defaults.options.library

  @Option(help: "How arrays are packed in the output: \(OutputPacking.words).")
  var compression = OutputPacking.none

  @OptionGroup(title: "General options") var general: GeneralOptions

  private enum Defaults {
    static let options = SimulationOptions()
  }

  func run(console: Console) throws {
    let data = try simulateCortex(
      SimulationOptions(
        spots: spots, genes: genes, seed: seed, geneSeed: geneSeed, missingLabels: missingLabels, image: image,
        depth: depth, library: library))
    try data.write(to: output, compression: compression.compression)
    let summary = try SimulationSummary(data, file: output)
    try console.result(summary, text: summary.text)
  }
}

/// What was simulated, and what position alone is worth on it.
struct SimulationSummary: Codable, Equatable {
  struct Layer: Codable, Equatable {
    let name: String
    let spots: Int
  }

  let file: String
  let spots: Int
  let genes: Int
  /// Stored counts, and their share of all elements.
  let nonzeros: Int
  let density: Double
  /// Median counts a spot.
  let medianDepth: Double
  let layers: [Layer]
  let unlabelled: Int
  /// Classifiers that see coordinates only, on the default split; nil where too few spots are labelled for one.
  let controls: CoordinateControls?

  enum CodingKeys: String, CodingKey {
    case file, spots, genes, nonzeros, density, layers, unlabelled, controls
    case medianDepth = "median_depth"
  }

  /// - Throws: `AnnDataError` for data that no simulation made.
  init(_ data: AnnData, file: String) throws {
    let counts = try data.matrix()
    let labels = try data.labels("layer")
    self.file = file
    spots = data.observationCount
    genes = data.variableCount
    nonzeros = counts.nonzeroCount
    density = counts.density
    let depths = (0..<counts.rows).map { i in
      counts.values[counts.range(ofRow: i)].reduce(0) { $0 + Double($1) }
    }.sorted()
    medianDepth = (depths[(spots - 1) / 2] + depths[spots / 2]) / 2
    layers = labels.categories.indices.map { code in
      Layer(name: labels.categories[code], spots: labels.codes.count { Int($0) == code })
    }
    unlabelled = labels.codes.count { $0 < 0 }
    if let split = try? Split(labels: labels.codes, classNames: labels.categories, seed: Self.splitSeed) {
      controls = try CoordinateControls(
        spots: split.test, coordinates: try data.coordinates(), labels: labels.codes, training: split.train,
        classNames: labels.categories)
    } else {
      controls = nil
    }
  }

  private static let splitSeed = 42

  var text: String {
    var lines = [
      "\(file): \(spots.grouped) spots x \(genes.grouped) genes",
      "counts: \(nonzeros.grouped) stored (\((100 * density).formatted(decimals: 1)) %), "
        + "median depth \(medianDepth.formatted(decimals: 0)) a spot",
      "",
    ]
    var table = TextTable(["layer", "spots", "share"])
    for layer in layers {
      table.rows.append([layer.name, layer.spots.grouped, share(layer.spots)])
    }
    if unlabelled > 0 { table.rows.append(["(no label)", unlabelled.grouped, share(unlabelled)]) }
    lines += [table.text, ""]
    if let controls {
      lines.append(
        "What position alone is worth (random 60/20/20 split, seed \(Self.splitSeed), test spots, no gene seen):")
      var scores = TextTable(["coordinates only", "accuracy", "ARI"])
      for (name, control) in [
        ("5 nearest labelled spots", controls.nearestSpots), ("kernel ridge", controls.kernelRidge),
      ] {
        scores.rows.append([name, score(control.accuracy), score(control.ari)])
      }
      lines.append(scores.text)
    } else {
      lines.append("What position alone is worth: not measured, too few spots are labelled for a split.")
    }
    return lines.joined(separator: "\n")
  }

  private func share(_ count: Int) -> String {
    (100 * Double(count) / Double(spots)).formatted(decimals: 1) + " %"
  }

  private func score(_ value: Double?) -> String { value?.formatted(decimals: 3) ?? "-" }
}
