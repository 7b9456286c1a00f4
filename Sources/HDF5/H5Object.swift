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
  let file: String
  let address: Int
}

/// A group or a dataset of a file that is read: something with a path and attributes.
public class H5Object {
  let context: FileContext
  let header: ObjectHeader
  /// The path inside the file, "/" for the root.
  public let path: String
  private lazy var attributes = Result { try context.describing(path) { try H5Attribute.all(of: header, context) } }

  init(_ context: FileContext, _ header: ObjectHeader, path: String) {
    self.context = context
    self.header = header
    self.path = path
  }

  /// The path of the file it lies in.
  public var file: String { context.name }
  /// The size of that file in bytes.
  public var fileSize: Int { context.size }

  /// Tells two names of one object from two objects.
  public var identity: H5Identity { H5Identity(file: context.name, address: header.address) }

  func allAttributes() throws -> [H5Attribute] { try attributes.get() }
}

extension String {
  /// The path of a member of the group at this path.
  func appendingKey(_ name: String) -> String { self == "/" ? "/" + name : self + "/" + name }
}
