import AnnData
import ArgumentParser
import Download
import HDF5
import StomicsCore

/// `stomics download`: public slices from where they are kept.
public struct DownloadCommand: StomicsCommand {
  public static let configuration = CommandConfiguration(
    commandName: "download",
    abstract: "Fetch public slices, and check them.",
    discussion: """
      Files that are there already are checked and not fetched again; a download that was stopped goes on where it \
      stopped. The SHA-256 of each file is recorded in the folder's SHA256SUMS when the file is first seen, and the file \
      must have it ever after; size and MD5 must be the server's where it gives them.

      Without a dataset it lists the datasets; with --list, what a dataset holds and what of it is there. A proxy is \
      named in the variable https_proxy.

      Example:
        stomics download dlpfc --slice 151673 --slice 151674
        stomics download dlpfc -o slices --mirror 'https://example.org/dlpfc/{name}.h5ad'
      """)

  @Argument(help: "The dataset: \(Dataset.all.map(\.name).joined(separator: ", ")).")
  var dataset: String?

  @Option(name: .shortAndLong, help: "The folder to put the files in. (default: the dataset's name)")
  var output: String?

  @Option(help: "A slice to fetch; may be given several times. (default: all)")
  var slice: [String] = []

  @Flag(help: "List the datasets, or the files of one, and fetch nothing.")
  var list = false

  @Option(
    help:
      "Another server of the same files: a folder's address, or one with {name} for a slice's name or {id} for its number at Figshare."
  )
  var mirror: String?

  @Option(help: "How often to try again after failures in a row.")
  var retries = 5

  @Option(help: "A try has failed when nothing came for so many seconds.")
  var stallTimeout = 30

  @Flag(help: "Fetch files again that are not the recorded ones, and record the new ones.")
  var force = false

  @OptionGroup(title: "General options")
  public var general: GeneralOptions

  public init() {}

  public func validate() throws {
    if retries < 0 { throw ValidationError("--retries is \(retries); give 0 or more.") }
    if !(1...3600).contains(stallTimeout) {
      throw ValidationError("--stall-timeout is \(stallTimeout); give 1 to 3600 seconds.")
    }
    if dataset == nil, output != nil || !slice.isEmpty || mirror != nil || force {
      throw ValidationError("Name the dataset to fetch: \(Dataset.all.map(\.name).joined(separator: ", ")).")
    }
  }

  public func run(console: Console) throws {
    guard let dataset else {
      let datasets = Dataset.all.map(DatasetDescription.init)
      return try console.result(datasets, text: DatasetDescription.text(datasets))
    }
    let wanted = try Dataset.named(dataset)
    let files = try wanted.files(named: slice)
    let source = try mirror.map(DownloadSource.mirror) ?? .figshare(wanted)
    let folder = output ?? wanted.name
    if list {
      let entries = files.map { FileDescription($0, source: source, folder: folder) }
      return try console.result(entries, text: FileDescription.text(entries))
    }
    try fetch(files, of: wanted, from: source, into: folder, console: console)
  }

  private func fetch(
    _ files: [Dataset.File], of dataset: Dataset, from source: DownloadSource, into folder: String, console: Console
  ) throws {
    var downloader = Downloader(source: source, folder: folder, check: checkIsAnnData)
    downloader.retries = retries
    downloader.stallSeconds = stallTimeout
    downloader.replacesChanged = force
    let display = DownloadDisplay(console)
    Interruption.listen()
    let events = DownloadEvents(
      planned: display.planned, arrived: display.arrived, note: console.note,
      interrupted: { Interruption.requested })
    do {
      let fetched = try downloader.fetch(files, events: events)
      try console.result(DownloadReport(dataset, fetched), text: DownloadReport.text(fetched))
      let differing = fetched.filter { $0.state == .differs }
      if !differing.isEmpty { throw DifferingFiles(files: differing) }
    } catch DownloadError.stopped {
      console.note("Stopped. What has arrived is kept; go on with: \(commandLine(dataset, folder))")
      throw ExitCode(Interruption.exitCode)
    }
  }

  /// The command that goes on with what this one began.
  private func commandLine(_ dataset: Dataset, _ folder: String) -> String {
    var words = ["stomics", "download", dataset.name, "-o", shellQuoted(folder)]
    for name in slice { words += ["--slice", name] }
    if let mirror { words += ["--mirror", shellQuoted(mirror)] }
    if force { words.append("--force") }
    return words.joined(separator: " ")
  }
}

/// Looks whether a file is an h5ad file; its arrays are not read.
/// - Throws: `H5Error`, `AnnDataError`
private func checkIsAnnData(_ path: String) throws {
  let root = try H5File.open(path).root()
  let names = try root.names()
  guard names.contains("obs"), names.contains("var") else { throw AnnDataError.notAnnData(file: path, found: names) }
}

/// Files that were there and are not the recorded ones.
private struct DifferingFiles: StomicsError {
  var files: [DownloadedFile]

  var kind: ErrorKind { .data }

  var description: String {
    let lines = files.map { file in
      file.recorded.map { "  \(file.path): its SHA-256 is \(file.sha256), recorded is \($0)" }
        ?? "  \(file.problem ?? file.path)"
    }
    return "these files are not what they should be, and are left as they are:\n" + lines.joined(separator: "\n")
      + "\nTo fetch them again: --force."
  }
}
