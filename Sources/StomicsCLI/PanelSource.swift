import AnnData
import ArgumentParser
import Plotting
import StomicsCore

/// How numbers become colours.
struct ColorScaleOptions: ParsableArguments {
  @Option(help: "The colour map of numbers.")
  var cmap = ColorMap.viridis.name

  @Option(help: "The lower end of the colours: a number, or a percentile such as p1. (default: the smallest)")
  var vmin: String?

  @Option(help: "The upper end of the colours: a number, or a percentile such as p99. (default: the largest)")
  var vmax: String?

  @Flag(help: "Give all panels of numbers one scale.")
  var sharedScale = false

  func validate() throws {
    if ColorMap.named(cmap) == nil { throw unknownColorMap(cmap) }
    if case (.value(let low), .value(let high)) = (try bound(vmin, "--vmin"), try bound(vmax, "--vmax")), low >= high {
      throw ValidationError("--vmin is \(low) and --vmax is \(high); the first must be the smaller.")
    }
  }

  private func bound(_ text: String?, _ flag: String) throws -> ValueScale.Bound {
    guard let text else { return .automatic }
    if text.hasPrefix("p"), let percent = Double(text.dropFirst()), percent >= 0, percent <= 100 {
      return .percentile(percent)
    }
    guard let value = Double(text), value.isFinite else {
      throw ValidationError("\(flag) is '\(text)'; give a number, or a percentile from p0 to p100.")
    }
    return .value(value)
  }

  /// The scale of one panel; bounds were read by `validate`.
  func scale(label: String) -> ValueScale {
    ValueScale(
      ColorMap.named(cmap) ?? .viridis, lower: (try? bound(vmin, "--vmin")) ?? .automatic,
      upper: (try? bound(vmax, "--vmax")) ?? .automatic, label: label, isShared: sharedScale)
  }
}

/// Where the colours of panels come from: columns of obs and genes of one slice.
struct PanelSource {
  let adata: AnnData
  private let layer: String?
  private var matrix: CSRMatrix?

  init(_ adata: AnnData, layer: String? = nil) {
    self.adata = adata
    self.layer = layer
  }

  /// What numbers of genes are.
  var expressionLabel: String {
    layer ?? ((try? adata.recipe()) == nil ? "expression (X)" : "log-normalised counts")
  }

  /// A gene's numbers, `[N]`.
  /// - Throws: `PlotCommandError.unknownGene`, `AnnDataError`
  mutating func expression(of gene: String) throws -> [Double] {
    guard let column = adata.var.index.firstIndex(of: gene) else {
      throw PlotCommandError.unknownGene(gene, file: adata.source, near: didYouMean(gene, among: adata.var.index))
    }
    let matrix = try matrix ?? adata.matrix(layer: layer)
    self.matrix = matrix
    return (0..<matrix.rows).map { Double(matrix[$0, column]) }
  }

  /// The panel of a column of obs, labels or numbers, or else of a gene.
  /// - Throws: `PlotCommandError.unknownColor`, `AnnDataError`
  mutating func panel(_ name: String, _ colors: ColorScaleOptions) throws -> SpatialMap.Panel {
    switch adata.obs[name] {
    case .categorical, .strings, .nullableStrings: return SpatialMap.Panel(name, .labels(try adata.plotLabels(name)))
    case .numeric, .nullableNumeric, .opaque:
      return SpatialMap.Panel(name, .values(try adata.numbers(name), colors.scale(label: "")))
    case nil: break
    }
    guard adata.var.index.contains(name) else {
      throw PlotCommandError.unknownColor(
        name, file: adata.source, columns: Array(adata.obs.columns.keys),
        near: didYouMean(name, among: Array(adata.obs.columns.keys) + adata.var.index))
    }
    return SpatialMap.Panel(
      name, .values(try expression(of: name), colors.scale(label: expressionLabel)))
  }
}

extension AnnData {
  /// The columns of domains there are: the true one, then the predicted one.
  var domainColumns: [String] {
    let truth = truthColumn(nil).map { [$0] } ?? []
    return obs[Keys.predictedDomain] == nil ? truth : truth + [Keys.predictedDomain]
  }

  /// A matrix of obsm, `[N, columns]`, its numbers as they are.
  /// - Throws: `AnnDataError`
  func obsmMatrix(_ key: String, flag: String) throws -> Matrix {
    guard let element = obsm[key] else {
      throw AnnDataError.missingKey(
        key, group: "/obsm", available: Array(obsm.keys), file: source, advice: "Name another with \(flag).")
    }
    switch element {
    case .array(let array) where array.shape.count == 2:
      return Matrix(rows: array.shape[0], columns: array.shape[1], values: array.values.floats)
    case .sparse(let matrix): return try matrix.csrMatrix().dense()
    case .table(let table):
      let columns = table.columns.values.compactMap { column -> [Float]? in
        if case .numeric(let values) = column { values.floats } else { nil }
      }
      if !columns.isEmpty, columns.count == table.columns.count {
        return Matrix(
          rows: table.count, columns: columns.count,
          values: (0..<table.count).flatMap { i in columns.map { $0[i] } })
      }
    default: break
    }
    throw AnnDataError.wrongType(
      path: "/obsm/" + key, found: element.typeName, expected: "a matrix of numbers with a row a spot", file: source)
  }
}
