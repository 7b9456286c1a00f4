#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import StomicsCore

/// A safetensors file of float32 arrays: a JSON header of names, shapes and places, then the numbers, little-endian.
///
/// Half and double precision are read and become Float; other types are an error.
/// - Source: the format's specification in the safetensors project.
public struct Safetensors: Sendable, Equatable {
  /// One array: its shape and its elements, row-major.
  public struct Tensor: Sendable, Equatable {
    public var shape: [Int]
    public var values: [Float]

    public init(shape: [Int], values: [Float]) {
      precondition(shape.reduce(1, *) == values.count, "\(values.count) values for shape \(shape)")
      self.shape = shape
      self.values = values
    }
  }

  /// By name.
  public var tensors: [String: Tensor] = [:]
  /// Free text beside the arrays.
  public var metadata: [String: String] = [:]

  public init() {}

  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  private struct Header: Codable {
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]

    struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { return nil }
    }

    init() {}

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in container.allKeys {
        if key.stringValue == "__metadata__" {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      if !metadata.isEmpty { try container.encode(metadata, forKey: Key(stringValue: "__metadata__")) }
      for (name, entry) in entries { try container.encode(entry, forKey: Key(stringValue: name)) }
    }
  }

  // MARK: Reading

  /// Reads a file.
  /// - Throws: `FileError` where it cannot be read, `ModelError.checkpoint` where it is no safetensors file.
  public init(contentsOf path: String) throws {
    let bytes = try readFile(path)
    func fail(_ problem: String) -> ModelError { .checkpoint(file: path, problem: problem) }
    guard bytes.count >= 8 else { throw fail("it has \(bytes.count) bytes; a safetensors file has at least 8") }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
    guard length <= UInt64(bytes.count - 8) else {
      throw fail(
        "its header claims \(length) bytes and the file has \(bytes.count): it is cut off, or no safetensors file")
    }
    let start = 8 + Int(length)
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<start]))
    } catch {
      throw fail("its header is not the JSON of a safetensors file")
    }
    metadata = header.metadata
    // In order of names, so that of several faults the same one is reported every time.
    for (name, entry) in header.entries.sorted(by: { $0.key < $1.key }) {
      guard let width = ["F16": 2, "F32": 4, "F64": 8][entry.dtype] else {
        throw fail("'\(name)' holds \(entry.dtype); only F16, F32 and F64 are read")
      }
      guard entry.data_offsets.count == 2, entry.data_offsets[0] >= 0,
        entry.data_offsets[0] <= entry.data_offsets[1], entry.data_offsets[1] <= bytes.count - start
      else { throw fail("'\(name)' lies outside the file: it is cut off or damaged") }
      var count = 1
      for size in entry.shape {
        let (product, overflow) = count.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow else { throw fail("'\(name)' has shape \(entry.shape)") }
        count = product
      }
      guard count <= bytes.count, count * width == entry.data_offsets[1] - entry.data_offsets[0] else {
        throw fail("'\(name)' has shape \(entry.shape), which does not fit its bytes")
      }
      let values = bytes.withUnsafeBytes { raw in
        (0..<count).map { i -> Float in
          let place = start + entry.data_offsets[0] + i * width
          switch width {
          case 2: return Self.half(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt16.self)))
          case 4:
            return Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
          default:
            return Float(
              Double(bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))))
          }
        }
      }
      tensors[name] = Tensor(shape: entry.shape, values: values)
    }
  }

  /// IEEE half precision, widened.
  private static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF) / 1024
    switch exponent {
    case 0: return sign * fraction * 0x1p-14
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
    }
  }

  // MARK: Writing

  /// Writes the file, the old one staying until the new one is whole. Names stand in alphabetical order, so that equal
  /// content gives equal bytes.
  public func write(to path: String) throws {
    var header = Header()
    header.metadata = metadata
    let ordered = tensors.sorted { $0.key < $1.key }
    var offset = 0
    for (name, tensor) in ordered {
      let end = offset + MemoryLayout<Float>.size * tensor.values.count
      header.entries[name] = Entry(dtype: "F32", shape: tensor.shape, data_offsets: [offset, end])
      offset = end
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = [UInt8](try encoder.encode(header))
    while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> (8 * $0)) }
    try AtomicFile.stream(to: path) { write in
      try (length + json).withUnsafeBytes(write)
      for (_, tensor) in ordered {
        #if _endian(little)
          try tensor.values.withUnsafeBytes(write)
        #else
          try tensor.values.map(\.bitPattern.littleEndian).withUnsafeBytes(write)
        #endif
      }
    }
  }
}
