import AnnData
import ArgumentParser
import Evaluation
import Models
import StomicsCore
import Training

/// How spots are divided between learning and testing.
struct ProtocolFlags: ParsableArguments {
  @Option(
    name: .customLong("protocol"), help: ArgumentHelp("What is learned from what. (default: random)", valueName: "name")
  )
  var kind: EvaluationProtocol.Kind = .random
  @Option(help: ArgumentHelp("Shares that train, validate and test in a random split.", valueName: "a,b,c"))
  var ratios = "0.6,0.2,0.2"
  @Option(
    help: ArgumentHelp("What genes and scaling are fitted on: all (random split only) or training.", valueName: "spots")
  )
  var fitOn: FitSpots?
  @Option(help: ArgumentHelp("Blocks along y and x of a slice.", valueName: "rowsxcolumns")) var blocks = "4x4"
  @Option(help: ArgumentHelp("Groups of blocks tested in turn.", valueName: "n")) var folds = 4
  @Option(help: ArgumentHelp("Least width of the buffer around test blocks, in rings of spots.", valueName: "rings"))
  var buffer = 2.0
  @Option(help: ArgumentHelp("Share of the blocks learned from that validate.", valueName: "share"))
  var validationShare = 0.2
  @Option(
    name: .customLong("only"),
    help: ArgumentHelp("Test only these slices or donors, parted by commas.", valueName: "names"))
  var onlyNames: String?

  enum FitSpots: String, ExpressibleByArgument, CaseIterable { case all, training }

  var only: [String]? { onlyNames.map(listed) }

  /// - Throws: `EvaluationError`, `SplitError` where values are out of range.
  func resolved(_ base: TrainingConfiguration) throws -> EvaluationProtocol {
    var result = EvaluationProtocol(kind)
    let shares = listed(ratios).map(Double.init)
    guard shares.count == 3, let train = shares[0], let validation = shares[1], let test = shares[2] else {
      throw EvaluationError.setting("--ratios is '\(ratios)'; give three shares, as in 0.6,0.2,0.2.")
    }
    result.ratios = Split.Ratios(train: train, validation: validation, test: test)
    result.splitMethod = base.splitMethod
    let sides = blocks.lowercased().split(separator: "x").map { Int($0) }
    guard sides.count == 2, let rows = sides[0], let columns = sides[1] else {
      throw EvaluationError.setting("--blocks is '\(blocks)'; give rows and columns, as in 4x4.")
    }
    result.blockRows = rows
    result.blockColumns = columns
    result.foldCount = folds
    result.bufferRings = buffer
    result.validationShare = validationShare
    if let fitOn { result.fitsOnAllSpots = fitOn == .all }
    try result.validate()
    return result
  }
}

extension EvaluationProtocol.Kind: ExpressibleByArgument {}
extension SliceSet.GeneJoin: ExpressibleByArgument {}

/// Which models with which neighbours and seeds.
struct ModelGridFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Models, parted by commas: modes of stomics models, with a fusion after a colon and neighbours after @ where wanted (full:gated, gcn_only@96), and this program's own: rings, layers (unseen slices), sections (unseen serial sections), kriging (partly labelled slices), with radii after a colon (rings:1+3+5).",
      valueName: "list"))
  var modes: String
  @Option(
    help: ArgumentHelp(
      "Neighbours of a spot, parted by commas: each graph mode runs with each. (default: 6)", valueName: "list"))
  var k: String?
  @Option(
    help: ArgumentHelp(
      "How many repeats, or the seeds themselves parted by commas. Each has its own split and weights.", valueName: "n")
  )
  var seeds = "5"
  @Flag(help: "Train every model on exchanged labels too: it has to score as chance does.") var shuffleLabels = false

  /// A model of the list.
  enum Entry {
    case mode(ModelConfiguration.Mode, fusion: ModelConfiguration.Fusion?, neighbours: Int?)
    /// This program's own; nil: the protocol's radii.
    case own(OwnMode, radii: [Int]?)
  }

  private static let firstSeed = 42

  func entries() throws -> [Entry] {
    let entries = listed(modes)
    if entries.isEmpty { throw EvaluationError.mode("''", problem: "names no model; stomics models lists them.") }
    return try entries.map(entry)
  }

  private func entry(_ text: String) throws -> Entry {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let words = parts[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if let own = OwnMode(rawValue: words[0]) { return .own(own, radii: try radii(parts, words, text)) }
    guard let mode = ModelConfiguration.Mode(rawValue: words[0]) else {
      let names = ModelConfiguration.Mode.allCases.map(\.rawValue) + OwnMode.allCases.map(\.rawValue)
      let near = nearNames(words[0], among: names)
      throw EvaluationError.mode(
        text,
        problem:
          "there is no mode '\(words[0])'\(near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"). Modes: \(names.joined(separator: ", "))."
      )
    }
    var fusion: ModelConfiguration.Fusion?
    if words.count > 1 {
      fusion = ModelConfiguration.Fusion(name: words[1])
      if fusion == nil {
        throw EvaluationError.mode(text, problem: "there is no fusion '\(words[1])' (cross-attention or gated).")
      }
      guard mode.usesFusion else { throw EvaluationError.mode(text, problem: "mode \(mode.rawValue) fuses nothing.") }
    }
    var neighbours: Int?
    if parts.count > 1 {
      neighbours = Int(parts[1])
      guard let neighbours, neighbours >= 1 else {
        throw EvaluationError.mode(text, problem: "'\(parts[1])' is no number of neighbours.")
      }
      guard mode.usesGraph else { throw EvaluationError.mode(text, problem: "mode \(mode.rawValue) has no graph.") }
    }
    return .mode(mode, fusion: fusion, neighbours: neighbours)
  }

  /// The radii of `rings:1+3+5`.
  private func radii(_ parts: [Substring], _ words: [String], _ text: String) throws -> [Int]? {
    if parts.count > 1 { throw EvaluationError.mode(text, problem: "\(words[0]) has no graph of k neighbours.") }
    guard words.count > 1 else { return nil }
    let radii = words[1].split(separator: "+", omittingEmptySubsequences: false).map { Int($0) }
    let numbers = radii.compactMap { $0 }
    guard numbers.count == radii.count, Set(numbers).count == numbers.count, numbers.allSatisfy({ 0...50 ~= $0 }) else {
      throw EvaluationError.mode(text, problem: "give different radii in rings, 0 to 50, as in rings:1+3+5.")
    }
    return numbers.sorted()
  }

  /// The models of the grid, each with a name that says what sets it apart.
  func classifiers(_ base: TrainingConfiguration, _ division: EvaluationProtocol) throws -> [any Classifier] {
    let counts = try k.map { text in
      try listed(text).map { word in
        guard let count = Int(word), count >= 1 else {
          throw EvaluationError.setting("--k holds '\(word)', which is no number of neighbours.")
        }
        return count
      }
    }
    if counts != nil, let kind = try base.graph.resolved(), kind.neighbours == nil {
      throw EvaluationError.setting("--k is a sweep of --graph knn: leave --graph and its numbers out.")
    }
    return try entries().flatMap { entry -> [any Classifier] in
      switch entry {
      case .own(let own, let given):
        // In blocks they look no farther than the buffer.
        let radii = given ?? (division.kind == .blocks ? Array(1...max(1, Int(division.bufferRings))) : OwnMode.radii)
        let name = own.rawValue + (given.map { ":" + $0.map(String.init).joined(separator: "+") } ?? "")
        let recentres = division.kind == .leaveOneDonorOut
        if own == .kriging && division.crossesSlices {
          throw EvaluationError.mode(
            own.rawValue, problem: "it carries labels on inside a slice: use --protocol random or blocks.")
        }
        if own == .sections && division.kind != .leaveOneSliceOut {
          throw EvaluationError.mode(
            own.rawValue,
            problem:
              "it lays serial sections of one block of tissue onto each other: use --protocol leave-one-slice-out.")
        }
        return [own.classifier(radii: radii, recentres: recentres, name: name)]
      case .mode(let mode, let fusion, let own):
        let settings = mode.usesGraph ? (own.map { [$0] } ?? counts)?.map { GraphSettings(neighbours: $0) } : nil
        return try (settings ?? [base.graph]).map { graph in
          var configuration = base
          configuration.mode = mode
          configuration.fusion = fusion ?? base.fusion
          configuration.graph = graph
          try configuration.validate()
          var name = mode.rawValue
          if mode.usesFusion { name += " " + configuration.fusion.rawValue }
          if mode.usesGraph {
            let kind = try graph.resolved() ?? GraphRecipe().kind
            name += kind.neighbours.map { " k=\($0)" } ?? " (\(kind.words))"
          }
          return TrainedModel(configuration, name: name)
        }
      }
    }
  }

  func seedList() throws -> [Int] {
    let words = listed(seeds)
    let numbers = words.compactMap { Int($0) }
    guard numbers.count == words.count, let first = numbers.first, numbers.allSatisfy({ $0 >= 0 }) else {
      throw EvaluationError.setting("--seeds is '\(seeds)'; give a number of repeats, or seeds parted by commas.")
    }
    if numbers.count > 1 || seeds.contains(",") { return numbers }
    guard first >= 1 && first <= 10_000 else {
      throw EvaluationError.setting("--seeds is \(first); give 1 to 10,000 repeats.")
    }
    return (0..<first).map { Self.firstSeed + $0 }
  }

  /// The one seed of all splits, where --split-seed gives it.
  func givenSplitSeed(_ flags: SharedTrainingFlags, _ base: TrainingConfiguration) -> Int? {
    flags.given.contains { $0.setting == "split_seed" } ? base.splitSeed : nil
  }
}

/// What is read of slices that are looked at together.
struct JoinedInputFlags: ParsableArguments {
  @OptionGroup var files: InputFlags
  @Option(help: "The layer with the counts. (default: X)") var layer: String?
  @Option(help: "Key of obsm with the coordinates.") var spatialKey = Keys.spatial
  @Option(help: "Column of obs to divide counts by, in place of sums over the shared genes.")
  var sizeFactorColumn: String?
  @Option(
    help: ArgumentHelp(
      "How genes of several slices are matched: auto (gene_ids where all have them), name, id.", valueName: "how"))
  var joinGenes: SliceSet.GeneJoin = .auto

  /// How a slice is read.
  func options(labelKey: String?) -> EvaluationSlice.Options {
    var options = EvaluationSlice.Options(labelKey: labelKey)
    options.layer = layer
    options.sizeFactorColumn = sizeFactorColumn
    options.spatialKey = spatialKey
    return options
  }
}

/// What of the slices is read.
struct EvaluationInputFlags: ParsableArguments {
  @OptionGroup var joined: JoinedInputFlags
  @Flag(help: "Keep unlabelled spots: they are neighbours, never learned from or tested.") var keepUnlabelled = false
  @Option(help: ArgumentHelp("Donors of the slices, in their order, parted by commas.", valueName: "list"))
  var donors: String?
  @Option(help: ArgumentHelp("Column of obs that names the donor.", valueName: "column")) var donorKey: String?

  func validate() throws {
    if donors != nil && donorKey != nil { throw ValidationError("--donors and --donor-key exclude each other.") }
  }

  func donorNames(_ count: Int) throws -> [String]? {
    guard let names = donors.map(listed) else { return nil }
    if names.count != count { throw EvaluationError.donorCount(donors: names.count, slices: count) }
    return names
  }

  /// The one value of the donor column.
  func donor(of adata: AnnData) throws -> String? {
    guard let donorKey else { return nil }
    let column = try adata.labels(donorKey)
    let used = Set(column.codes.filter { $0 >= 0 })
    let names = used.sorted().map { column.categories[Int($0)] }
    guard names.count == 1 else {
      throw EvaluationError.donorColumn(column: donorKey, file: adata.source, found: names)
    }
    return names[0]
  }
}

/// The words of a list parted by commas, without blanks.
func listed(_ text: String) -> [String] {
  text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
}
