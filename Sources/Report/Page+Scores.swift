import Metrics
import StomicsCore

/// A score with three decimals, a dash where it is not defined.
func score(_ value: Double?) -> String { value.map { $0.formatted(decimals: 3) } ?? "–" }

/// A number as people write it: whole, or with three digits.
func count(_ value: Double) -> String {
  abs(value) < 1e9 && (value == value.rounded() || abs(value) >= 1000)
    ? Int(value.rounded()).grouped : value.formatted(significantDigits: 3)
}

extension RunReport {
  /// The better of the controls that see only positions.
  var bestControl: RunScores.Row? {
    scores.controls.max { ($0.scores.ari ?? -.infinity) < ($1.scores.ari ?? -.infinity) }
  }

  /// How the scores are to be read, in a sentence or two.
  var verdict: HTML {
    guard let ari = scores.test.ari else {
      return "<p class=\"verdict\">No test spot has a true label: the prediction cannot be scored.</p>"
    }
    let start =
      "On \(scores.test.spotCount.grouped) test spots, which trained nothing, the model's domains agree with the labels "
      + "with an ARI of \(score(ari)) (1: the same, 0: as by chance)"
    guard let control = bestControl, let other = control.scores.ari else {
      return "<p class=\"verdict\">\(start). There is no control to compare it with.</p>"
    }
    let difference = ari - other
    let meaning =
      difference > 0.02
      ? "The model is \(score(difference)) above it: what it reads in the genes goes beyond position."
      : difference < -0.02
        ? "The model is \(score(-difference)) below it: on this split, position alone tells the domains better."
        : "The model is level with it: on this split its score shows nothing that position does not."
    return """
      <p class="verdict">\(start). A classifier that sees where a spot lies and no gene reaches \(score(other)), since
      most test spots have labelled neighbours. \(meaning)</p>
      """
  }

  /// How the training went.
  var training: HTML? {
    guard let history, !history.epochs.isEmpty else { return nil }
    let best =
      history.bestEpoch.map { " The model of epoch \(Int($0)) was kept, the best by the validation spots." } ?? ""
    return """
      <p>\(history.epochs.count.grouped) epochs.\(best) Point at a curve to read its values.</p>
      <div class="charts" id="history-charts"></div>
      """
  }

  /// The model beside its controls, every part of the split, every class.
  var scoreSection: HTML? {
    let note: HTML = scores.protocolNote.isEmpty ? "" : "<p>Protocol: \(scores.protocolNote).</p>"
    let parts: HTML =
      scores.parts.isEmpty
      ? ""
      : """
      <h3>Parts of the split</h3>
      \(partTable)
      """
    return """
      \(note)
      <h3>Test spots: the model and its controls</h3>
      \(controlTable)
      \(parts)
      <h3>Which label was taken for which</h3>
      \(confusion)
      <h3>By domain</h3>
      \(classTable)
      """
  }

  private var controlTable: HTML {
    scoreTable(
      [RunScores.Row("the model", scores.test)] + scores.controls,
      caption:
        "Higher is better, but for log-loss and ECE. Bold: the best of a column. At a boundary: spots one of whose "
        + "nearest spots has another label.", marksBest: !scores.controls.isEmpty)
  }

  private var partTable: HTML {
    scoreTable(
      [RunScores.Row("test", scores.test)] + scores.parts,
      caption: "The model on spots it never saw, on those that chose the best epoch, and on those it trained on.",
      marksBest: false)
  }

  private func scoreTable(_ rows: [RunScores.Row], caption: String, marksBest: Bool) -> HTML {
    let columns: [(String, (DomainScores) -> Double?, isSmallBetter: Bool)] = [
      ("ARI", { $0.ari }, false), ("NMI", { $0.nmi }, false), ("accuracy", { $0.accuracy }, false),
      ("balanced accuracy", { $0.balancedAccuracy }, false), ("macro F1", { $0.macroF1 }, false),
      ("top-2 accuracy", { $0.top2Accuracy }, false), ("at a boundary", { $0.boundaryAccuracy }, false),
      ("inside", { $0.interiorAccuracy }, false), ("log-loss", { $0.logLoss }, true), ("ECE", { $0.ece }, true),
    ]
    let best = columns.map { _, value, isSmallBetter -> Double? in
      let values = rows.compactMap { value($0.scores) }
      return isSmallBetter ? values.min() : values.max()
    }
    let heads = columns.map { name, _, _ -> HTML in "<th scope=\"col\" class=\"number\">\(name)</th>" }
    let lines = rows.map { row -> HTML in
      let cells = zip(columns, best).map { column, best -> HTML in
        let value = column.1(row.scores)
        let style = marksBest && value != nil && value == best ? "number best" : "number"
        return "<td class=\"\(style)\">\(score(value))</td>"
      }
      return """
        <tr><th scope="row">\(row.name)</th><td class="number">\(row.scores.spotCount.grouped)</td>\(cells)</tr>
        """
    }
    return """
      <div class="scroll"><table class="scores"><caption>\(caption)</caption>
      <thead><tr><th scope="col"></th><th scope="col" class="number">spots</th>\(heads)</tr></thead>
      <tbody>\(lines)</tbody></table></div>
      """
  }

  private var confusion: HTML {
    let test = scores.test
    guard test.spotCount > 0 else { return "<p>No test spot has a true label.</p>" }
    let names = test.classes.map(\.name)
    let heads = names.map { name -> HTML in "<th scope=\"col\" data-class=\"\(name)\">\(name)</th>" }
    let rows = zip(names, test.confusion).map { name, counts -> HTML in
      let total = counts.reduce(0, +)
      let cells = zip(names, counts).map { other, found -> HTML in
        let share = total == 0 ? 0 : Double(found) / Double(total)
        let shade = Int((share * Double(Self.shadeCount)).rounded())
        let words = "\(found) of \(total) spots of \(name) predicted as \(other)"
        return "<td class=\"heat heat-\(shade)\" title=\"\(words)\">\(found == 0 ? "·" : found.grouped)</td>"
      }
      return """
        <tr><th scope="row" data-class="\(name)">\(name)</th>\(cells)<td class="number">\(total.grouped)</td></tr>
        """
    }
    return """
      <div class="scroll"><table><caption>Test spots: a row a true label, a column a predicted one; shaded by the share of
      the row.</caption>
      <thead><tr><th scope="col">truth \\ prediction</th>\(heads)<th scope="col" class="number">spots</th></tr></thead>
      <tbody>\(rows)</tbody></table></div>
      """
  }

  private var classTable: HTML {
    let rows = scores.test.classes.map { entry -> HTML in
      """
      <tr><th scope="row" data-class="\(entry.name)">\(entry.name)</th><td class="number">\(entry.support.grouped)</td>
      <td class="number">\(score(entry.precision))</td><td class="number">\(score(entry.recall))</td>
      <td class="number">\(score(entry.f1))</td></tr>
      """
    }
    return """
      <div class="scroll"><table><caption>Test spots.</caption><thead><tr><th scope="col">domain</th>
      <th scope="col" class="number">spots</th><th scope="col" class="number">precision</th>
      <th scope="col" class="number">recall</th><th scope="col" class="number">F1</th></tr></thead>
      <tbody>\(rows)</tbody></table></div>
      """
  }

  /// Whether the probabilities can be believed.
  var calibration: HTML? {
    guard scores.test.spotCount > 0 else { return nil }
    let bins = scores.test.reliability.bins.filter { $0.count > 0 }
    let confidence = weighted(bins) { $0.confidence }
    let accuracy = weighted(bins) { $0.accuracy }
    let verdict =
      confidence - accuracy > 0.02
      ? "On the whole the model is surer than it is right: overconfident."
      : accuracy - confidence > 0.02
        ? "On the whole the model is right more often than it is sure: underconfident."
        : "On the whole its confidence fits."
    let rows = bins.map { bin -> HTML in
      """
      <tr><th scope="row">\(bin.lower.formatted(decimals: 2)) – \(bin.upper.formatted(decimals: 2))</th>
      <td class="number">\(bin.count.grouped)</td><td class="number">\(score(bin.confidence))</td>
      <td class="number">\(score(bin.accuracy))</td></tr>
      """
    }
    return """
      <p>Of spots with a confidence of 0.8 eight in ten should be right: points on the dashed line. The expected calibration
      error (ECE), the mean distance from it, is \(score(scores.test.ece)). \(verdict)</p>
      <div class="side even"><figure class="chart-figure" id="reliability-chart">
      <figcaption class="hint">Grey bars: how many test spots have that confidence.</figcaption></figure>
      <div class="scroll"><table><caption>Test spots by confidence.</caption><thead><tr><th scope="col">confidence</th>
      <th scope="col" class="number">spots</th><th scope="col" class="number">mean confidence</th>
      <th scope="col" class="number">share right</th></tr></thead><tbody>\(rows)</tbody></table></div></div>
      """
  }

  private func weighted(_ bins: [ReliabilityCurve.Bin], _ value: (ReliabilityCurve.Bin) -> Double?) -> Double {
    var sum = 0.0
    var total = 0.0
    for bin in bins {
      guard let number = value(bin) else { continue }
      sum += Double(bin.count) * number
      total += Double(bin.count)
    }
    return total == 0 ? 0 : sum / total
  }
}
