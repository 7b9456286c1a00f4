import AnnData
import ArgumentParser
import Images
import Plotting
import StomicsCore

/// Where a figure goes and how large it is.
struct FigureOptions: ParsableArguments {
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The figure: a name that ends in .png, .svg or .pdf.", valueName: "figure"))
  var output: String

  @Option(help: "The figure's width in inches. (default: as its content needs)")
  var width: Double?

  @OptionGroup var resolution: ResolutionOptions

  @Option(help: "A title over the figure.")
  var title: String = ""

  func validate() throws {
    _ = try FigureFormat(path: output)
    if let width, !(width >= 1 && width <= 100) {
      throw ValidationError("--width is \(width); give inches from 1 to 100, such as 7 for a page of two columns.")
    }
  }

  /// The width in points.
  var widthPoints: Double? { width.map { $0 * 72 } }

  func write(_ figure: some Figure, title: String, source: String) throws {
    try figure.write(to: output, dotsPerInch: resolution.dpi, provenance: Provenance(title: title, source: source))
  }
}

/// How finely a picture of pixels is drawn.
struct ResolutionOptions: ParsableArguments {
  @Option(help: "Pixels an inch of a PNG.")
  var dpi: Double = 200

  func validate() throws {
    guard dpi >= 20, dpi <= 2400 else {
      throw ValidationError("--dpi is \(dpi); give pixels an inch from 20 to 2400, such as 300 for print.")
    }
  }
}

/// How a slice is laid on paper.
struct SliceOptions: ParsableArguments {
  enum Flip: String, ExpressibleByArgument, CaseIterable {
    case horizontal, vertical
    /// The axis that runs the other way.
    case x, y

    var isHorizontal: Bool { self == .horizontal || self == .x }
  }

  @Option(help: "The coordinates' key in obsm.")
  var spatialKey = Keys.spatial

  @Flag(inversion: .prefixedNo, help: "Show the tissue image under the spots, where the file has one.")
  var image = true

  @Option(help: "How strongly the tissue image shows, 0 to 1.")
  var imageOpacity = 0.5

  @Option(help: "How spots are drawn: at their true size as circle, or as hexagon or square that tile the grid.")
  var spotShape = Tissue.SpotShape.circle

  @Option(help: "Draw spots this many times their size.")
  var spotScale = 1.0

  @Option(help: "How opaque spots are, 0 to 1.")
  var spotOpacity = 1.0

  @Option(
    help:
      "Mirror the slice: horizontal or x, vertical or y; may be given twice. Otherwise it lies as in the file, y pointing down."
  )
  var flip: [Flip] = []

  @Option(help: "Turn the slice clockwise by 90, 180 or 270 degrees, after mirroring.")
  var rotate = 0

  @Option(help: "Micrometres a unit of the coordinates: draws a scale bar.")
  var micronsPerPixel: Double?

  @Option(help: "Panels in a row. (default: up to four)")
  var columns: Int?

  @Option(
    help: ArgumentHelp(
      "Show this part only: two corners in the units of the coordinates.", valueName: "x0,y0,x1,y1"))
  var crop: String?

  func validate() throws {
    _ = try cropped()
    guard rotate % 90 == 0 else {
      throw ValidationError("--rotate is \(rotate); slices are turned by 90, 180 or 270 degrees.")
    }
    for (name, share) in [("--image-opacity", imageOpacity), ("--spot-opacity", spotOpacity)]
    where !(share >= 0 && share <= 1) {
      throw ValidationError("\(name) is \(share); give a share from 0 to 1.")
    }
    guard spotScale > 0, spotScale <= 100 else {
      throw ValidationError("--spot-scale is \(spotScale); give a factor above 0, up to 100.")
    }
    if let micronsPerPixel, !(micronsPerPixel > 0 && micronsPerPixel.isFinite) {
      throw ValidationError("--microns-per-pixel is \(micronsPerPixel); give a length above 0.")
    }
    if let columns, columns < 1 { throw ValidationError("--columns is \(columns); give 1 or more.") }
  }

  private func cropped() throws -> Rect? {
    guard let crop else { return nil }
    let numbers = crop.split(separator: ",").map { Double($0.filter { $0 != " " }) ?? .nan }
    guard numbers.count == 4, numbers.allSatisfy(\.isFinite), numbers[0] < numbers[2], numbers[1] < numbers[3] else {
      throw ValidationError(
        "--crop is '\(crop)'; give two corners as x0,y0,x1,y1 with x0 < x1 and y0 < y1, such as 3000,4000,6000,7000.")
    }
    return Rect(x: numbers[0], y: numbers[1], width: numbers[2] - numbers[0], height: numbers[3] - numbers[1])
  }

  private var orientation: Orientation {
    let horizontal = flip.filter(\.isHorizontal).count % 2
    let vertical = (flip.count - flip.filter(\.isHorizontal).count) % 2
    // Upside down is left and right exchanged, then half a turn.
    return Orientation(mirrored: horizontal + vertical == 1, quarterTurns: 2 * vertical + rotate / 90)
  }

  /// The slice's spots and, where it is wanted and there, its image.
  func tissue(_ adata: AnnData) throws -> Tissue {
    var tissue = Tissue(
      coordinates: try adata.coordinates(key: spatialKey), shape: spotShape, orientation: orientation,
      micronsPerUnit: micronsPerPixel, crop: try cropped())
    // Size and image are given in pixels of the full-resolution image, as obsm/spatial is.
    guard spatialKey == Keys.spatial else { return tissue }
    tissue.spotDiameter = adata.spotDiameterFullres
    if tissue.micronsPerUnit == nil { tissue.micronsPerUnit = adata.micronsPerPixel ?? tissue.visiumMicronsPerUnit }
    if image, let picture = try adata.tissueImage(), let rgba = Image(picture) {
      tissue.background = Tissue.Background(rgba, scale: picture.scale, opacity: imageOpacity)
    }
    return tissue
  }
}

extension Tissue.SpotShape: ExpressibleByArgument {}

func unknownColorMap(_ name: String) -> ValidationError {
  let known = ColorMap.all.map(\.name)
  return ValidationError(
    "--cmap is '\(name)'; give one of \(known.joined(separator: ", "))." + didYouMean(name, among: known))
}

extension Image {
  /// nil for an image without pixels.
  init?(_ image: TissueImage) {
    guard image.width > 0, image.height > 0 else { return nil }
    if image.channels == 4 {
      self.init(width: image.width, height: image.height, pixels: image.pixels)
      return
    }
    var pixels = [UInt8](repeating: 255, count: image.width * image.height * 4)
    for pixel in 0..<image.width * image.height {
      for channel in 0..<3 { pixels[pixel * 4 + channel] = image.pixels[pixel * 3 + channel] }
    }
    self.init(width: image.width, height: image.height, pixels: pixels)
  }
}

extension AnnData {
  /// A column of labels with the colours that belong to it.
  func plotLabels(_ column: String) throws -> Labels {
    let values = try labels(column)
    guard values.categories.count <= 200 else {
      throw PlotCommandError.tooManyLabels(column: column, count: values.categories.count, file: source)
    }
    let known = labelColors(column)
    let colors = values.categories.map { known[$0] }
    // All or none: where a colour is missing the palette gives every name one.
    let complete = colors.compactMap { $0 }
    return Labels(
      codes: values.codes.map(Int.init), names: values.categories,
      colors: complete.count == colors.count && !colors.isEmpty ? complete : nil)
  }

  /// The column of true labels: the one named, or the one that preprocessing was told of.
  func truthColumn(_ named: String?) -> String? {
    if let named { return named }
    guard let key = (try? recipe())?.labelKey, obs[key] != nil else { return nil }
    return key
  }

  /// Columns that could be labels, for messages.
  var labelColumns: [String] {
    obs.columns.filter { _, column in
      switch column {
      case .categorical, .strings, .nullableStrings: true
      case .numeric, .nullableNumeric, .opaque: false
      }
    }.map(\.key)
  }
}

/// Why a picture could not be drawn from what was given.
enum PlotCommandError: StomicsError, Equatable {
  case noLabels(file: String, columns: [String])
  case missingPanel(panel: String, flag: String, file: String, columns: [String])
  case unknownGene(String, file: String, near: String)
  case unknownColor(String, file: String, columns: [String], near: String)
  case noColor(file: String, columns: [String])
  case unknownDomain(String, file: String, found: [String], near: String)
  case noNumbers(column: String, file: String)
  case noCounts(file: String)
  case noGroups(file: String, columns: [String])
  case noTopGenes(column: String, file: String)
  case unknownMethod(String, file: String, found: [String], near: String)
  case noScores(metric: String, file: String)
  case otherSlice(file: String, first: String)
  case noLayout(key: String, file: String, reason: String)
  case nothingComparable(truth: String, prediction: String, file: String)
  case noSuchPart(part: String, file: String, found: [String])
  case tooManyLabels(column: String, count: Int, file: String)

  var kind: ErrorKind {
    switch self {
    case .missingPanel, .unknownGene, .unknownColor, .noColor, .unknownDomain, .noGroups, .unknownMethod:
      .usage
    case .noLabels, .nothingComparable, .noSuchPart, .tooManyLabels, .noNumbers, .noCounts, .noTopGenes,
      .noScores, .otherSlice, .noLayout:
      .data
    }
  }

  var description: String {
    switch self {
    case .noLabels(let file, let columns):
      "\(file) has neither predicted domains nor known labels to draw. Name a column with --truth or --prediction\(list(columns))."
    case .missingPanel(let panel, let flag, let file, let columns):
      "The panel '\(panel)' needs a column of obs that \(file) does not name. Name it with \(flag)\(list(columns))."
    case .unknownGene(let gene, let file, let near): "There is no gene '\(gene)' in \(file).\(near)"
    case .unknownColor(let name, let file, let columns, let near):
      "'\(name)' is neither a column of obs nor a gene of \(file)\(list(columns, "columns")).\(near)"
    case .noColor(let file, let columns):
      "\(file) has neither predicted domains nor known labels to colour by. Name a column of obs or a gene with --color\(list(columns, "columns"))."
    case .unknownDomain(let name, let file, let found, let near):
      "There is no domain '\(name)' in \(file) (found: \(found.joined(separator: ", "))).\(near)"
    case .noNumbers(let column, let file): "'\(column)' of \(file) has no finite number to draw."
    case .noCounts(let file):
      "\(file) has none of \(Keys.totalCounts), \(Keys.genesByCounts) and \(Keys.mitochondrialPercent) in obs, and "
        + "no counts in layers/\(Keys.counts) or X. Name columns of numbers with --obs."
    case .noGroups(let file, let columns):
      "\(file) has neither predicted domains nor known labels to order spots by. Name a column with --groupby\(list(columns))."
    case .noTopGenes(let column, let file):
      "No gene of \(file) differs between the groups of '\(column)': at least two groups of two spots are needed. Name genes with --gene."
    case .unknownMethod(let name, let file, let found, let near):
      "There is no method '\(name)' in \(file) (found: \(found.joined(separator: ", "))).\(near)"
    case .noScores(let metric, let file): "No method of \(file) has a score '\(metric)'. Choose another with --metric."
    case .otherSlice(let file, let first):
      "No barcode of \(file) is a spot of \(first): predictions of one slice are compared."
    case .noLayout(let key, let file, let reason):
      "/obsm/\(key) of \(file) cannot be laid out in two dimensions. \(reason) Name another matrix with --basis."
    case .nothingComparable(let truth, let prediction, let file):
      "No spot of \(file) has both a label in '\(truth)' and one in '\(prediction)'."
    case .noSuchPart(let part, let file, let found):
      "\(file) has no spot of the part '\(part)' (found: \(found.joined(separator: ", "))). Choose another with --split."
    case .tooManyLabels(let column, let count, let file):
      "/obs/\(column) of \(file) has \(count.grouped) different values, too many for labels (at most 200). "
        + "Name a column of labels; stomics plot genes --obs draws numbers."
    }
  }

  private func list(_ columns: [String], _ what: String = "columns of labels") -> String {
    columns.isEmpty ? "" : " (\(what): \(columns.joined(separator: ", ")))"
  }
}
