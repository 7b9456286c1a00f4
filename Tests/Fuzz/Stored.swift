import Compression
import StomicsCore

/// A damaged file that once led to a failure, kept for good: what it is made from may change, it does not.
struct Stored {
  let file: String
  let kind: String
  let seed: Int
  let what: String

  private static let table = "seeds.tsv"
  private static let header = "file\tkind\tseed\twhat it once did\thow it was damaged"
  /// The most bytes of a packed file that is kept, and the most files of one cause.
  private static let largest = 48_000
  private static let perCause = 6

  /// The files listed in a folder's table.
  static func list(in folder: String) throws -> [Stored] {
    let text = String(decoding: try readFile(folder + "/" + table), as: UTF8.self)
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count >= 4, let seed = Int(fields[2]) else { return nil }
      return Stored(file: fields[0], kind: fields[1], seed: seed, what: fields[3])
    }
  }

  /// Adds failures to a folder's table: a few of each cause, small ones only.
  static func keep(_ failures: [Supervisor.Failure], corpus: Corpus, in folder: String) throws {
    try makeFolder(folder)
    var lines = [header]
    if let before = try? readFile(folder + "/" + table) {
      lines = String(decoding: before, as: UTF8.self).split(separator: "\n").map(String.init)
    }
    var causes: [String: Int] = [:]
    var files: [String: [SeedFile]] = [:]
    for failure in failures where failure.repeats == true && failure.stored == nil {
      guard let kind = Kind.named(failure.kind) else { continue }
      let seeds = try files[kind.name] ?? corpus.files(of: kind)
      files[kind.name] = seeds
      let mutant = Mutant(kind: kind, seed: UInt64(failure.seed), files: seeds)
      let cause = "\(kind.name) \(mutant.file.name) \(failure.what.prefix(80))"
      let packed = try Deflater(level: 12).deflate(mutant.bytes, format: .gzip)
      guard packed.count <= largest, causes[cause, default: 0] < perCause else { continue }
      causes[cause, default: 0] += 1
      let name = "\(kind.name)-\(failure.seed)-\(String(fnv(mutant.bytes) & 0xffff, radix: 16)).gz"
      if lines.contains(where: { $0.hasPrefix(name + "\t") }) { continue }
      try AtomicFile.write(packed, to: folder + "/" + name)
      let damage = "\(mutant.file.name): \(mutant.history.joined(separator: "; "))"
      lines.append([name, kind.name, "\(failure.seed)", failure.what, damage].map(oneField).joined(separator: "\t"))
    }
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder + "/" + table)
  }

  private static func oneField(_ text: String) -> String {
    text.replacing("\t", with: " ").replacing("\n", with: " ")
  }
}
