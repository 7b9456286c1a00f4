#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
import Glibc
import StomicsCore

/// The folder of an evaluation: its settings, a file for each finished task, and the tables made of them.
///
/// A task's file is written at once and in one go, so a killed evaluation loses the tasks at hand and no other; going on
/// does the missing ones, and more modes or seeds can be added to a finished one.
public struct EvaluationFolder: Sendable {
  public let path: String
  /// Everything but the grid that results depend on: protocol, settings of training, slices.
  public var settings: String { path + "/settings.json" }
  public var csv: String { path + "/results.csv" }
  public var json: String { path + "/results.json" }
  public var markdown: String { path + "/table.md" }
  private var tasks: String { path + "/tasks" }

  public init(_ path: String) { self.path = path }

  /// What stood in the folder before.
  public enum Start: Sendable {
    /// An error where it holds results.
    case new
    /// In place of what is there.
    case overwrite
    /// With what is there.
    case resume
  }

  /// Makes the folder ready for an evaluation of these settings.
  /// - Throws: `EvaluationError.folderHoldsResults`, `.otherSettings`
  public func prepare(_ wanted: EvaluationSettings, start: Start) throws {
    let holdsResults = PathKind(settings) == .file
    if holdsResults && start == .new { throw EvaluationError.folderHoldsResults(folder: path) }
    try makeFolder(path)
    try makeFolder(tasks)
    AtomicFile.removeLeftovers(in: path)
    AtomicFile.removeLeftovers(in: tasks)
    if holdsResults && start == .resume {
      let found = try? JSONDecoder().decode(EvaluationSettings.self, from: Data(try readFile(settings)))
      guard let found else { throw EvaluationError.damagedResults(file: settings) }
      if let difference = wanted.difference(from: found) {
        throw EvaluationError.otherSettings(folder: path, difference: difference)
      }
    } else if start == .overwrite {
      for name in try folderEntries(tasks) where name.hasSuffix(".json") { unlink(tasks + "/" + name) }
    }
    try AtomicFile.write(try Self.bytes(wanted), to: settings)
  }

  /// The result of a task that is done; nil where it is not.
  public func result(of task: EvaluationTask) throws -> EvaluationResult? {
    let file = tasks + "/" + task.key + ".json"
    guard PathKind(file) == .file else { return nil }
    do {
      return try JSONDecoder().decode(EvaluationResult.self, from: Data(try readFile(file)))
    } catch is DecodingError {
      throw EvaluationError.damagedResults(file: file)
    }
  }

  public func keep(_ result: EvaluationResult, of task: EvaluationTask) throws {
    try AtomicFile.write(try Self.bytes(result), to: tasks + "/" + task.key + ".json")
  }

  /// Writes results.csv, results.json and table.md. Equal evaluations give equal bytes.
  public func writeTables(_ summary: EvaluationSummary) throws {
    try AtomicFile.write([UInt8](summary.csv.utf8), to: csv)
    try AtomicFile.write(try Self.bytes(summary), to: json)
    try AtomicFile.write([UInt8](summary.markdown.utf8), to: markdown)
  }

  private static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }
}

/// What results depend on beside the grid.
public struct EvaluationSettings: Sendable, Equatable, Codable {
  public let division: String
  public let note: String
  /// Settings of the trainings, as YAML.
  public let training: String
  public let slices: [String]
  public let sharedGenes: Int
  public let splitSeed: Int?
  /// Of everything read from the slices.
  public let data: String
  public let version: String

  enum CodingKeys: String, CodingKey {
    case division = "protocol"
    case note, training, slices, data, version
    case sharedGenes = "shared_genes"
    case splitSeed = "split_seed"
  }

  public init(_ division: EvaluationProtocol, training: String, set: SliceSet, splitSeed: Int?) {
    self.division =
      "\(division.kind.rawValue), split \(division.ratios.train)/\(division.ratios.validation)/\(division.ratios.test) \(division.splitMethod.rawValue), blocks \(division.blockRows)x\(division.blockColumns), \(division.foldCount) folds, validation \(division.validationShare), buffer \(division.bufferRings)"
      + (division.fitsOnAllSpots ? ", fitted on all spots" : "")
    note = division.note
    self.training = training
    slices = set.slices.map { $0.donor.map { donor in "\(donor)/" } ?? "" }.enumerated().map {
      $1 + set.slices[$0].name
    }
    sharedGenes = set.genes.count
    self.splitSeed = splitSeed
    data = set.fingerprint
    version = stomicsVersion
  }

  /// What differs, in words; nil where nothing does.
  func difference(from other: EvaluationSettings) -> String? {
    if division != other.division { return "protocol: '\(other.division)' there, '\(division)' now" }
    if slices != other.slices {
      return "slices: \(other.slices.joined(separator: ", ")) there, \(slices.joined(separator: ", ")) now"
    }
    if data != other.data { return "the slices hold other data, or other genes or labels are read" }
    if splitSeed != other.splitSeed { return "--split-seed" }
    if training != other.training { return "settings of training" }
    if version != other.version { return "version \(other.version) there, \(version) now" }
    return nil
  }
}
