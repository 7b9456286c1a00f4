#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reference arrays by name, read from a safetensors file: 8 bytes header length, a JSON header, one block of data.
public struct Golden: Sendable {
  /// One array: its shape and its numbers.
  public struct Values: Sendable {
    /// The type's name in the file: F32, F64, I32, I64, U8, U16 or BOOL.
    public let type: String
    public let shape: [Int]
    /// The numbers, row-major; whole numbers are exact up to 2^53.
    public let doubles: [Double]
    public var floats: [Float] { doubles.map(Float.init) }
    public var ints: [Int] { doubles.map { Int($0) } }
    public var bools: [Bool] { doubles.map { $0 != 0 } }
  }

  public struct Malformed: Error, CustomStringConvertible {
    public let description: String
  }

  /// The `__metadata__` of the file.
  public let metadata: [String: String]
  public let arrays: [String: Values]

  /// The array of that name; a missing name ends the test with the names there are.
  public subscript(name: String) -> Values {
    guard let array = arrays[name] else {
      preconditionFailure("no '\(name)' among the reference arrays \(arrays.keys.sorted())")
    }
    return array
  }

  public var names: [String] { arrays.keys.sorted() }

  /// Reads a whole file.
  public static func load(_ path: String) throws -> Golden {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    guard data.count >= 8 else { throw Malformed(description: "\(path) is too short for a safetensors file") }
    let headerLength = data.withUnsafeBytes { Int(UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))) }
    guard headerLength >= 2, headerLength <= data.count - 8 else {
      throw Malformed(description: "\(path): header of \(headerLength) bytes in a file of \(data.count)")
    }
    let header = try JSONDecoder().decode([String: Entry].self, from: data.subdata(in: 8..<8 + headerLength))
    var metadata: [String: String] = [:]
    var arrays: [String: Values] = [:]
    for (name, entry) in header {
      switch entry {
      case .metadata(let values): metadata = values
      case .tensor(let type, let shape, let offsets):
        let start = 8 + headerLength + offsets[0]
        let end = 8 + headerLength + offsets[1]
        guard offsets[0] >= 0, start <= end, end <= data.count else {
          throw Malformed(description: "\(path): '\(name)' lies outside the file")
        }
        let numbers = try data.withUnsafeBytes {
          try decode(UnsafeRawBufferPointer(rebasing: $0[start..<end]), type, name)
        }
        guard numbers.count == shape.reduce(1, *) else {
          throw Malformed(description: "\(path): '\(name)' has \(numbers.count) values for shape \(shape)")
        }
        arrays[name] = Values(type: type, shape: shape, doubles: numbers)
      }
    }
    return Golden(metadata: metadata, arrays: arrays)
  }

  private static func decode(_ bytes: UnsafeRawBufferPointer, _ type: String, _ name: String) throws -> [Double] {
    func each<T>(_: T.Type, _ convert: (T) -> Double) -> [Double] {
      let size = MemoryLayout<T>.size
      return (0..<bytes.count / size).map { convert(bytes.loadUnaligned(fromByteOffset: $0 * size, as: T.self)) }
    }
    switch type {
    case "F32": return each(Float.self) { Double($0) }
    case "F64": return each(Double.self) { $0 }
    case "I32": return each(Int32.self) { Double($0) }
    case "I64": return each(Int64.self) { Double($0) }
    case "U16": return each(UInt16.self) { Double($0) }
    case "U8", "BOOL": return each(UInt8.self) { Double($0) }
    default: throw Malformed(description: "'\(name)' has type \(type)")
    }
  }

  private enum Entry: Decodable {
    case metadata([String: String])
    case tensor(type: String, shape: [Int], offsets: [Int])

    private enum Key: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      if container.contains(.offsets) {
        self = .tensor(
          type: try container.decode(String.self, forKey: .dtype),
          shape: try container.decode([Int].self, forKey: .shape),
          offsets: try container.decode([Int].self, forKey: .offsets))
      } else {
        self = .metadata(try decoder.singleValueContainer().decode([String: String].self))
      }
    }
  }
}
