import StomicsCore

extension EvaluationSummary {
  private static let shown: [Measure] = [
    .nmi, .accuracy, .macroF1, .top2, .logLoss, .ece, .boundary, .interior, .ordinalError,
  ]

  /// The tables for people: scores, paired differences, errors, what is to be known of the protocol.
  public var markdown: String {
    var parts = [
      "# Evaluation: \(settings.division.prefix { $0 != "," })",
      "Slices: \(settings.slices.joined(separator: ", ")); \(settings.sharedGenes) genes\(settings.slices.count > 1 ? " in all of them" : ""); classes: \(classes.joined(separator: ", ")). Protocol: \(settings.note).",
      "\(seeds.count == 1 ? "Seed" : "Seeds") \(seeds.map(String.init).joined(separator: ", "))\(settings.splitSeed.map { "; all splits drawn with \($0)" } ?? ""). ± is the standard deviation between slices\(slices.count == 1 ? " (here one slice: between seeds)" : ", and between seeds in brackets"). Probabilities are calibrated by temperature on validation spots. stomics \(settings.version).",
      table(scoreHeader, methods.map(scoreRow)),
    ]
    let models = methods.filter { $0.kind == .model && !$0.aboveControl.isEmpty }
    if !models.isEmpty {
      parts.append(
        "## ARI above the better control\n\nPaired by slice and seed against the control that scores higher there; ± is half the 95 % interval of the mean over seeds (Student's t)."
      )
      parts.append(differences(models, \.aboveControl))
    }
    let floored = methods.filter { $0.kind == .model && !$0.aboveFloor.isEmpty }
    if !floored.isEmpty {
      parts.append("## ARI above the linear floor")
      parts.append(differences(floored, \.aboveFloor))
    }
    parts.append("## Errors")
    parts.append(
      table(
        [
          "method", "adjacent errors", "second choice right", "confidence, right", "confidence, wrong",
          "ECE before calibration", "most confused",
        ],
        methods.map { method in
          [title(method)]
            + [Measure.adjacentErrors, .secondChoice, .confidenceRight, .confidenceWrong, .uncalibratedECE].map {
              number(method.values[$0.rawValue]?.mean)
            } + [mostConfused(method)]
        }))
    let failures = methods.flatMap { method in method.failures.map { "- \(title(method)): \($0)" } }
    if !failures.isEmpty { parts.append("## Without scores\n\n" + failures.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// The names of the tested slices.
  public var slices: [String] {
    var seen = Set<String>()
    return results.flatMap(\.slices).map(\.slice).filter { seen.insert($0).inserted }
  }

  private var scoreHeader: [String] {
    ["method", "ARI", "worst slice"] + Self.shown.map(\.title) + ["parameters", "epochs"]
  }

  private func scoreRow(_ method: Method) -> [String] {
    let ari = method.values[Measure.ari.rawValue]
    return [title(method), spread(ari), ari.map { "\(fixed($0.worst)) (\($0.worstSlice))" } ?? "-"]
      + Self.shown.map { number(method.values[$0.rawValue]?.mean) }
      + [method.parameterCount.map(String.init) ?? "-", method.epochs.map { fixed($0, 0) } ?? "-"]
  }

  /// A method's results, in the order of the grid.
  public func results(of method: Method) -> [EvaluationResult] {
    results.filter { $0.method == method.name && $0.kind == method.kind && $0.reach == method.reach }
  }

  /// The method's name, with the buffer it stands for where the grid has several.
  public func title(_ method: Method) -> String {
    let reaches = Set(methods.map(\.reach))
    let title = method.kind.title(method.name)
    return reaches.count > 1 && !method.reach.isEmpty ? "\(title) (\(method.reach))" : title
  }

  private func spread(_ value: Value?) -> String {
    guard let value else { return "-" }
    switch (value.slicesDeviation, value.seedsDeviation) {
    case (nil, nil): return fixed(value.mean)
    case (let slices?, let seeds?): return "\(fixed(value.mean)) ± \(fixed(slices)) [\(fixed(seeds))]"
    case (let one?, nil), (nil, let one?): return "\(fixed(value.mean)) ± \(fixed(one))"
    }
  }

  private func differences(_ methods: [Method], _ path: KeyPath<Method, [Difference]>) -> String {
    table(
      ["method", "mean"] + slices,
      methods.map { method in
        let all = method[keyPath: path]
        let mean = all.isEmpty ? nil : all.reduce(0) { $0 + $1.mean } / Double(all.count)
        return [title(method), signed(mean)]
          + slices.map { slice in
            guard let own = all.first(where: { $0.slice == slice }) else { return "-" }
            return signed(own.mean) + (own.halfInterval.map { " ± \(fixed($0))" } ?? "")
          }
      })
  }

  /// The three pairs of classes most often taken for each other, with their shares of all errors.
  private func mostConfused(_ method: Method) -> String {
    var counts: [[Int]: Int] = [:]
    var errors = 0
    for result in results(of: method) {
      for slice in result.slices {
        for (truth, row) in slice.scores.confusion.enumerated() {
          for (predicted, count) in row.enumerated() where truth != predicted && count > 0 {
            counts[[min(truth, predicted), max(truth, predicted)], default: 0] += count
            errors += count
          }
        }
      }
    }
    let sorted = counts.sorted { ($1.value, $0.key[0], $0.key[1]) < ($0.value, $1.key[0], $1.key[1]) }
    return sorted.isEmpty
      ? "-"
      : sorted.prefix(3).map { pair, count in
        "\(classes[pair[0]])/\(classes[pair[1]]) \(fixed(100 * Double(count) / Double(errors), 0)) %"
      }.joined(separator: ", ")
  }

  private func table(_ header: [String], _ rows: [[String]]) -> String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    return ([line(header), "|" + String(repeating: "---|", count: header.count)] + rows.map(line)).joined(
      separator: "\n")
  }

  private func number(_ value: Double?) -> String { value.map { fixed($0) } ?? "-" }
  private func signed(_ value: Double?) -> String { value.map { ($0 >= 0 ? "+" : "") + fixed($0) } ?? "-" }
  private func fixed(_ value: Double, _ decimals: Int = 3) -> String { value.formatted(decimals: decimals) }
}
