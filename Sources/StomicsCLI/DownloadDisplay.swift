import AnnData
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
      console.status("\(state.file.fileName)  \(FileSummary.size(state.bytes))")
    }
  }

  private func show(_ bytes: Int, of total: Int, title: String, detail: String) {
    // Small files in smaller units, for the rate is told in whole ones.
    let (unit, size) = total < 20_000_000 ? ("kB", 1000) : ("MB", 1_000_000)
    let whole = total / size + (total % size > 0 ? 1 : 0)
    let shown = progress ?? console.progress(title, total: whole, unit: unit, startingAt: bytes / size)
    progress = shown
    shown.update(bytes == total ? whole : bytes / size, detail: detail)
  }
}
