import StomicsCore

/// Why a file was not fetched.
public enum DownloadError: StomicsError, Equatable {
  case missingLibrary(String, package: String)
  case badMirror(String, reason: String)
  case unknownFile(String, dataset: String, available: [String])
  case unknownDataset(String, available: [String])
  /// The server or the way to it failed, after so many tries.
  case failed(file: String, address: String, reason: String, advice: String, tries: Int)
  case noSpace(path: String, needed: Int, free: Int)
  case wrongChecksum(path: String, algorithm: String, found: String, expected: String, source: String, advice: String)
  /// What came is no such file: a web page, for example.
  case wrongContent(path: String, address: String, problem: String)
  case folderInUse(String)
  /// The caller asked to stop; what was fetched so far is kept.
  case stopped

  public var kind: ErrorKind {
    switch self {
    case .badMirror, .unknownFile, .unknownDataset: .usage
    case .wrongChecksum, .wrongContent: .data
    case .missingLibrary, .failed, .noSpace, .folderInUse, .stopped: .file
    }
  }

  public var description: String {
    switch self {
    case .missingLibrary(let library, let package):
      "Downloads need \(library), and this system does not have it. "
        + "On Debian or Ubuntu: apt-get install \(package) ca-certificates."
    case .badMirror(let mirror, let reason):
      "'\(mirror)' is no mirror: \(reason). Give an address such as https://example.org/dlpfc or "
        + "https://example.org/{name}.h5ad; {id} stands for Figshare's number of a file, {name} for the slice's name."
    case .unknownFile(let name, let dataset, let available):
      "'\(name)' is no slice of \(dataset).\(didYouMean(name, among: available)) "
        + "It has: \(available.joined(separator: ", "))."
    case .unknownDataset(let name, let available):
      "'\(name)' is no dataset that can be fetched.\(didYouMean(name, among: available)) "
        + "There is: \(available.joined(separator: ", "))."
    case .failed(let file, let address, let reason, let advice, let tries):
      "\(file) could not be fetched from \(address)\(tries > 1 ? " in \(tries) tries" : ""): \(reason). \(advice)"
    case .noSpace(let path, let needed, let free):
      "There is no space for \(path): it needs \(needed) bytes more, and \(free) are free. "
        + "Make space, or choose a folder on another disk with -o."
    case .wrongChecksum(let path, let algorithm, let found, let expected, let source, let advice):
      "\(path) is not the file it should be: its \(algorithm) is \(found), and \(source) says \(expected). \(advice)"
    case .wrongContent(let path, let address, let problem):
      "What \(address) serves is not \(path), and nothing of it is kept: \(problem). "
        + "If the network asks for a login, log in and try again; another server can be named with --mirror."
    case .folderInUse(let folder):
      "Another download writes to \(folder) at this moment. Wait until it has ended, or choose another folder with -o."
    case .stopped: "The download was stopped."
    }
  }
}

/// One try that failed: what went wrong, and whether another may go better.
struct TransferFailure: Error, Equatable {
  var reason: String
  var isTransient: Bool
  var advice = "Try again later; what has arrived is kept."
  /// How long the server asks to wait.
  var waitSeconds: Int?
}
