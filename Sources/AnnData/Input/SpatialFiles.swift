import Images
import OrderedCollections
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What lies beside a matrix about its place on the slide: positions, scale factors, images.
struct SpatialFiles {
  let folder: String
  /// The table of positions; nil where there is none.
  let positions: String?
  let scaleFactors: String?
  /// Images under the names `hires` and `lowres`.
  let images: OrderedDictionary<String, String>

  /// Looks in `spatial` of a folder, then in the folder itself; nil where neither has positions, scale factors or images.
  /// - Parameter prefix: what the library's files begin with where a folder holds several libraries'.
  /// - Throws: `InputError.ambiguous` where there are several tables of positions.
  static func find(beside folder: InputFolder, prefix: String) throws -> SpatialFiles? {
    if let inner = try folder.folder("spatial"), let files = try SpatialFiles(in: inner, prefix: prefix) {
      return files
    }
    return try SpatialFiles(in: folder, prefix: prefix)
  }

  private init?(in folder: InputFolder, prefix: String) throws {
    self.folder = folder.path
    let own = folder.files.filter { !prefix.isEmpty && $0.hasPrefix(prefix) }
    let files = own.isEmpty ? folder.files : own
    positions = try SpatialFiles.positions(among: files, in: folder)
    scaleFactors = files.first {
      $0.lowercased().contains("scalefactors") && InputFolder.stem($0).hasSuffix(".json")
    }.map(folder.path)
    var images: OrderedDictionary<String, String> = [:]
    for resolution in ["hires", "lowres"] {
      let endings = [".png", ".jpg", ".jpeg", ".tif", ".tiff"]
      let found = files.filter { name in
        let stem = InputFolder.stem(name)
        return stem.contains("tissue_\(resolution)_image") && endings.contains { stem.hasSuffix($0) }
      }
      images[resolution] = (found.first { InputFolder.stem($0).hasSuffix(".png") } ?? found.first).map(folder.path)
    }
    self.images = images
    if positions == nil && scaleFactors == nil && images.isEmpty { return nil }
  }

  /// The table of positions: told by content among the tables of text; a Parquet table only where no text is.
  private static func positions(among files: [String], in folder: InputFolder) throws -> String? {
    let tables = files.filter { name in
      let stem = InputFolder.stem(name)
      return [".csv", ".txt", ".tsv"].contains { stem.hasSuffix($0) }
    }
    let found = tables.filter { name in
      (try? InputText.beginning(folder.path(name))).map(SpotPositions.looksLikePositions) ?? name.contains("positions")
    }
    if found.count == 1 { return folder.path(found[0]) }
    if found.isEmpty {
      let parquet = files.filter { $0.hasSuffix(".parquet") && $0.contains("positions") }
      return parquet.first.map(folder.path)
    }
    let usual = found.filter { InputFolder.stem($0).hasSuffix("tissue_positions.csv") }
    if usual.count == 1 { return folder.path(usual[0]) }
    throw InputError.ambiguous(
      what: "table of positions", folder: folder.path, candidates: found, advice: "Leave the right one there.")
  }

  /// The factors of `scalefactors_json.json`, sorted by name.
  /// - Throws: `InputError.content` where the file is no JSON object.
  func readScaleFactors(_ notes: inout [InputNote]) throws -> OrderedDictionary<String, Element> {
    guard let file = scaleFactors else {
      notes.append(
        .warning("\(folder) has no scalefactors_json.json: spots and images cannot be brought to one scale."))
      return [:]
    }
    let bytes = try InputText.read(file)
    let members: [String: ScaleFactor]
    do {
      members = try JSONDecoder().decode([String: ScaleFactor].self, from: Data(bytes))
    } catch {
      throw InputError.content(found: "is no JSON object", expected: "one of scale factors", file: file)
    }
    var factors: OrderedDictionary<String, Element> = [:]
    for (name, member) in members.sorted(by: { $0.key < $1.key }) {
      switch member {
      case .number(let value): factors[name] = .scalar(.float64([value]))
      case .other: notes.append(.warning("\(file): '\(name)' is no number and is left out."))
      }
    }
    return factors
  }

  /// The images as squidpy keeps them: bytes `[height, width, 3]`, or 4 where they have opacity. What is missing or no
  /// PNG is noted and left out.
  func readImages(_ notes: inout [InputNote]) throws -> OrderedDictionary<String, Element> {
    var result: OrderedDictionary<String, Element> = [:]
    for resolution in ["hires", "lowres"] {
      guard let file = images[resolution] else {
        notes.append(.note("\(folder) has no image tissue_\(resolution)_image.png."))
        continue
      }
      do {
        let bytes = try InputText.read(file)
        let image = try Image(png: bytes, name: file)
        result[resolution] = .array(image.array(hasOpacity: bytes[25] == 4 || bytes[25] == 6))
      } catch let error as PNGError {
        notes.append(.warning("\(error.description) The image is left out."))
      }
    }
    return result
  }
}

/// A member of the file of scale factors.
private enum ScaleFactor: Decodable {
  case number(Double)
  case other

  init(from decoder: any Decoder) throws {
    let value = try? decoder.singleValueContainer().decode(Double.self)
    self = value.map { .number($0) } ?? .other
  }
}

extension Image {
  /// Rows, columns and channels as an array; opacity only where the file or a pixel has it.
  fileprivate func array(hasOpacity: Bool) -> DenseArray {
    let isSolid = !hasOpacity && stride(from: 3, to: pixels.count, by: 4).allSatisfy { pixels[$0] == 255 }
    guard isSolid else { return DenseArray(shape: [height, width, 4], values: .uint8(pixels)) }
    var colours = [UInt8](repeating: 0, count: width * height * 3)
    for pixel in 0..<width * height {
      for channel in 0..<3 { colours[pixel * 3 + channel] = pixels[pixel * 4 + channel] }
    }
    return DenseArray(shape: [height, width, 3], values: .uint8(colours))
  }
}
