import AnnData
import Download
import Glibc
import StomicsCore

/// What came of a download.
struct DownloadReport: Encodable {
  struct File: Encodable {
    var name: String
    var file: String
    var state: DownloadedFile.State
    var bytes: Int
    var sha256: String
    /// The server's, where it gave one and the file has it.
    var md5: String?
  }

  var dataset: String
  var licence: String
  var citation: String
  var files: [File]

  init(_ dataset: Dataset, _ files: [DownloadedFile]) {
    self.dataset = dataset.name
    licence = dataset.licence
    citation = dataset.citation
    self.files = files.map {
      File(name: $0.name, file: $0.path, state: $0.state, bytes: $0.bytes, sha256: $0.sha256, md5: $0.md5)
    }
  }

  static func text(_ files: [DownloadedFile]) -> String {
    var table = TextTable(["file", "size", "", "SHA-256"], leftColumns: [0, 2, 3])
    for file in files {
      let state =
        switch file.state {
        case .fetched: file.md5 == nil ? "fetched" : "fetched, has the server's MD5"
        case .present: "was there, as recorded"
        case .recorded: "was there, recorded now"
        case .differs: "was there, NOT AS RECORDED"
        }
      table.rows.append([file.path, FileSummary.size(file.bytes), state, file.sha256.prefix(12) + "…"])
    }
    return table.text
  }
}

/// A dataset that can be fetched.
struct DatasetDescription: Encodable {
  var name: String
  var title: String
  var files: Int
  var licence: String
  var citation: String
  var source: String

  init(_ dataset: Dataset) {
    name = dataset.name
    title = dataset.title
    files = dataset.files.count
    licence = dataset.licence
    citation = dataset.citation
    source = dataset.page
  }

  static func text(_ datasets: [DatasetDescription]) -> String {
    datasets.map { dataset in
      """
      \(dataset.name): \(dataset.title)
        \(dataset.files) files from \(dataset.source), \(dataset.licence)
        cite: \(dataset.citation)
        stomics download \(dataset.name) fetches it; with --list it names the files
      """
    }.joined(separator: "\n\n")
  }
}

/// A file of a dataset, and what of it is in the folder.
struct FileDescription: Encodable {
  var name: String
  var donor: Int
  var address: String
  var file: String
  /// Its size in the folder; nil where it is not there.
  var bytes: Int?
  /// How much of it has arrived so far; nil where no part is there.
  var partBytes: Int?

  init(_ file: Dataset.File, source: DownloadSource, folder: String) {
    name = file.name
    donor = file.donor
    address = source.address(of: file)
    self.file = folder + "/" + file.fileName
    bytes = Self.size(self.file)
    partBytes = Self.size(self.file + ".part")
  }

  static func text(_ files: [FileDescription]) -> String {
    var table = TextTable(["slice", "donor", "here", "address"], leftColumns: [0, 2, 3])
    for file in files {
      let here =
        file.bytes.map(FileSummary.size) ?? file.partBytes.map { FileSummary.size($0) + " so far" } ?? "no"
      table.rows.append([file.name, "\(file.donor)", here, file.address])
    }
    return table.text
  }

  private static func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }
}
