import Foundation
import HDF5
import StomicsCore
import TestSupport
import Testing

/// Damaged copies of the fixtures, in memory: whatever lies in them, reading ends with a result or an error.
///
/// `STOMICS_MUTANTS` sets how many of each file are tried, `STOMICS_MUTANT_SEED` with which one it begins.
@Suite("Mutants of the format's structures") struct MutationTests {
  static let files = [
    "structures_old.h5", "structures_new.h5", "structures_latest.h5", "layouts_old.h5", "layouts_new.h5",
    "everything.h5ad", "everything_gzip.h5ad", "everything_lzf.h5ad", "tenx.h5", "szip.h5",
  ]
  private static func setting(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
  }

  @Test(arguments: files) func endWithAResultOrAnError(_ name: String) throws {
    let original = try Scratch.bytes(name)
    let first = Self.setting("STOMICS_MUTANT_SEED", 1)
    var opened = 0
    let count = Self.setting("STOMICS_MUTANTS", 12)
    for seed in first..<first + count {
      var generator = SeededGenerator(seed: UInt64(seed))
      let mutant = mutate(original, &generator)
      do {
        let root = try H5File.open(bytes: mutant, name: "mutant \(seed) of \(name)").root()
        opened += 1
        visit(root, depth: 0)
      } catch is H5Error {}
    }
    #expect(opened * 5 >= count * 2, "\(opened) of \(count) got past opening")
  }

  private func mutate(_ original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    // Metadata lies between zeros and data: near a structure's signature a change does most.
    for _ in 0..<1 + generator.integer(below: 6) {
      let place = 96 + generator.integer(below: bytes.count - 104)
      switch generator.integer(below: 6) {
      case 0: bytes[place] ^= UInt8(1 << generator.integer(below: 8))
      case 1: bytes[place] = [0, 1, 0x7f, 0x80, 0xff][generator.integer(below: 5)]
      case 2: for k in 0..<1 + generator.integer(below: 8) { bytes[place + k] = 0xff }
      case 3: for k in 0..<1 + generator.integer(below: 8) { bytes[place + k] = 0 }
      case 4:
        let from = 96 + generator.integer(below: bytes.count - 200)
        let length = 1 + generator.integer(below: 64)
        for k in 0..<length where place + k < bytes.count { bytes[place + k] = bytes[from + k] }
      default: bytes[place] = bytes[place] &+ 1
      }
    }
    return bytes
  }

  /// Reads all there is below a group; errors are results.
  private func visit(_ group: H5Group, depth: Int) {
    attributes(group)
    guard depth < 8, let names = try? group.names() else { return }
    for name in names {
      switch (try? group.kind(of: name)) ?? nil {
      case .group: if let member = try? group.group(name) { visit(member, depth: depth + 1) }
      case .dataset: if let dataset = try? group.dataset(name) { read(dataset) }
      default: continue
      }
    }
  }

  private func attributes(_ object: H5Object) {
    for name in (try? object.attributeNames()) ?? [] {
      _ = try? object.stringsAttribute(name)
      _ = try? object.integersAttribute(name)
      _ = try? object.boolAttribute(name)
      if let dataset = try? object.referencedDataset(name) { _ = try? dataset.readBytes() }
    }
  }

  private func read(_ dataset: H5Dataset) {
    attributes(dataset)
    _ = (dataset.storedBytes, dataset.layout, dataset.missingFilter, dataset.type.name)
    switch dataset.type {
    case .compound:
      guard let records = try? H5Records(dataset) else { return }
      for field in records.fields {
        _ = try? records.numbers(field, Double.self)
        _ = try? records.strings(field)
      }
    case .fixedString, .variableString: _ = try? dataset.readStrings()
    default:
      _ = try? dataset.read(Float.self)
      _ = try? dataset.read(Int64.self)
    }
  }
}
