import Download
import Kernels
import LinearAlgebra
import StomicsCore

/// What this binary is made of: the lines of `stomics info --build`.
public struct BuildInformation: Codable, Sendable, Equatable {
  public var version: String
  public var swift: String
  public var configuration: String
  /// The instructions our own kernels use.
  public var kernels: String
  /// The processor kernels OpenBLAS uses.
  public var blas: String
  /// What fetches files, with its TLS library: the first download loads it.
  public var downloads: String
  public var threads: Int
  public var cores: Int

  public static func current() -> BuildInformation {
    BuildInformation(
      version: stomicsVersion, swift: swiftVersion, configuration: configuration,
      kernels: Kernels.instructionSet, blas: LinearAlgebra.coreName, downloads: downloads, threads: Threads.count,
      cores: Threads.available)
  }

  /// One property a line.
  public var text: String {
    TextTable(
      [],
      rows: [
        ["stomics", version],
        ["Swift", swift],
        ["configuration", configuration],
        ["kernels", kernels],
        ["OpenBLAS kernels", blas],
        ["downloads", downloads],
        ["threads", "\(threads) of \(cores) cores"],
      ], leftColumns: [0, 1]
    ).text
  }

  private static var downloads: String {
    guard let version = downloadLibraryVersion() else { return "no libcurl here" }
    return version.split(separator: " ").prefix(2).joined(separator: " ")
  }

  private static var configuration: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  /// The compiler's version, as far as conditions can tell it.
  private static var swiftVersion: String {
    #if compiler(>=6.4)
      "6.4 or newer"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }
}
