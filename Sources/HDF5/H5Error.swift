import Glibc
import StomicsCore

/// What can be wrong with an HDF5 file; every case names the file and, where there is one, the object in it.
public enum H5Error: StomicsError, Equatable {
  case notFound(file: String)
  case cannotOpen(file: String, reason: String)
  case empty(file: String)
  case notHDF5(file: String, looksLike: String?)
  /// The file is shorter than it says itself.
  case truncated(file: String, size: Int, expected: Int?)
  case missing(name: String, group: String, available: [String], file: String)
  case wrongKind(path: String, expected: String, found: String, file: String)
  case unexpectedType(path: String, expected: String, found: String, file: String)
  /// Something in the file claims a size that a file of this length cannot hold.
  case implausibleSize(path: String, claim: String, fileSize: Int, file: String)
  /// Its elements lie in other files, or are composed of other datasets.
  case elsewhere(path: String, file: String)
  case missingFilter(path: String, id: Int, name: String, file: String)
  case damaged(path: String, detail: String, file: String)
  /// A call of libhdf5 failed; `detail` is its own account.
  case library(operation: String, path: String, detail: String, file: String)
  /// A part that is passed on as it is, and cannot be.
  case cannotCopy(path: String, reason: String, file: String)
  case cannotWrite(file: String, reason: String)

  public var kind: ErrorKind {
    switch self {
    case .notFound, .cannotOpen, .cannotWrite: .file
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .notFound(let file): return "\(file): no such file"
    case .cannotOpen(let file, let reason): return "\(file): cannot be opened: \(reason)"
    case .empty(let file): return "\(file) is empty (0 bytes): was it copied or downloaded to the end?"
    case .notHDF5(let file, let looksLike):
      return "\(file) is not an HDF5 file"
        + (looksLike.map { ": it looks like \($0)" } ?? " (its first bytes are of no format known here)")
    case .truncated(let file, let size, let expected):
      let want = expected.map { " of the \($0) it should have" } ?? ""
      return "\(file) is truncated: it has \(size) bytes\(want). Copy or download it again."
    case .missing(let name, let group, let available, let file):
      return "'\(name)' not found in \(group) of \(file) (found: \(list(available)))"
    case .wrongKind(let path, let expected, let found, let file):
      return "\(path) of \(file) is \(found) where \(expected) was expected"
    case .unexpectedType(let path, let expected, let found, let file):
      return "\(path) of \(file) holds \(found) where \(expected) was expected"
    case .implausibleSize(let path, let claim, let fileSize, let file):
      return "\(path) of \(file) claims \(claim), which a file of \(fileSize) bytes cannot hold: the file is damaged. "
        + "Copy or download it again."
    case .elsewhere(let path, let file):
      return "\(path) of \(file) keeps its elements elsewhere (external or virtual storage), which is not read here. "
        + "Copy it into one file, for example with h5py or h5repack"
    case .missingFilter(let path, let id, let name, let file):
      return "\(path) of \(file) is compressed with \(name) (filter \(id)), which this program cannot unpack. "
        + "Write it again with gzip, for example in Python: adata.write_h5ad(path, compression='gzip')"
    case .damaged("/", let detail, let file): return "\(file) is damaged: \(detail). Copy or download it again."
    case .damaged(let path, let detail, let file):
      return "\(path) of \(file) is damaged: \(detail). Copy or download it again."
    case .library(let operation, let path, let detail, let file):
      return "cannot \(operation) \(path) of \(file): \(detail)"
    case .cannotCopy(let path, let reason, let file): return "\(path) of \(file) cannot be passed on: \(reason)"
    case .cannotWrite(let file, let reason): return "\(file) cannot be written: \(reason)"
    }
  }

  private func list(_ names: [String]) -> String {
    if names.isEmpty { return "nothing" }
    return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", … \(names.count) in all" : "")
  }
}

/// A failed system call's reason, in words.
func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
