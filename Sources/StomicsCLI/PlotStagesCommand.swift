import AnnData
import ArgumentParser
import Metrics
import Models
import Plotting
import StomicsCore
import Training

/// `stomics plot stages`: what each part of a model does to the spots.
struct PlotStagesCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "stages",
    abstract: "Draw the spots' embeddings before and after the graph and the fusion, side by side.",
    discussion: """
      A panel each for the output of the expression encoder, of the graph encoder, of the image encoder and of the \
      fusion, as far as the model has them, laid out by --method. The number under a title is the mean silhouette of \
      the true (or coloured) labels in all dimensions: higher where labels lie apart.

        stomics plot stages runs/full slice.h5ad -o stages.png
        stomics plot stages runs/full slice.h5ad --method pca --color MOBP -o stages.pdf
      """)

  @OptionGroup(title: "General options") var general: GeneralOptions
  @OptionGroup(title: "Figure") var figure: FigureOptions
  @OptionGroup(title: "Layout") var projection: ProjectionOptions
  @OptionGroup(title: "Colours") var colors: ColorScaleOptions
  @OptionGroup var source: ModelSlice

  @Option(help: "umap, tsne or pca.")
  var method = ProjectionMethod.umap

  @Option(help: "A column of obs or a gene. (default: the true domains where the slice has them, else predicted)")
  var color: String?

  @Option(help: "The coordinates' key in obsm.")
  var spatialKey = Keys.spatial

  @Option(help: "Draw spots this many times their size.")
  var spotScale = 1.0

  func validate() throws {
    guard spotScale > 0, spotScale <= 100 else {
      throw ValidationError("--spot-scale is \(spotScale); give a factor above 0, up to 100.")
    }
  }

  /// What was drawn.
  struct Report: Encodable, Equatable {
    struct Stage: Encodable, Equatable {
      var name: String
      var columns: Int
      /// Of the labels the spots are coloured by.
      var silhouette: Double?
    }

    var output: String
    var spots: Int
    var color: String
    var method: String
    var stages: [Stage]
  }

  func run(console: Console) throws {
    let predictor = try source.predictor()
    let (adata, data) = try source.load(predictor, spatialKey: spatialKey, console: console)
    let stages = console.step("running the model") { predictor.model.stages(data) }
    let (content, name) = try content(adata, predictor, data)
    var report = Report(
      output: figure.output, spots: adata.observationCount, color: name, method: method.rawValue, stages: [])
    var panels = [SpatialMap.Panel]()
    var axes = [String]()
    for (stage, values) in stages.embeddings {
      let (places, names) = try projection.project(
        values, method, title: "\(method.title) of \(stage.rawValue)", console: console)
      axes = method == .pca ? ["PC 1", "PC 2"] : names
      let silhouette = Self.silhouette(values, content)
      panels.append(
        SpatialMap.Panel(
          Self.title(stage, predictor.model.configuration),
          subtitle: silhouette.map { "silhouette \($0.formatted(decimals: 3))" } ?? "", content,
          tissue: Tissue(inSquare: places)))
      report.stages.append(Report.Stage(name: stage.rawValue, columns: values.columns, silhouette: silhouette))
    }
    guard let tissue = panels.first?.tissue else {
      preconditionFailure("every model has an embedding, the classifier's")
    }
    let map = SpatialMap(
      tissue, panels: panels, title: figure.title, legendTitle: name, columns: panels.count,
      width: figure.widthPoints, spotScale: spotScale, axisNames: axes)
    try figure.write(
      map, title: figure.title.isEmpty ? "Embeddings of a model's parts" : figure.title,
      source: "stomics plot stages \(RunInput(source.run).name) \(RunInput(source.input).name); \(method.rawValue)")
    try console.result(report, text: report.text)
  }

  private func content(
    _ adata: AnnData, _ predictor: Predictor, _ data: ModelData
  ) throws -> (SpatialMap.Panel.Content, String) {
    if let name = color ?? adata.truthColumn(nil) {
      var source = PanelSource(adata)
      return (try source.panel(name, colors).content, name)
    }
    let prediction = predictor.predict(data)
    return (
      .labels(Labels(codes: prediction.codes.map(Int.init), names: prediction.classNames)), "predicted domain"
    )
  }

  private static func title(_ stage: ModelStages.Stage, _ configuration: ModelConfiguration) -> String {
    switch stage {
    case .expression: configuration.mode.usesEmbedding ? "Projected embedding" : "Expression encoder"
    case .graph: "Graph encoder"
    case .image: "Image encoder"
    case .fused: configuration.usedFusion == nil ? "Side by side" : "Fused"
    case .final: "Fused with the image"
    }
  }

  /// Of the spots that have a label; nil of numbers.
  private static func silhouette(_ values: Matrix, _ content: SpatialMap.Panel.Content) -> Double? {
    guard case .labels(let labels) = content else { return nil }
    let known = labels.codes.indices.filter { labels.codes[$0] >= 0 }
    return silhouetteScore(values.gatheringRows(known), labels: known.map { Int32(labels.codes[$0]) })
  }
}

extension PlotStagesCommand.Report {
  var text: String {
    let table = TextTable(
      ["part", "columns", "silhouette of \(color)"],
      rows: stages.map { [$0.name, "\($0.columns)", $0.silhouette?.formatted(decimals: 3) ?? "-"] })
    return "\(output): \(spots.grouped) spots, \(method)\n" + table.text
  }
}

extension Tissue {
  /// An embedding that fills a square, whatever its own shape and size, so that several can stand side by side.
  init(inSquare places: [Point]) {
    guard let box = Rect.bounding(places) else {
      self.init(embedding: places)
      return
    }
    let side = max(box.width, box.height, 1e-30)
    self.init(embedding: places.map { ($0 - box.center) / side })
    // Of one size in all panels.
    spotDiameter = max(0.005, min(0.02, 0.35 / Double(max(1, places.count)).squareRoot()))
    crop = Rect(x: -0.53, y: -0.53, width: 1.06, height: 1.06)
  }
}
