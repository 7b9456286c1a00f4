import AnnData
import ArgumentParser
import Glibc
import Plotting
import StomicsCore

/// `stomics plot probabilities`: how sure a prediction is, class by class.
struct PlotProbabilitiesCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "probabilities",
    abstract: "Map the probability of every domain, and how sure the prediction is.",
    discussion: """
      A panel a domain on one scale from 0 to 1, then the confidence (the probability of the most probable domain) and \
      the entropy of the probabilities over the most it could be: 0 where one domain is sure, 1 where all are alike.

        stomics plot probabilities predicted.h5ad -o probabilities.png
        stomics plot probabilities predicted.h5ad --domain Layer4 --domain Layer5 --columns 4 -o two.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions

  @Argument(help: "A slice with predicted domains (h5ad), or the folder of a run.")
  var input: String

  @Option(help: "A domain to draw; may be given more than once. (default: all)")
  var domain: [String] = []

  @Option(help: "The matrix of obsm with the probabilities.")
  var key = Keys.domainProbabilities

  @Option(help: "The column of obs whose categories name the matrix's columns.")
  var prediction = Keys.predictedDomain

  @Option(help: "The colour map.")
  var cmap = ColorMap.viridis.name

  func validate() throws {
    if ColorMap.named(cmap) == nil { throw unknownColorMap(cmap) }
  }

  /// Three to five panels in a row, so that the last row is the fullest.
  private static func columns(_ count: Int) -> Int {
    let choices = [4, 5, 3].filter { $0 <= count }
    return choices.min { ($0 - count % $0) % $0 < ($1 - count % $1) % $1 } ?? count
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Domain: Encodable, Equatable {
      var name: String
      var meanProbability: Double?
      /// Spots for which it is the most probable.
      var spots: Int
    }

    var output: String
    var spots: Int
    var domains: [Domain]
    var meanConfidence: Double?
    var meanEntropy: Double?
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(run.slice, matrices: .none)
    let probabilities = try DomainProbabilities(adata, key: key, prediction: prediction)
    for name in domain where !probabilities.names.contains(name) {
      throw PlotCommandError.unknownDomain(
        name, file: input, found: probabilities.names, near: didYouMean(name, among: probabilities.names))
    }
    let shown = probabilities.names.indices.filter { domain.isEmpty || domain.contains(probabilities.names[$0]) }
    let colors = ColorMap.named(cmap) ?? .viridis
    let scale = ValueScale(colors, lower: .value(0), upper: .value(1), label: "probability")
    var panels = shown.map { c in
      SpatialMap.Panel(probabilities.names[c], .values(probabilities.column(c), scale))
    }
    let confidences = probabilities.confidences
    let entropies = probabilities.entropies
    var unit = scale
    unit.label = "confidence"
    panels.append(SpatialMap.Panel("Confidence", .values(confidences, unit)))
    unit.label = "entropy, 1: all domains alike"
    panels.append(SpatialMap.Panel("Entropy", .values(entropies, unit)))
    let map = SpatialMap(
      try slice.tissue(adata), panels: panels, title: figure.title,
      columns: slice.columns ?? Self.columns(panels.count),
      width: figure.widthPoints, spotScale: slice.spotScale, spotOpacity: slice.spotOpacity)
    try figure.write(
      map, title: figure.title.isEmpty ? "Probabilities of the domains" : figure.title,
      source: "stomics plot probabilities \(run.name); obsm/\(key)")
    let best = probabilities.mostProbable
    let report = Report(
      output: figure.output, spots: adata.observationCount,
      domains: probabilities.names.indices.map { c in
        Report.Domain(
          name: probabilities.names[c], meanProbability: mean(probabilities.column(c)),
          spots: best.filter { $0 == c }.count)
      }, meanConfidence: mean(confidences), meanEntropy: mean(entropies))
    try console.result(report, text: report.text)
  }
}

extension PlotProbabilitiesCommand.Report {
  var text: String {
    func words(_ value: Double?) -> String { value?.formatted(decimals: 3) ?? "-" }
    let table = TextTable(
      ["domain", "most probable in", "mean probability"],
      rows: domains.map { [$0.name, $0.spots.grouped, words($0.meanProbability)] })
    return "\(output): \(spots.grouped) spots, mean confidence \(words(meanConfidence)), mean entropy "
      + "\(words(meanEntropy)) (1: all domains alike)\n" + table.text
  }
}

/// The mean of the finite numbers; nil where there is none.
func mean(_ values: [Double]) -> Double? {
  let finite = values.filter(\.isFinite)
  return finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
}

/// The probabilities of domains that a slice holds.
struct DomainProbabilities {
  let names: [String]
  /// `[N, C]`; rows of NaN belong to spots without a prediction.
  let values: Matrix

  /// - Throws: `AnnDataError`
  init(_ adata: AnnData, key: String, prediction: String) throws {
    values = try adata.obsmMatrix(key, flag: "--key")
    names = try adata.labels(prediction).categories
    guard values.columns == names.count else {
      throw AnnDataError.wrongShape(
        path: "/obsm/" + key, found: "[\(values.rows), \(values.columns)]",
        expected: "[\(values.rows), \(names.count)], a column for each category of obs/\(prediction),",
        file: adata.source)
    }
    let bad = values.values.firstIndex { $0 < -1e-4 || $0 > 1.0001 }
    if let bad {
      throw AnnDataError.wrongType(
        path: "/obsm/" + key, found: "\(values.values[bad]) at spot '\(adata.obs.index[bad / values.columns])'",
        expected: "probabilities from 0 to 1", file: adata.source)
    }
  }

  func column(_ c: Int) -> [Double] { (0..<values.rows).map { Double(values[$0, c]) } }

  /// `[N]`; −1 for spots without a prediction.
  var mostProbable: [Int] {
    (0..<values.rows).map { i in
      let row = values.row(i)
      guard let top = row.max(), row.allSatisfy(\.isFinite), let place = row.firstIndex(of: top) else { return -1 }
      return place - row.startIndex
    }
  }

  /// `[N]`
  var confidences: [Double] {
    mostProbable.enumerated().map { i, c in c < 0 ? .nan : Double(values[i, c]) }
  }

  /// `[N]`: the entropy of each row over that of equal probabilities.
  var entropies: [Double] {
    (0..<values.rows).map { i in
      let sum = values.row(i).reduce(0.0) { $0 - ($1 > 0 ? Double($1) * log(Double($1)) : Double($1) * 0) }
      return names.count > 1 ? sum / log(Double(names.count)) : 0
    }
  }
}
