import StomicsCore

/// Why the stains of an image could not be estimated.
public enum ImageFeatureError: StomicsError, Equatable {
  case tooFewStainedPixels(found: Int, needed: Int, image: String)
  case oneStain(image: String)

  public var kind: ErrorKind { .data }

  public var description: String {
    switch self {
    case .tooFewStainedPixels(let found, let needed, let image):
      "\(image) has \(found) stained pixels under the spots, too few to estimate its stains (at least \(needed)): is it an H&E image, and do the spots lie on its tissue? --stain standard takes stains as published."
    case .oneStain(let image):
      "The stained pixels of \(image) have one colour: haematoxylin and eosin cannot be told apart. Is it an H&E image? --stain standard takes stains as published."
    }
  }
}
