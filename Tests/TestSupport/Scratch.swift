import Compression
import Foundation
import StomicsCore

/// A folder that is gone when nobody holds it any more.
public final class Scratch {
  public let path: String

  public init() throws { path = try Fixtures.temporaryFolder() }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes bytes under a name and returns the path.
  public func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }

  /// Unpacks a fixture and returns its path.
  public func fixture(_ name: String) throws -> String { try file(name, try Scratch.bytes(name)) }

  /// The bytes of a packed fixture.
  public static func bytes(_ name: String) throws -> [UInt8] {
    try Inflater().inflate(try readFile(Fixtures.path("io/\(name).gz")), format: .gzip)
  }
}
