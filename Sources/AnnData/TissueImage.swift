import OrderedCollections

/// The picture of the tissue that belongs to the spots, from `uns/spatial/<library>`.
public struct TissueImage: Sendable, Equatable {
  /// Row-major pixels from the top left, `height * width * channels` values of 0 to 255.
  public var pixels: [UInt8]
  public var width: Int
  public var height: Int
  /// 3 (red, green, blue) or 4 (with opacity).
  public var channels: Int
  /// Pixels of this image a pixel of the full-resolution image: multiply coordinates by it.
  public var scale: Double
  /// A spot's diameter in pixels of the full-resolution image, where the file has it.
  public var spotDiameterFullres: Double?
  /// Under which library and resolution it lay.
  public var library: String
  public var resolution: String
}

extension AnnData {
  /// The tissue's image: `hires` where the file has it, otherwise `lowres`; nil without one.
  ///
  /// Images may be whole numbers 0 to 255 or fractions 0 to 1. Of several libraries the first with an image is taken.
  /// - Throws: `AnnDataError` where an image is there but of no such kind, or its scale is missing.
  public func tissueImage() throws -> TissueImage? {
    for (library, members) in spatialLibraries {
      guard case .dictionary(let images)? = members["images"] else { continue }
      for resolution in ["hires", "lowres"] {
        guard case .array? = images[resolution] else { continue }
        return try tissueImage(resolution, members, library: library, scale: nil)
      }
    }
    return nil
  }

  /// The image of one library under `uns/spatial`.
  /// - Parameters:
  ///   - name: its name, such as `hires`; nil takes `hires`, otherwise `lowres`
  ///   - library: nil takes the only one
  ///   - scale: pixels of the image a pixel of the full-resolution image; nil takes the file's `tissue_<name>_scalef`
  /// - Throws: `InputError.ambiguous` where several libraries could be meant, `AnnDataError` where library, image or
  ///   scale is missing, or the image is no such thing.
  public func tissueImage(named name: String?, library: String?, scale: Double?) throws -> TissueImage {
    let (library, members) = try spatialLibrary(library)
    let available: [String] = if case .dictionary(let images)? = members["images"] { Array(images.keys) } else { [] }
    guard let name = name ?? ["hires", "lowres"].first(where: available.contains), available.contains(name) else {
      throw AnnDataError.missingKey(
        name ?? "hires", group: "/uns/spatial/\(library)/images", available: available, file: source,
        advice: "Name an image with --image, or give a PNG with --image-file.")
    }
    return try tissueImage(name, members, library: library, scale: scale)
  }

  /// A spot's diameter in pixels of the full-resolution image, from the scale factors of one library.
  /// - Parameter library: nil takes the only one
  /// - Throws: as `tissueImage(named:library:scale:)` where the library cannot be told.
  public func spotDiameterFullres(library: String?) throws -> Double? {
    scaleFactors(try spatialLibrary(library).members)["spot_diameter_fullres"]
  }

  private func spatialLibrary(_ wanted: String?) throws -> (name: String, members: Members) {
    let libraries = spatialLibraries
    let names = libraries.map(\.name)
    if let wanted {
      guard let found = libraries.first(where: { $0.name == wanted }) else {
        throw AnnDataError.missingKey(
          wanted, group: "/uns/spatial", available: names, file: source, advice: "Choose with --library.")
      }
      return found
    }
    guard let first = libraries.first else {
      throw AnnDataError.missingKey(
        Keys.spatial, group: "/uns", available: Array(uns.keys), file: source,
        advice: "Give the image as a PNG with --image-file, and the spots' size with --spot-diameter.")
    }
    guard libraries.count == 1 else {
      throw InputError.ambiguous(
        what: "library", folder: source, candidates: names, advice: "Name one with --library.")
    }
    return first
  }

  private func tissueImage(
    _ name: String, _ members: Members, library: String, scale: Double?
  ) throws -> TissueImage {
    var element = Element.null
    if case .dictionary(let images)? = members["images"] { element = images[name] ?? .null }
    guard case .array(let array) = element, array.shape.count == 3, array.shape[2] == 3 || array.shape[2] == 4,
      let pixels = array.values.bytes
    else {
      throw AnnDataError.wrongType(
        path: "/uns/spatial/\(library)/images/\(name)", found: element.typeName,
        expected: "an image [height, width, 3 or 4] of bytes or of fractions 0 to 1", file: source)
    }
    let factors = scaleFactors(members)
    let scaleKey = "tissue_\(name)_scalef"
    guard let scale = scale ?? factors[scaleKey] else {
      throw AnnDataError.missingKey(
        scaleKey, group: "/uns/spatial/\(library)/scalefactors", available: Array(factors.keys), file: source,
        advice: nil)
    }
    return TissueImage(
      pixels: pixels, width: array.shape[1], height: array.shape[0], channels: array.shape[2], scale: scale,
      spotDiameterFullres: factors["spot_diameter_fullres"], library: library, resolution: name)
  }

  /// A spot's diameter in pixels of the full-resolution image, where the file has it, image or not.
  public var spotDiameterFullres: Double? {
    spatialLibraries.lazy.compactMap { scaleFactors($0.members)["spot_diameter_fullres"] }.first
  }

  /// Micrometres a pixel of the full-resolution image, where the file says so, as files of Visium HD do.
  public var micronsPerPixel: Double? {
    spatialLibraries.lazy.compactMap { scaleFactors($0.members)["microns_per_pixel"] }.first { $0 > 0 && $0.isFinite }
  }

  private typealias Members = OrderedDictionary<String, Element>

  private var spatialLibraries: [(name: String, members: Members)] {
    guard case .dictionary(let libraries)? = uns[Keys.spatial] else { return [] }
    return libraries.compactMap { name, element in
      if case .dictionary(let members) = element { (name, members) } else { nil }
    }
  }

  private func scaleFactors(_ library: Members) -> OrderedDictionary<String, Double> {
    guard case .dictionary(let factors)? = library["scalefactors"] else { return [:] }
    return factors.compactMapValues { element in
      switch element {
      case .scalar(let value): value.doubles.first
      case .array(let array) where array.values.count == 1: array.values.doubles.first
      default: nil
      }
    }
  }
}

extension NumericArray {
  /// The values as bytes of an image: fractions up to 1 become 0 to 255; nil for what is no image.
  fileprivate var bytes: [UInt8]? {
    switch self {
    case .uint8(let values): return values
    case .bool: return nil
    case .float16, .float32, .float64:
      let values = doubles
      let factor = values.allSatisfy { !($0 > 1) } ? 255.0 : 1.0
      // NaN fails both comparisons and is drawn black.
      return values.map { value in
        let scaled = value * factor
        return scaled >= 255 ? 255 : scaled > 0 ? UInt8(scaled + 0.5) : 0
      }
    default: return doubles.map { UInt8(max(0, min(255, $0))) }
    }
  }
}
