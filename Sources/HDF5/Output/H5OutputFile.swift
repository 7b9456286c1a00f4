internal import CHDF5
import Glibc
import StomicsCore

/// A file that libhdf5 writes. After the first call that fails it is given up: `close` throws then.
///
/// Every call takes the library's lock, so files may be used from several threads, one call at a time.
public final class H5OutputFile {
  private let context: OutputContext

  private init(_ context: OutputContext) { self.context = context }

  /// Creates a file that must not exist yet.
  public static func create(_ path: String) throws -> H5OutputFile {
    try H5Library.locked {
      guard let access = Handle(H5Pcreate(stomics_h5p_file_access()), H5Pclose) else {
        throw H5Error.cannotWrite(file: path, reason: H5Library.errorText())
      }
      H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG)
      H5Pset_file_locking(access.id, false, true)
      let id = H5Fcreate(path, stomics_h5f_excl(), hid_t(H5P_DEFAULT), access.id)
      let life = FileLife()
      guard let handle = Handle(id, H5Fclose, of: life) else {
        throw H5Error.cannotWrite(file: path, reason: H5Library.errorText())
      }
      return H5OutputFile(OutputContext(name: path, handle: handle, life: life))
    }
  }

  /// The group that holds all others.
  public func root() throws -> H5OutputGroup {
    try H5Library.locked {
      let id = H5Gopen2(context.handle.id, "/", hid_t(H5P_DEFAULT))
      guard let handle = Handle(id, H5Gclose, of: context.life) else {
        throw H5Error.cannotWrite(file: context.name, reason: H5Library.errorText())
      }
      return H5OutputGroup(context, handle, path: "/")
    }
  }

  /// Writes out everything and closes; objects of the file are of no use afterwards.
  /// - Throws: `H5Error.cannotWrite`, a full disk for example; also where an earlier call failed, after which nothing more
  ///   is written.
  public func close() throws {
    try H5Library.locked {
      if context.life.failure == nil, H5Fflush(context.handle.id, H5F_SCOPE_GLOBAL) < 0 {
        context.life.abandon(H5Library.errorText())
      }
      context.handle.closeNow()
      if let failure = context.life.failure { throw H5Error.cannotWrite(file: context.name, reason: failure) }
    }
  }
}

/// The file that is written, shared by its objects.
final class OutputContext {
  let name: String
  let handle: Handle
  let life: FileLife

  init(name: String, handle: Handle, life: FileLife) {
    self.name = name
    self.handle = handle
    self.life = life
  }
}

/// A group or a dataset that is written.
public class H5OutputObject {
  let context: OutputContext
  let handle: Handle
  /// The path inside the file, "/" for the root.
  public let path: String

  init(_ context: OutputContext, _ handle: Handle, path: String) {
    self.context = context
    self.handle = handle
    self.path = path
  }

  /// The path of the file it lies in.
  public var file: String { context.name }

  /// Throws the library's account where a call failed.
  @discardableResult
  func check<Value: SignedInteger>(_ result: Value, _ operation: String, _ name: String? = nil) throws -> Value {
    if result < 0 { throw failure(operation, name) }
    return result
  }

  func failure(_ operation: String, _ name: String? = nil) -> H5Error {
    let detail = H5Library.errorText()
    context.life.abandon(detail)
    return .library(operation: operation, path: name.map { path.appendingKey($0) } ?? path, detail: detail, file: file)
  }
}

/// A dataset that is written.
public final class H5OutputDataset: H5OutputObject {
  let shape: [Int]

  init(_ context: OutputContext, _ handle: Handle, path: String, shape: [Int]) {
    self.shape = shape
    super.init(context, handle, path: path)
  }

  func writeAll(_ bytes: UnsafeRawPointer?, memoryType: hid_t) throws {
    try H5Library.locked {
      _ = try check(
        H5Dwrite(handle.id, memoryType, hid_t(H5S_ALL), hid_t(H5S_ALL), hid_t(H5P_DEFAULT), bytes), "write")
    }
  }
}
