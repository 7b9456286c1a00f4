import Download

/// Shows how far a download is: all of it where its size is known before, else file by file.
final class DownloadDisplay {
  private let console: Console
  private var files: [Dataset.File] = []
  /// Bytes in all files; nil where that is not known before.
  private var total: Int?
  /// The sizes of the files that are done.
  private var done = 0
  /// The file that comes in, and how much of it is here.
  private var current: DownloadProgress?
  private var progress: Progress?

  init(_ console: Console) { self.console = console }

  func planned(_ files: [Dataset.File], _ total: Int?) {
    self.files = files
    self.total = total
  }

  func arrived(_ state: DownloadProgress) {
    if let current, current.index != state.index {
      done += current.bytes
      if total == nil { progress = nil }
    }
    current = state
    if let total {
      let bytes = done + state.bytes
      show(
        bytes, of: total, title: "downloading", detail: "\(state.file.fileName) (\(state.index + 1) of \(files.count))")
    } else if let size = state.total {
      show(state.bytes, of: size, title: "\(state.file.fileName) (\(state.index + 1) of \(files.count))", detail: "")
    } else {
      console.status("\(state.file.fileName)  \(Self.megabytes(state.bytes)) MB")
    }
  }

  private func show(_ bytes: Int, of total: Int, title: String, detail: String) {
    let whole = Self.megabytes(total + 999_999)
    let shown =
      progress
      ?? console.progress(
        title, total: whole, unit: "MB", startingAt: Self.megabytes(bytes))
    progress = shown
    shown.update(bytes == total ? whole : Self.megabytes(bytes), detail: detail)
  }

  private static func megabytes(_ bytes: Int) -> Int { bytes / 1_000_000 }
}
