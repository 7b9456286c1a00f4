import Compression
import FoundationEssentials
import Glibc
import StomicsCLI
import StomicsCore

/// The undamaged files: the project's fixtures, and files that the program itself writes.
struct Corpus: Sendable {
  /// Where made files and damaged ones lie.
  let folder: String
  /// `Tests/Fixtures`.
  let fixtures: String

  struct Failure: StomicsError {
    let description: String
    var kind: ErrorKind { .software }
  }

  private var made: String { folder + "/made" }

  /// Makes the files that are no fixtures; once for a folder.
  func make() throws {
    if access(made + "/predicted.h5ad", F_OK) == 0 { return }
    try makeFolder(made)
    try stomics("simulate -o image.h5ad --spots 60 --genes 60 --image")
    try stomics("simulate -o cortex.h5ad --spots 60 --genes 60 --missing-labels 0.1")
    try stomics("preprocess cortex.h5ad -o slice.h5ad --label-key layer --n-top-genes 40")
    try stomics("convert slice.h5ad plain.h5ad --compression none")
    try stomics(
      "train slice.h5ad -o run --epochs 3 --embed-dim 16 --hidden-dim 16 --spatial-heads 2 --fusion-heads 2")
    try stomics("predict run slice.h5ad -o predicted.h5ad")
    for name in SampleEmbedding.names { try AtomicFile.write(SampleEmbedding.bytes(name), to: made + "/" + name) }
    for name in SamplePNG.names { try AtomicFile.write(SamplePNG.bytes(name), to: made + "/" + name) }
  }

  private func stomics(_ line: String) throws {
    let arguments = line.split(separator: " ").map { word in
      word.hasSuffix(".h5ad") || word == "run" ? made + "/" + word : String(word)
    }
    let outcome = Stomics.run(arguments + ["--quiet", "--threads", "2"])
    guard outcome.exitCode == 0 else { throw Failure(description: "'stomics \(line)' failed: \(outcome.errors)") }
  }

  /// Where a seed file or a companion lies.
  func path(_ name: String) -> String {
    let own = made + "/" + name
    return access(own, F_OK) == 0 ? own : fixtures + "/" + name
  }

  /// The seed files of a kind.
  func files(of kind: Kind) throws -> [SeedFile] {
    try kind.seeds.map { name in
      SeedFile(name: name, bytes: try bytes(of: name, for: kind.path), format: kind.format)
    }
  }

  /// A seed file or a companion, unpacked where it is used under a name that is not packed.
  func bytes(of name: String, for target: String) throws -> [UInt8] {
    let bytes = try readFile(path(name))
    return name.hasSuffix(".gz") && !target.hasSuffix(".gz") ? try Inflater().inflate(bytes, format: .gzip) : bytes
  }
}

/// Removes a folder with all that is in it.
func removeFolder(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
