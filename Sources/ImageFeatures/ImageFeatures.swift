import Images
import StomicsCore

/// What is computed of each patch.
public struct ImageFeatureOptions: Sendable {
  /// Kinds of features, in the order in which they stand in a row.
  public enum Group: String, Sendable, CaseIterable {
    /// Red, green and blue, 0 to 1: mean, standard deviation and quantiles.
    case colour
    /// The amounts of the three stains: the same statistics.
    case stain
    /// Five statistics of the grey levels' co-occurrence in four directions.
    case texture
  }

  /// A patch size, by its name in features.
  public struct Scale: Sendable, Equatable {
    public let name: String
    /// The side in pixels of the image, at least 1.
    public let side: Int

    public init(name: String, side: Int) {
      precondition(side > 0, "a patch has pixels")
      self.name = name
      self.side = side
    }
  }

  public var scales: [Scale]
  public var groups: [Group]
  public var stains: Stains

  public init(scales: [Scale], groups: [Group] = Group.allCases, stains: Stains = .standard) {
    self.scales = scales
    self.groups = Group.allCases.filter(groups.contains)
    self.stains = stains
  }

  /// The names of the F features: scale after scale, such as `scale-1_colour_red_mean`.
  public var names: [String] {
    scales.flatMap { scale in
      groups.flatMap { group in
        let names: [String]
        switch group {
        case .colour: names = named(["red", "green", "blue"], Statistics.names)
        case .stain: names = named(stains.names, Statistics.names)
        case .texture: names = named(Texture.properties, Texture.directions.map { "angle-\($0.degrees)" })
        }
        return names.map { "scale-\(scale.name)_\(group.rawValue)_\($0)" }
      }
    }
  }

  private func named(_ first: [String], _ second: [String]) -> [String] {
    first.flatMap { name in second.map { name + "_" + $0 } }
  }
}

/// Features of the patches around spots, `[N, F]`, F as `options.names`.
///
/// Grey levels are 0.2125 red + 0.7154 green + 0.0721 blue, rounded to whole numbers, halves to even. Opacity is ignored:
/// lay the image over white first. Spots are worked on in parallel, with the same bytes for any number of threads;
/// beside the result memory is a few patches a thread.
/// - Parameter centres: the spots in pixels of the image, x to the right and y down; each patch must hold a pixel of the
///   image (`Patch.init`), which is the caller's to check
/// - Source: the statistics are those of squidpy's `summary` and `texture` features, of scikit-image's `rgb2hed` and
///   `rgb2gray`.
public func imageFeatures(
  of image: Image, at centres: [SIMD2<Double>], options: ImageFeatureOptions
) -> Matrix {
  let width = options.names.count
  var values = [Float](repeating: 0, count: centres.count * width)
  values.withUnsafeMutableBufferPointer { values in
    // Every block writes its own rows.
    nonisolated(unsafe) let values = values
    parallelRows(centres.count, blockSize: 32) { rows in
      var measured = PatchMeasurement(options)
      for i in rows {
        var column = i * width
        for scale in options.scales {
          guard let patch = Patch(around: centres[i], side: scale.side, width: image.width, height: image.height) else {
            preconditionFailure("spot \(i) lies outside of the image")
          }
          for value in measured.features(of: patch, in: image) {
            values[column] = Float(value)
            column += 1
          }
        }
      }
    }
  }
  return Matrix(rows: centres.count, columns: width, values: values)
}

/// The working memory of one thread.
private struct PatchMeasurement {
  private let options: ImageFeatureOptions
  private let wants: (colour: Bool, stain: Bool, texture: Bool)
  /// How often each byte occurs, `[3, 256]`.
  private var byteCounts = [Int32](repeating: 0, count: 3 * 256)
  /// The amounts of each stain.
  private var amounts = [[Double]](repeating: [], count: 3)
  /// Grey levels `[height, width]`.
  private var grey = [UInt8]()
  private var texture = Texture()

  init(_ options: ImageFeatureOptions) {
    self.options = options
    wants = (options.groups.contains(.colour), options.groups.contains(.stain), options.groups.contains(.texture))
  }

  mutating func features(of patch: Patch, in image: Image) -> [Double] {
    gather(patch, image)
    var result = [Double]()
    for group in options.groups {
      switch group {
      case .colour:
        for channel in 0..<3 {
          result += Statistics.ofBytes(counts: byteCounts[channel * 256..<(channel + 1) * 256])
        }
      case .stain:
        for stain in 0..<3 { result += Statistics.of(&amounts[stain]) }
      case .texture:
        let directions = Texture.directions.map {
          texture.statistics(grey, width: patch.width, height: patch.height, step: $0.step)
        }
        for property in Texture.properties.indices { result += directions.map { $0[property] } }
      }
    }
    return result
  }

  private mutating func gather(_ patch: Patch, _ image: Image) {
    for i in byteCounts.indices { byteCounts[i] = 0 }
    for stain in 0..<3 { amounts[stain].removeAll(keepingCapacity: true) }
    grey.removeAll(keepingCapacity: true)
    for y in patch.rows {
      let start = (y * image.width + patch.columns.lowerBound) * 4
      for place in stride(from: start, to: start + 4 * patch.width, by: 4) {
        let (red, green, blue) = (image.pixels[place], image.pixels[place + 1], image.pixels[place + 2])
        if wants.colour {
          byteCounts[Int(red)] += 1
          byteCounts[256 + Int(green)] += 1
          byteCounts[512 + Int(blue)] += 1
        }
        if wants.stain {
          let found = options.stains.amounts(red: red, green: green, blue: blue)
          for stain in 0..<3 { amounts[stain].append(found[stain]) }
        }
        if wants.texture { grey.append(greyLevel(red, green, blue)) }
      }
    }
  }
}

/// 0.2125 red + 0.7154 green + 0.0721 blue (ITU-R BT.709), halves to even.
func greyLevel(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
  let tenThousandths = 2125 * Int(red) + 7154 * Int(green) + 721 * Int(blue)
  let (whole, rest) = tenThousandths.quotientAndRemainder(dividingBy: 10_000)
  return UInt8(rest > 5000 || (rest == 5000 && whole % 2 == 1) ? whole + 1 : whole)
}
