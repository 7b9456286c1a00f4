/// Where the files of a dataset lie.
public struct DownloadSource: Sendable, Equatable {
  /// An address with `{id}` for a file's Figshare number and `{name}` for its name.
  var pattern: String
  /// Figshare's list of an article's files, which gives their sizes and MD5s; a mirror has none.
  var listing: String?

  /// Figshare itself.
  public static func figshare(_ dataset: Dataset) -> DownloadSource {
    DownloadSource(
      pattern: "https://ndownloader.figshare.com/files/{id}",
      listing: "https://api.figshare.com/v2/articles/\(dataset.figshareArticle)/files?page=1&page_size=100")
  }

  /// Another place that serves the same files: an address with `{id}` or `{name}` in it, or a folder of `NAME.h5ad`.
  /// - Throws: `DownloadError.badMirror`
  public static func mirror(_ address: String) throws -> DownloadSource {
    let lower = address.lowercased()
    guard let scheme = ["https://", "http://"].first(where: { lower.hasPrefix($0) }) else {
      throw DownloadError.badMirror(address, reason: "it begins with neither https:// nor http://")
    }
    guard let first = address.dropFirst(scheme.count).first, first != "/", first != ":" else {
      throw DownloadError.badMirror(address, reason: "it names no server")
    }
    guard address.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
      throw DownloadError.badMirror(address, reason: "it holds characters that an address has to encode with %")
    }
    if address.contains("{id}") || address.contains("{name}") { return DownloadSource(pattern: address) }
    return DownloadSource(pattern: address + (address.hasSuffix("/") ? "" : "/") + "{name}.h5ad")
  }

  /// Where a file of the dataset lies.
  public func address(of file: Dataset.File) -> String {
    pattern.replacing("{name}", with: file.name).replacing("{id}", with: "\(file.figshareID)")
  }
}
