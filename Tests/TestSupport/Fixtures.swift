#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where tests find their files.
public enum Fixtures {
  /// The checkout's top folder.
  public static let root: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// Small reference files kept in the project: `Tests/Fixtures/<name>`.
  public static func path(_ name: String) -> String { root + "/Tests/Fixtures/" + name }

  /// A file of the folder of real data that stands beside a checkout, or nil where it is missing (the test then skips).
  public static func realData(_ name: String) -> String? {
    let base = ProcessInfo.processInfo.environment["STOMICS_REAL_DATA"] ?? root + "/../shared/data"
    let path = base + "/" + name
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// A new empty folder; the caller removes it.
  public static func temporaryFolder() throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/stomics-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
