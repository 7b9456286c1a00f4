import Foundation
import HDF5
import TestSupport
import Testing

/// Every index, group and heap of the format: datasets carry the checksum that Python took of their values.
///
/// `STOMICS_H5_FOLDER` names a folder of further files to check, as scripts/golden/h5_fixtures.py makes them.
@Suite("Values behind every structure of the format") struct StructureTests {
  static let fixtures = ["structures_old.h5", "structures_new.h5", "structures_latest.h5"]
  static let others: [String] = {
    guard let folder = ProcessInfo.processInfo.environment["STOMICS_H5_FOLDER"] else { return [] }
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().map { folder + "/" + $0 }
  }()
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  @Test(arguments: fixtures) func fixture(_ name: String) throws {
    let root = try H5File.open(try scratch.fixture(name)).root()
    #expect(try check(root) > 50)
    let many = try root.group("many").names()
    #expect(many.count == 600)
    #expect(many.prefix(3) == ["0", "119n", "238nn"])
    #expect(try root.group("many").kind(of: "119n") == .dataset)
    #expect(try root.group("many").group("0").integersAttribute("number") == [0])
    #expect(try root.group("sorted").names() == (0..<500).map { "member " + String(String($0 + 1000).dropFirst()) })
    let attributes = try root.group("attributes")
    for k in [0, 1, 150, 299] {
      let name = "a" + String(String(k + 1000).dropFirst())
      #expect(try attributes.stringAttribute(name) == String(repeating: "v", count: 3 * k))
    }
    if name != "structures_old.h5" {
      #expect(try attributes.stringsAttribute("long") == (0..<9000).map { "column \($0)" })
    }
    #expect(try root.kind(of: "named") == .namedType)
  }

  @Test func szip() throws {
    let root = try H5File.open(try scratch.fixture("szip.h5")).root()
    #expect(try root.dataset("whole").filters.map(\.name) == ["szip"])
    #expect(try check(root) == 3)
  }

  @Test(.enabled(if: !others.isEmpty), arguments: others) func other(_ path: String) throws {
    #expect(try check(try H5File.open(path).root()) > 0, "\(path)")
  }

  /// Checks all datasets below a group and says how many.
  private func check(_ group: H5Group) throws -> Int {
    var count = 0
    for name in try group.names() {
      switch try group.kind(of: name) {
      case .group: count += try check(try group.group(name))
      case .dataset:
        let dataset = try group.dataset(name)
        guard let expected = try dataset.integersAttribute("adler32")?.first else { continue }
        let found = try adler32(dataset)
        #expect(
          found == expected, "\(dataset.file)\(dataset.path): \(dataset.type.name) \(dataset.shape) \(dataset.layout)")
        count += 1
      default: break
      }
    }
    return count
  }

  private func adler32(_ dataset: H5Dataset) throws -> Int {
    func sum<Number: H5Number>(_: Number.Type) throws -> Int { try dataset.read(Number.self).withUnsafeBytes(adler32) }
    switch dataset.type {
    case .fixedString, .variableString:
      var bytes: [UInt8] = []
      for text in try dataset.readStrings() { bytes += Array(text.utf8) + [0] }
      return bytes.withUnsafeBytes(adler32)
    case .integer(1, true, _): return try sum(Int8.self)
    case .integer(2, true, _): return try sum(Int16.self)
    case .integer(4, true, _): return try sum(Int32.self)
    case .integer(8, true, _): return try sum(Int64.self)
    case .integer(1, false, _): return try sum(UInt8.self)
    case .integer(2, false, _): return try sum(UInt16.self)
    case .integer(4, false, _): return try sum(UInt32.self)
    case .integer(8, false, _): return try sum(UInt64.self)
    case .float(8, _): return try sum(Double.self)
    default: return try sum(Float.self)
    }
  }

  private func adler32(_ bytes: UnsafeRawBufferPointer) -> Int {
    var (low, high) = (1, 0)
    for byte in bytes {
      low = (low + Int(byte)) % 65521
      high = (high + low) % 65521
    }
    return high << 16 | low
  }
}
