import AnnData
import ArgumentParser
import Plotting
import SparseGraph
import StomicsCore

/// `stomics plot graph`: which spots are neighbours.
struct PlotGraphCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Map the edges of the spatial graph under the spots, and count neighbours.",
    discussion: """
      Edges are those of obsp/\(Keys.spatialConnectivities), each drawn once whichever of its directions are there. Of \
      more than \(50_000.grouped) edges those of some spots stand for all; --crop shows a part whole.

        stomics plot graph slice.h5ad -o graph.png
        stomics plot graph slice.h5ad --color layer --crop 3000,3000,5000,5000 -o corner.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Slice") var slice: SliceOptions
  @OptionGroup(title: "Colours") var colors: ColorScaleOptions

  @Argument(help: "A slice with a spatial graph (h5ad), or the folder of a run.")
  var input: String

  @Option(help: "The matrix of obsp.")
  var key = Keys.spatialConnectivities

  @Option(
    help: """
      A panel each: neighbours (how many a spot is joined to), a column of obs, or a gene; may be given more than once. \
      (default: neighbours and the true or predicted domains)
      """)
  var color: [String] = []

  /// `[N]`: how many other spots a spot is joined to, in either direction.
  private static func neighbours(_ graph: CSRMatrix) -> [Int] {
    var counts = [Int](repeating: 0, count: graph.rows)
    var seen = Set<UInt64>()
    for i in 0..<graph.rows {
      for e in graph.range(ofRow: i) {
        let j = Int(graph.indices[e])
        if i == j || !seen.insert(UInt64(min(i, j)) << 32 | UInt64(max(i, j))).inserted { continue }
        counts[i] += 1
        counts[j] += 1
      }
    }
    return counts
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Degree: Encodable, Equatable {
      var neighbours: Int
      var spots: Int
    }

    var output: String
    var key: String
    var spots: Int
    /// Pairs of spots, in either or both directions.
    var edges: Int
    /// Whether every edge is there in both directions.
    var isSymmetric: Bool
    var components: Int
    /// How many spots are joined to so many others, in either direction.
    var degrees: [Degree]
    /// In the units of the coordinates.
    var meanLength: Double?
    var meanLengthMicrons: Double?
  }

  func run(console: Console) throws {
    let run = RunInput(input)
    let adata = try AnnData.read(run.slice, matrices: color.isEmpty ? .none : .all)
    let graph = try adata.spatialGraph(key)
    let degrees = Self.neighbours(graph)
    let tissue = try slice.tissue(adata)
    let words = "neighbours"
    let names = color.isEmpty ? [words] + adata.domainColumns.prefix(1) : color
    var source = PanelSource(adata)
    let panels = try names.map { name in
      var panel: SpatialMap.Panel
      if name == words && adata.obs[words] == nil {
        var scale = colors.scale(label: "neighbours in either direction")
        scale.isWhole = true
        panel = SpatialMap.Panel("Neighbours", .values(degrees.map(Double.init), scale))
      } else {
        panel = try source.panel(name, colors)
      }
      panel.content = .graph(graph, under: panel.content)
      return panel
    }
    let map = SpatialMap(
      tissue, panels: panels, title: figure.title, columns: slice.columns, width: figure.widthPoints,
      spotScale: slice.spotScale, spotOpacity: slice.spotOpacity)
    try figure.write(
      map, title: figure.title.isEmpty ? "Spatial graph" : figure.title,
      source: "stomics plot graph \(run.name); obsp/\(key)")
    let report = Report(figure.output, key, graph, degrees, tissue)
    try console.result(report, text: report.text)
  }
}

extension PlotGraphCommand.Report {
  init(_ output: String, _ key: String, _ graph: CSRMatrix, _ degrees: [Int], _ tissue: Tissue) {
    var pairs = Set<UInt64>()
    var ordered = 0
    var lengths = [Double]()
    for i in 0..<graph.rows {
      for e in graph.range(ofRow: i) where Int(graph.indices[e]) != i {
        ordered += 1
        let j = Int(graph.indices[e])
        guard pairs.insert(UInt64(min(i, j)) << 32 | UInt64(max(i, j))).inserted else { continue }
        let way = tissue.coordinates[i] - tissue.coordinates[j]
        lengths.append((way.x * way.x + way.y * way.y).squareRoot())
      }
    }
    let counts = Dictionary(grouping: degrees) { $0 }.mapValues(\.count).sorted { $0.key < $1.key }
    let length = mean(lengths)
    self.init(
      output: output, key: key, spots: graph.rows, edges: pairs.count, isSymmetric: ordered == 2 * pairs.count,
      components: Self.components(graph), degrees: counts.map { Degree(neighbours: $0.key, spots: $0.value) },
      meanLength: length, meanLengthMicrons: tissue.micronsPerUnit.flatMap { scale in length.map { $0 * scale } })
  }

  /// Parts that no edge joins.
  private static func components(_ graph: CSRMatrix) -> Int {
    Graph(
      targetCount: graph.rows, sourceCount: graph.columns, indptr: graph.indptr, sources: graph.indices
    ).connectedComponentCount
  }

  var text: String {
    let most = degrees.map(\.spots).max() ?? 1
    let table = TextTable(
      ["neighbours", "spots", ""],
      rows: degrees.map { degree in
        let bar = String(repeating: "#", count: max(1, degree.spots * 40 / most))
        return ["\(degree.neighbours)", degree.spots.grouped, bar]
      }, leftColumns: [2])
    var first =
      "\(output): \(edges.grouped) edges between \(spots.grouped) spots (\(isSymmetric ? "both directions" : "directed"), "
      + (components == 1 ? "all connected)" : "\(components.grouped) parts that no edge joins)")
    if let meanLengthMicrons {
      first += ", \(meanLengthMicrons.formatted(significantDigits: 3)) µm long on average"
    } else if let meanLength {
      first += ", \(meanLength.formatted(significantDigits: 3)) long on average in the units of the coordinates"
    }
    return first + "\n" + table.text
  }
}

extension AnnData {
  /// A graph of obsp, `[N, N]`, rows the spots that list neighbours.
  /// - Throws: `AnnDataError`
  func spatialGraph(_ key: String) throws -> CSRMatrix {
    guard let element = obsp[key] else {
      throw AnnDataError.missingKey(
        key, group: "/obsp", available: Array(obsp.keys), file: source,
        advice: "Make a graph with stomics preprocess, or name another with --key.")
    }
    guard case .sparse(let matrix) = element else {
      throw AnnDataError.wrongType(
        path: "/obsp/" + key, found: element.typeName, expected: "a sparse matrix of neighbours", file: source)
    }
    guard matrix.rows == observationCount, matrix.columns == observationCount else {
      throw AnnDataError.wrongShape(
        path: "/obsp/" + key, found: "[\(matrix.rows), \(matrix.columns)]",
        expected: "[\(observationCount), \(observationCount)]", file: source)
    }
    return try matrix.csrMatrix()
  }
}
