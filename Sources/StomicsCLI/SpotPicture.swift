import AnnData
import ImageFeatures
import Images
import StomicsCore

/// The image that features are computed of, and where the spots lie in it.
struct SpotPicture {
  /// What messages call it.
  let name: String
  /// Its key under uns/spatial/<library>/images with the library's, or the name of the PNG.
  let origin: [(key: String, value: String)]
  /// Opaque.
  let image: Image
  /// Pixels of the image a unit of the coordinates.
  let scale: Double
  /// A spot's diameter in pixels of the image.
  let diameter: Double
  /// `[N]`, in pixels of the image.
  let spots: [SIMD2<Double>]

  /// - Throws: `InputError`, `AnnDataError`, `PNGError`, `FileError`, `ImageCommandError`
  init(_ command: ImageFeaturesCommand, _ adata: AnnData, _ console: Console) throws {
    let coordinates = try adata.coordinates(key: command.spatialKey)
    let library = command.input.library
    if let file = command.imageFile {
      name = file
      origin = [("image_file", String(file.split(separator: "/").last ?? ""))]
      scale = command.scaleFactor ?? 1
      image = try Image(pngFile: file).overWhite()
    } else {
      let tissue = try adata.tissueImage(named: command.image, library: library, scale: command.scaleFactor)
      name = "the image '\(tissue.resolution)' of \(command.slice)"
      origin = [("library", tissue.library), ("image", tissue.resolution)]
      scale = tissue.scale
      guard scale > 0, scale.isFinite else {
        throw ImageCommandError.badScale(scale, image: name)
      }
      guard let picture = Image(tissue) else { throw ImageCommandError.emptyImage(image: name) }
      image = picture.overWhite()
      if command.image == nil { console.note("features are computed of \(name); --image takes another.") }
    }
    var own = command.spotDiameter
    if own == nil && command.spatialKey == Keys.spatial && adata.uns[Keys.spatial] != nil {
      own = try adata.spotDiameterFullres(library: library)
    }
    guard let own, own > 0, own.isFinite else { throw ImageCommandError.noDiameter(file: command.slice) }
    diameter = own * scale
    let scale = scale
    spots = coordinates.map { $0 * scale }
  }

  /// The spots whose patch of `side` pixels holds a pixel of the image.
  func spotsInside(side: Int) -> [Int] {
    spots.indices.filter { Patch(around: spots[$0], side: side, width: image.width, height: image.height) != nil }
  }

  /// The rectangle of all patches.
  func area(of spots: [SIMD2<Double>], side: Int) -> Patch {
    let patches = spots.compactMap { Patch(around: $0, side: side, width: image.width, height: image.height) }
    return patches.dropFirst().reduce(patches[0]) { $0.union($1) }
  }

  /// Says where the spots lie, and what may be the cause.
  func outsideError(_ inside: [Int], file: String) -> ImageCommandError {
    let finite = spots.filter { $0.x.isFinite && $0.y.isFinite }
    func range(_ values: [Double]) -> ClosedRange<Double> { (values.min() ?? 0)...(values.max() ?? 0) }
    if finite.count < spots.count {
      return .notFinite(count: spots.count - finite.count, spots: spots.count, file: file)
    }
    return .outside(
      ImageCommandError.OutsideSpots(
        count: spots.count - inside.count, spots: spots.count, x: range(finite.map(\.x)), y: range(finite.map(\.y)),
        width: image.width, height: image.height), image: name)
  }
}
