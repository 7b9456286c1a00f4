import ArgumentParser
import Autodiff
import Models
import StomicsCore

/// `stomics models`: what the modes are made of.
struct ModelsCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "List the modes of train, or the parameters of one.",
    discussion: """
      Without a mode, one line a mode and fusion with the number of its parameters; with a mode, one line a parameter \
      with its key in a checkpoint and its shape. Sizes are the published ones (embeddings 128, hidden layer 256).

        stomics models --classes 7
        stomics models full --fusion cross-attention
      """)

  @Argument(help: "A mode of train.") var mode: String?
  @Option(help: "The fusion, where the mode has a choice: gated or cross-attention.") var fusion = "cross-attention"
  @Option(help: "How many genes the model sees.") var genes = 3000
  @Option(help: "How many classes it tells apart.") var classes = 7
  @Option(help: "Width of the embedding. (default: 768 for geneformer, else scGPT's 512)") var embeddingWidth: Int?
  @Option(help: "Width of the image features.") var imageWidth = 2048
  @OptionGroup(title: "General options") var general: GeneralOptions

  private typealias Mode = ModelConfiguration.Mode
  private typealias Fusion = ModelConfiguration.Fusion

  private var chosenMode: Mode? {
    mode.flatMap { text in
      Mode.allCases.first { $0.rawValue == text.lowercased().replacing("-", with: "_") }
    }
  }

  func validate() throws {
    if let mode, chosenMode == nil {
      let known = Mode.allCases.map(\.rawValue)
      throw ValidationError(
        "There is no mode '\(mode)'.\(didYouMean(mode, among: known)) Modes: \(known.joined(separator: ", ")).")
    }
    guard Fusion(name: fusion) != nil else {
      throw ValidationError("--fusion is '\(fusion)'; it is gated or cross-attention.")
    }
  }

  func run(console: Console) throws {
    if let chosenMode, let fusion = Fusion(name: fusion) {
      let table = ModelTable(try model(chosenMode, fusion))
      return try console.result(table, text: table.text)
    }
    var rows: [ModelLine] = []
    for mode in Mode.allCases {
      for fusion in mode.usesFusion ? Fusion.allCases : [.gated] {
        rows.append(ModelLine(try model(mode, fusion)))
      }
    }
    let table = TextTable(
      ["mode", "fusion", "made of", "parameters"],
      rows: rows.map { [$0.mode, $0.fusion ?? "", $0.parts, $0.parameters.grouped] }, leftColumns: [0, 1, 2])
    try console.result(rows, text: table.text)
  }

  private func model(_ mode: Mode, _ fusion: Fusion) throws -> Model {
    try Model(
      .production(
        mode, fusion, genes: genes, classes: classes, embeddingColumns: embeddingWidth, imageColumns: imageWidth))
  }
}

/// A line of the list of modes.
struct ModelLine: Encodable {
  let mode: String
  let fusion: String?
  let parts: String
  let parameters: Int

  init(_ model: Model) {
    mode = model.configuration.mode.rawValue
    fusion = model.configuration.usedFusion?.rawValue
    parts = model.configuration.mode.summary
    parameters = model.parameters.layout.count
  }
}

/// The parameters of one model.
struct ModelTable: Encodable {
  struct Parameter: Encodable {
    let key: String
    let shape: [Int]
    let count: Int
  }

  let mode: String
  let fusion: String?
  let parameters: [Parameter]
  let count: Int

  init(_ model: Model) {
    mode = model.configuration.mode.rawValue
    fusion = model.configuration.usedFusion?.rawValue
    count = model.parameters.layout.count
    parameters = model.parameters.layout.entries.map {
      Parameter(key: $0.key, shape: $0.shape, count: $0.range.count)
    }
  }

  var text: String {
    TextTable(
      ["parameter", "shape", "numbers"],
      rows: parameters.map {
        [$0.key, "[" + $0.shape.map(String.init).joined(separator: ", ") + "]", $0.count.grouped]
      }
        + [["all", "", count.grouped]], leftColumns: [0, 1]
    ).text
  }
}
