import StomicsCore

/// Why no features of an image were computed.
enum ImageCommandError: StomicsError, Equatable {
  case noSpots(file: String)
  case badScale(Double, image: String)
  case emptyImage(image: String)
  case noDiameter(file: String)
  case patchTooSmall(diameters: String, pixels: Double, image: String)
  case patchTooLarge(diameters: String, pixels: Double, image: String)
  case notFinite(count: Int, spots: Int, file: String)
  case outside(OutsideSpots, image: String)

  /// Spots whose patch lies outside, and the ranges of all spots in pixels of the image.
  struct OutsideSpots: Equatable {
    var count: Int
    var spots: Int
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
    var width: Int
    var height: Int
  }

  var kind: ErrorKind { .data }

  var description: String {
    switch self {
    case .noSpots(let file): "\(file) has no spots."
    case .badScale(let scale, let image):
      "\(image) has the scale factor \(scale), which is no number above 0. Give the right one with --scale-factor."
    case .emptyImage(let image): "\(image) has no pixels."
    case .noDiameter(let file):
      "\(file) does not say how large its spots are (spot_diameter_fullres of uns/spatial/<library>/scalefactors). Give it with --spot-diameter, in units of the coordinates."
    case .patchTooSmall(let diameters, let pixels, let image):
      "a patch of \(diameters) spot diameters is \(pixels.formatted(significantDigits: 2)) pixels wide in \(image): at least 1 is needed. Take a larger image, a larger --patch-diameters, or check --scale-factor."
    case .patchTooLarge(let diameters, let pixels, let image):
      "a patch of \(diameters) spot diameters is \(pixels.formatted(significantDigits: 2)) pixels wide in \(image), more than any image. Check --scale-factor and --spot-diameter."
    case .notFinite(let count, let spots, let file):
      "\(count.grouped) of the \(spots.grouped) spots of \(file) have coordinates that are not finite. Leave them out with --outside drop."
    case .outside(let found, let image): found.text(image)
    }
  }
}

extension ImageCommandError.OutsideSpots {
  func text(_ image: String) -> String {
    func range(_ values: ClosedRange<Double>) -> String {
      values.lowerBound.formatted(decimals: 0) + " to " + values.upperBound.formatted(decimals: 0)
    }
    var text =
      "\(count.grouped) of \(spots.grouped) spots lie outside of \(image): it has \(width.grouped) x \(height.grouped) "
      + "pixels (columns x rows), the spots lie at columns \(range(x)), rows \(range(y))."
    let fitsExchanged =
      x.lowerBound >= 0 && y.lowerBound >= 0 && x.upperBound <= Double(height) && y.upperBound <= Double(width)
    text +=
      fitsExchanged
      ? " With x and y exchanged all would fit: obsm/spatial should hold columns first."
      : " Is the scale factor that of another image (--scale-factor)?"
    return text + (count < spots ? " --outside drop leaves these spots out." : "")
  }
}
