import AnnData
import Compression
import Glibc
import HDF5
import Images
import Models
import Parquet
import StomicsCore
import Training

@testable import StomicsCLI

/// A parser: throws what it does not accept, and does nothing else that is wrong.
typealias Parser = @Sendable (_ bytes: [UInt8]) throws -> Void

let parsers: [String: Parser] = [
  "lzf": { bytes in
    // The size that the surroundings announce comes first.
    guard bytes.count >= 2 else { return }
    var output = [UInt8](repeating: 0, count: Int(bytes[0]) << 8 | Int(bytes[1]))
    try bytes[2...].withUnsafeBytes { input in try output.withUnsafeMutableBytes { try LZF.inflate(input, into: $0) } }
  },
  "shuffle": { bytes in
    guard let size = bytes.first, size > 0 else { return }
    var shuffled = [UInt8](repeating: 0, count: bytes.count)
    var restored = shuffled
    bytes.withUnsafeBytes { input in
      shuffled.withUnsafeMutableBytes { Shuffle.apply(input, elementSize: Int(size), into: $0) }
    }
    shuffled.withUnsafeBytes { input in
      restored.withUnsafeMutableBytes { Shuffle.undo(input, elementSize: Int(size), into: $0) }
    }
    precondition(restored == bytes, "shuffling there and back changes bytes")
  },
  "zlib": { bytes in
    guard bytes.count >= 2 else { return }
    var output = [UInt8](repeating: 0, count: Int(bytes[0]) << 8 | Int(bytes[1]))
    try bytes[2...].withUnsafeBytes { input in
      try output.withUnsafeMutableBytes { try Inflater().inflateZlib(input, into: $0) }
    }
  },
  "gzip": { bytes in _ = try Inflater().inflate(bytes, format: .gzip, limit: 1 << 20) },
  "safetensors": { bytes in try withFile(bytes) { _ = try Safetensors(contentsOf: $0) } },
  "checkpoint": { bytes in try withFile(bytes) { _ = try Checkpoint(contentsOf: $0).model(file: $0) } },
  "png": { bytes in
    _ = PNGText.entries(ofPNG: bytes)
    _ = try Image(png: bytes)
  },
  "csv": { bytes in
    let table = try CSVTable(String(decoding: bytes, as: UTF8.self), file: "table.csv")
    for name in table.header { _ = table.numbers(name) }
  },
  "yaml": { bytes in
    var configuration = TrainingConfiguration()
    try configuration.load(yaml: String(decoding: bytes, as: UTF8.self), file: "config.yaml")
    try configuration.validate()
  },
  "hdf5": { bytes in try walk(try H5File.open(bytes: bytes, name: "bytes").root(), depth: 0) },
  "npy": { bytes in try withFile(bytes) { _ = try NPYFile.read($0) } },
  "parquet": { bytes in _ = try ParquetTable.read(bytes, name: "bytes") },
  "snappy": { bytes in
    let size = try bytes.withUnsafeBytes { try Snappy.announcedSize($0) }
    var output = [UInt8](repeating: 0, count: min(size, 1 << 20))
    try bytes.withUnsafeBytes { input in try output.withUnsafeMutableBytes { try Snappy.inflate(input, into: $0) } }
  },
  "lz4": { bytes in
    guard bytes.count >= 2 else { return }
    var output = [UInt8](repeating: 0, count: Int(bytes[0]) << 8 | Int(bytes[1]))
    try bytes[2...].withUnsafeBytes { input in try output.withUnsafeMutableBytes { try LZ4.inflate(input, into: $0) } }
  },
  "h5ad": { bytes in
    try withFile(bytes) { path in
      _ = try FileSummary.read(path)
      _ = try AnnData.read(path)
    }
  },
]

/// Gives bytes a path; in memory, where the system has such a folder.
private func withFile(_ bytes: [UInt8], _ body: (_ path: String) throws -> Void) throws {
  let folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
  let path = "\(folder)/stomics-libfuzzer-\(getpid())"
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  precondition(descriptor >= 0, "no file in \(folder)")
  defer { unlink(path) }
  let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  close(descriptor)
  precondition(written == bytes.count, "\(path) takes no more")
  try body(path)
}

/// Reads everything below a group of an HDF5 file.
private func walk(_ group: H5Group, depth: Int) throws {
  for name in try group.names() where depth < 16 {
    switch try group.kind(of: name) {
    case .group: try walk(try group.group(name), depth: depth + 1)
    case .dataset:
      let dataset = try group.dataset(name)
      _ = try dataset.attributeNames()
      switch dataset.type {
      case .fixedString, .variableString: _ = try dataset.readStrings()
      default: _ = try dataset.readBytes()
      }
    default: break
    }
  }
}
