import AnnData
import ArgumentParser
import Evaluation
import Metrics
import OrderedCollections
import Preprocessing
import StomicsCore

/// `stomics annotate`: the domains of a slice from its own labelled spots, or from labelled slices.
struct AnnotateCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "annotate",
    abstract: "Give every spot of a slice a domain, from its labelled spots or from labelled slices.",
    discussion: """
      Examples:
        stomics annotate partly.h5ad --label-key layer -o whole.h5ad
        stomics annotate new.h5ad --from a.h5ad --from b.h5ad --label-key layer -o new_domains.h5ad
        stomics annotate other.h5ad --from a.h5ad --other-donor --label-key layer -o other_domains.h5ad

      By the modes of stomics evaluate that were made for this: kriging carries the labels of some spots on to the others \
      of the slice, by position and genes; layers reads unseen slices, by genes seen over neighbourhoods and along \
      domains; sections adds what serial sections, laid onto the slice by their expression, say by position; rings is the \
      first half of layers. Slices are given with raw counts. The output is SLICE, nothing left \
      out, with obs/domain, obs/domain_confidence, obsm/domain_probabilities (calibrated) and uns/domain_colors added. \
      With --from, labels of SLICE itself are not learned from; where it has some, the domains are scored by them. What \
      such domains are worth on your slices, beside what position alone says, is asked of stomics evaluate.
      """)

  @Argument(help: "The slice with counts: h5ad, 10x .h5, matrix or Visium folder.") var slice: String
  @Option(name: .shortAndLong, help: "The h5ad file to write.") var output: String
  @Option(help: ArgumentHelp("Column of obs with the labels.", valueName: "column")) var labelKey: String
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "A labelled slice to learn from; may be given more than once. (default: the slice's own labelled spots)",
      valueName: "slice"))
  var references: [String] = []
  @Option(
    help: ArgumentHelp(
      "kriging; with --from layers, rings, or sections: those of --from and the slice are serial sections of one block of tissue. (default: kriging; with --from layers, with --other-donor rings)",
      valueName: "name"))
  var mode: OwnMode?
  @Flag(help: "The slice is of another donor than those of --from: its features are recentred, class by class.")
  var otherDonor = false
  @Option(help: "Seed of everything drawn.") var seed = 42
  @Option(help: "How arrays are packed in the output: \(OutputPacking.words).")
  var compression = OutputPacking.none
  @OptionGroup(title: "Input") var input: JoinedInputFlags
  @OptionGroup(title: "General options") var general: GeneralOptions

  private var chosenMode: OwnMode { mode ?? (references.isEmpty ? .kriging : otherDonor ? .rings : .layers) }

  func validate() throws {
    if UInt32(exactly: seed) == nil {
      throw ValidationError("--seed is \(seed); give a whole number from 0 to \(UInt32.max).")
    }
    if references.isEmpty {
      if otherDonor { throw ValidationError("--other-donor needs the slices of a donor to learn from: --from.") }
      if chosenMode == .sections {
        throw ValidationError("--mode sections needs the labelled sections to lay onto the slice: --from.")
      }
    } else if chosenMode == .kriging {
      throw ValidationError(
        "--mode kriging carries labels on inside one slice: with --from, use layers, sections or rings, or leave --mode out."
      )
    } else if chosenMode == .sections && otherDonor {
      throw ValidationError("--mode sections is for slices of one block of tissue, --other-donor for another's.")
    }
  }

  func run(console: Console) throws {
    var adata = try input.files.read(slice, console: console)
    let set = try readSlices(adata, console: console)
    let target = set.slices.count - 1
    console.note(describe(set))
    let annotation = try console.step("learning and predicting by \(chosenMode.rawValue)") {
      try Annotation(
        of: target, in: set, by: chosenMode.classifier(recentres: otherDonor),
        validatesAtRandom: chosenMode == .kriging, seed: seed)
    }
    if let choice = annotation.choice { console.note("\(chosenMode.rawValue): \(choice).") }
    if let warning = annotation.warning { console.warning(warning) }

    let spots = set.slices[target].positions
    let report = try report(annotation, adata, set, console)
    adata.setDomains(
      annotation.probabilities.scattered(to: spots, of: adata.observationCount), classNames: set.classNames)
    try adata.bindLabelColors(
      Keys.predictedDomain, known: adata.obs[labelKey] == nil ? [:] : adata.labelColors(labelKey))
    adata.uns[Keys.annotationRecord] = record
    try console.step("writing \(output)") {
      try adata.write(to: output, compression: compression.compression)
    }
    try console.result(report, text: report.text)
  }

  /// The slices to learn from, then the one to annotate.
  private func readSlices(_ adata: AnnData, console: Console) throws -> SliceSet {
    // With others to learn from, not even the names of its own labels are read.
    var options = input.options(labelKey: references.isEmpty ? labelKey : nil)
    options.keepUnlabelled = true
    var slices = try references.map { path in
      let reference = try EvaluationSlice(
        try input.files.read(path, console: console), name: path, donor: nil, options: input.options(labelKey: labelKey)
      )
      for note in reference.notes { console.note(note) }
      return reference
    }
    let target = try EvaluationSlice(adata, name: slice, donor: nil, options: options)
    for note in target.notes { console.note(note + " They get no domain.") }
    slices.append(target)
    return try SliceSet(slices, join: input.joinGenes)
  }

  private func describe(_ set: SliceSet) -> String {
    let labelled = set.labels.joined().count { $0 >= 0 }
    let sources =
      references.isEmpty ? "the slice itself" : references.count == 1 ? "1 slice" : "\(references.count) slices"
    return "\(labelled.grouped) labelled spots of \(sources), \(set.genes.count.grouped) genes"
      + (set.slices.count == 1 ? "" : " in all of them (by \(set.joinedByID ? "gene_ids" : "name"))")
      + ", classes \(set.classNames.joined(separator: ", "))"
  }

  /// How the domains were made, for those who open the file.
  private var record: Element {
    var record: OrderedDictionary<String, Element> = [
      "mode": .string(chosenMode.rawValue), "label_key": .string(labelKey),
      "from": .strings(StringArray(references.isEmpty ? [slice] : references)),
      "seed": .scalar(.int64([Int64(seed)])), "version": .string(stomicsVersion),
    ]
    record["other_donor"] = .scalar(.bool([otherDonor]))
    return .dictionary(record)
  }

  /// - Parameter adata: as it was read
  private func report(
    _ annotation: Annotation, _ adata: AnnData, _ set: SliceSet, _ console: Console
  ) throws -> AnnotationReport {
    let target = set.slices[set.slices.count - 1]
    var report = AnnotationReport(
      output: output, mode: chosenMode.rawValue, labelledSpots: set.labels.joined().count { $0 >= 0 },
      spotsWithoutDomain: adata.observationCount - target.positions.count,
      domains: DomainCount.all(annotation.probabilities, classNames: set.classNames))
    if references.isEmpty {
      let domains = mostProbableClasses(annotation.probabilities)
      report.relabelled = zip(target.labels, domains).count { $0 >= 0 && $0 != $1 }
    } else if adata.obs[labelKey] != nil {
      let labels = try adata.labels(labelKey).labels
      report.scores = try domainScores(
        target.positions.map { labels[$0] }, set.classNames, annotation.probabilities, target.coordinates, console)
    }
    return report
  }
}

/// What `annotate` prints.
struct AnnotationReport: Encodable {
  var output: String
  var mode: String
  /// How many spots were learned from.
  var labelledSpots: Int
  /// Spots off the tissue or without counts.
  var spotsWithoutDomain: Int
  var domains: [DomainCount]
  /// Of the slice's own labelled spots, where they were learned from, how many got another domain than their label.
  var relabelled: Int?
  /// By the slice's own labels, where nothing was learned from them.
  var scores: DomainScores?

  var text: String {
    var text = DomainCount.table(domains).text
    if let relabelled {
      text +=
        "\n\n\(relabelled.grouped) of the \(labelledSpots.grouped) labelled spots got another domain than their label"
    }
    if let scores {
      text +=
        "\n\nScores on the slice's \(scores.spotCount.grouped) labelled spots, from which nothing was learned:\n"
        + scoreTable([(mode, scores)]).text
    }
    return text
  }
}

extension Matrix {
  /// The rows at these positions of a matrix of `count` rows, the others NaN.
  fileprivate func scattered(to positions: [Int], of count: Int) -> Matrix {
    var result = Matrix(rows: count, columns: columns, values: [Float](repeating: .nan, count: count * columns))
    for (row, i) in positions.enumerated() {
      for c in 0..<columns { result[i, c] = self[row, c] }
    }
    return result
  }
}
