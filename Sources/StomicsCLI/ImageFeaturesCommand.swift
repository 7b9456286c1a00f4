import AnnData
import ArgumentParser
import ImageFeatures
import Images
import StomicsCore

/// `stomics image-features`: what the H&E image shows at each spot becomes a matrix in obsm.
struct ImageFeaturesCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "image-features",
    abstract: "Compute features of the H&E image around each spot and put them into obsm.",
    discussion: """
      Examples:
        stomics image-features slice.h5ad -o with_image.h5ad
        stomics image-features slice.h5ad -o with_image.h5ad --patch-diameters 1,3 --stain estimated
        stomics image-features slice.h5ad -o with_image.h5ad --image-file slide.png --scale-factor 1
        stomics train with_image.h5ad --mode img_expr --image-features obsm:X_image -o run

      A square patch is cut around each spot, its side a multiple of the spot's diameter. Colour: mean, standard \
      deviation and quantiles of red, green and blue. Stain: the same of haematoxylin, eosin and a third stain, by \
      colour deconvolution. Texture: contrast, dissimilarity, homogeneity, correlation and ASM of the grey levels' \
      co-occurrence in four directions. The names of the columns lie in uns/image_features.
      """)

  /// What happens to spots whose patch lies outside of the image.
  enum Outside: String, ExpressibleByArgument, CaseIterable { case error, drop }
  enum StainChoice: String, ExpressibleByArgument, CaseIterable, Encodable { case standard, estimated }

  @Argument(help: "The slice: h5ad, or the folder of a Visium run.") var slice: String
  @Option(name: .shortAndLong, help: "The h5ad file to write; an older one of that name is replaced.")
  var output: String
  @Option(help: "The features' key in obsm.") var key = Keys.imageFeatures
  @Option(
    help: ArgumentHelp(
      "Which image under uns/spatial: hires, lowres or another key. (default: hires, otherwise lowres)",
      valueName: "name"))
  var image: String?
  @Option(help: ArgumentHelp("Take the image from this PNG.", valueName: "png")) var imageFile: String?
  @Option(
    help: """
      Pixels of the image a unit of the coordinates. (default: the file's factor of that image; 1 for --image-file)
      """)
  var scaleFactor: Double?
  @Option(help: "The coordinates' key in obsm.") var spatialKey = Keys.spatial
  @Option(help: "A spot's diameter in units of the coordinates. (default: the file's spot_diameter_fullres)")
  var spotDiameter: Double?
  @Option(help: "Sides of the patches in spot diameters, parted by commas, such as 1,3.") var patchDiameters = "1"
  @Option(help: "Kinds of features, parted by commas: colour, stain, texture.") var features = "colour,stain,texture"
  @Option(help: "The stains' colours: standard, as published, or estimated from this slide (Macenko).")
  var stain = StainChoice.standard
  @Flag(inversion: .prefixedNo, help: "Bring each feature to mean 0 and standard deviation 1 over the spots.")
  var standardise = true
  @Option(help: "Spots whose patch lies outside of the image: an error, or dropped.") var outside = Outside.error
  @Flag(help: "Replace a key that is there.") var overwrite = false
  @OptionGroup(title: "Input") var input: InputFlags
  @OptionGroup(title: "General options") var general: GeneralOptions

  func validate() throws {
    if key.isEmpty || key.contains("/") { throw ValidationError("--key is '\(key)'; give a name without a slash.") }
    if image != nil && imageFile != nil { throw ValidationError("--image and --image-file exclude each other.") }
    for (flag, value) in [("--scale-factor", scaleFactor), ("--spot-diameter", spotDiameter)] {
      if let value, !(value > 0 && value.isFinite) {
        throw ValidationError("\(flag) is \(value); give a number above 0.")
      }
    }
    _ = try diameters()
    let groups = try groups()
    if stain == .estimated && !groups.contains(.stain) {
      throw ValidationError("--stain estimated has no effect: --features leaves stain out.")
    }
  }

  /// The patches' sides in spot diameters, and how they were written.
  private func diameters() throws -> [(name: String, value: Double)] {
    let words = listed(patchDiameters)
    var seen = Set<Double>()
    return try (words.isEmpty ? [""] : words).map { word in
      guard let value = Double(word), value > 0, value <= 1000 else {
        throw ValidationError("--patch-diameters names '\(word)'; give spot diameters up to 1000, such as 1,3.")
      }
      guard seen.insert(value).inserted else {
        throw ValidationError("--patch-diameters names \(word) twice.")
      }
      return (value == value.rounded() ? "\(Int(value))" : "\(value)", value)
    }
  }

  private func groups() throws -> [ImageFeatureOptions.Group] {
    let words = listed(features)
    return try (words.isEmpty ? [""] : words).map { word in
      guard let group = ImageFeatureOptions.Group(rawValue: word) else {
        throw ValidationError(
          "--features names '\(word)'; give some of colour, stain, texture, separated by commas.")
      }
      return group
    }
  }

  func run(console: Console) throws {
    var adata = try input.read(slice, console: console, choosesImage: true)
    if adata.obsm[key] != nil && !overwrite { throw EmbeddingError.keyExists(key: key, file: slice) }
    if adata.observationCount == 0 { throw ImageCommandError.noSpots(file: slice) }
    let picture = try SpotPicture(self, adata, console)
    var spots = picture.spots
    let sides = try diameters().map { diameter in
      let pixels = diameter.value * picture.diameter
      guard pixels >= 1 else {
        throw ImageCommandError.patchTooSmall(diameters: diameter.name, pixels: pixels, image: picture.name)
      }
      guard pixels <= 1e6 else {
        throw ImageCommandError.patchTooLarge(diameters: diameter.name, pixels: pixels, image: picture.name)
      }
      return ImageFeatureOptions.Scale(name: diameter.name, side: Int(pixels.rounded()))
    }
    let inside = picture.spotsInside(side: sides.map(\.side).min() ?? 1)
    let dropped = spots.count - inside.count
    if dropped > 0 {
      guard outside == .drop, !inside.isEmpty else { throw picture.outsideError(inside, file: slice) }
      var lost = [String]()
      adata = adata.subset(observations: inside, dropped: &lost)
      spots = inside.map { spots[$0] }
      if !lost.isEmpty {
        console.warning("left out, because they cannot be cut to fewer spots: \(lost.joined(separator: ", "))")
      }
    }
    var options = ImageFeatureOptions(scales: sides, groups: try groups())
    if stain == .estimated {
      options.stains = try Stains.estimated(
        from: picture.image, in: picture.area(of: spots, side: sides.map(\.side).max() ?? 1), name: picture.name)
    }
    var matrix = console.step("computing \(options.names.count) features") {
      imageFeatures(of: picture.image, at: spots, options: options)
    }
    let scaling = standardise ? matrix.standardiseColumns() : nil
    adata.obsm[key] = .array(DenseArray(matrix))
    adata.setImageRecord(record(picture, options, try diameters().map(\.value), scaling), key: key)
    try adata.write(to: output)
    let report = Report(
      output: output, key: key, spots: spots.count, columns: matrix.columns, image: picture.name,
      imageWidth: picture.image.width, imageHeight: picture.image.height, scaleFactor: picture.scale,
      spotDiameterPixels: picture.diameter, patchPixels: sides.map(\.side), features: options.names,
      stain: options.groups.contains(.stain) ? stain : nil, standardised: standardise, spotsDropped: dropped)
    try console.result(report, text: report.text)
  }
}
