import Glibc

/// What is wrong with some bytes, before it is known whose they are: `FileContext.describing` adds path and file.
struct Malformed: Error, Equatable {
  let detail: String

  init(_ detail: String) { self.detail = detail }
}

/// The bytes of a file, or of an array that stands for one, every access checked.
///
/// A file is read by `pread` and not mapped: a file that another program cuts short meanwhile is an error then, not a
/// signal. May be used from several threads.
final class FileBytes: Sendable {
  private enum Source {
    case file(Int32)
    case memory([UInt8])
  }

  private let source: Source
  /// How many bytes there were when it was opened.
  let size: Int

  /// Takes over an open file.
  init(descriptor: Int32, size: Int) {
    source = .file(descriptor)
    self.size = size
  }

  init(_ bytes: [UInt8]) {
    source = .memory(bytes)
    size = bytes.count
  }

  deinit { if case .file(let descriptor) = source { close(descriptor) } }

  /// `count` bytes from `offset` on.
  /// - Throws: `Malformed` where they reach beyond the file; nothing is allocated then.
  func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    try requireInside(offset, count)
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
      initialised = count
    }
  }

  /// Fills `output` with the bytes from `offset` on.
  func read(at offset: Int, into output: UnsafeMutableRawBufferPointer) throws {
    try requireInside(offset, output.count)
    switch source {
    case .memory(let bytes):
      bytes.withUnsafeBytes { output.copyMemory(from: .init(rebasing: $0[offset..<offset + output.count])) }
    case .file(let descriptor):
      var done = 0
      while done < output.count {
        let count = pread(descriptor, output.baseAddress.map { $0 + done }, output.count - done, off_t(offset + done))
        if count < 0 && errno == EINTR { continue }
        if count < 0 { throw Malformed("it cannot be read: \(systemReason())") }
        if count == 0 { throw Malformed("it was cut short while it was read") }
        done += count
      }
    }
  }

  private func requireInside(_ offset: Int, _ count: Int) throws {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw Malformed("something at byte \(offset) lies outside the file's \(size) bytes")
    }
  }
}
