internal import CHDF5

/// What a name in a group leads to.
public enum H5Kind: String, Sendable {
  case group
  case dataset
  case namedType = "named type"
  /// A soft or external link whose target does not exist.
  case danglingLink = "link to nothing"
}

/// Which object it is, whatever name it was reached by.
public struct H5Identity: Hashable, Sendable {
  let file: UInt
  let address: UInt64
}

/// A group or a dataset: something with a path and attributes.
public class H5Object {
  let context: FileContext
  let handle: Handle
  /// The path inside the file, "/" for the root.
  public let path: String

  init(_ context: FileContext, _ handle: Handle, path: String) {
    self.context = context
    self.handle = handle
    self.path = path
  }

  /// The path of the file it lies in.
  public var file: String { context.name }
  /// The size of that file in bytes.
  public var fileSize: Int { context.size }

  /// Tells two names of one object from two objects.
  public func identity() throws -> H5Identity {
    try H5Library.locked {
      var info = H5O_info_t()
      try check(H5Oget_info2(handle.id, &info, UInt32(H5O_INFO_BASIC)), "look up")
      return H5Identity(file: info.fileno, address: UInt64(info.addr))
    }
  }

  /// Throws the library's account where a call failed.
  @discardableResult
  func check<Result: SignedInteger>(_ result: Result, _ operation: String, _ name: String? = nil) throws -> Result {
    if result < 0 { throw failure(operation, name) }
    return result
  }

  func failure(_ operation: String, _ name: String? = nil) -> H5Error {
    let where_ = name.map { path.appendingKey($0) } ?? path
    let detail = H5Library.errorText()
    if context.isWritten { context.life.abandon(detail) }
    return .library(operation: operation, path: where_, detail: detail, file: file)
  }
}

extension String {
  /// The path of a member of the group at this path.
  func appendingKey(_ name: String) -> String { self == "/" ? "/" + name : self + "/" + name }
}
