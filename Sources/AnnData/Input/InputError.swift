import StomicsCore

/// What can be wrong with the files of an instrument; every case names the file, what was found and what to do.
public enum InputError: StomicsError, Equatable {
  /// A folder in which nothing is known.
  case notRecognised(folder: String, found: [String])
  /// A file that belongs to another is not there.
  case missingFile(wanted: String, folder: String, found: [String])
  /// Several files could be meant.
  case ambiguous(what: String, folder: String, candidates: [String], advice: String)
  case severalGenomes([String], file: String)
  /// A genome or type of feature that the file does not have.
  case unknown(what: String, name: String, available: [String], file: String)
  case noFeatures(of: String, available: [String], file: String)
  /// Two parts of an input have different lengths.
  case wrongLength(what: String, found: Int, expected: Int, of: String, file: String, hint: String?)
  /// A line of a text file that cannot be read, counted from 1.
  case line(Int, found: String, expected: String, file: String)
  /// A text file as a whole is not what it should be.
  case content(found: String, expected: String, file: String)
  case unreadable(file: String, reason: String)
  case repeatedBarcode(String, lines: [Int], file: String)
  case noCommonBarcodes(matrix: String, positions: String, ofMatrix: [String], ofPositions: [String])
  /// A value of a table that makes no sense; rows count from 0.
  case row(Int, column: String, found: String, expected: String, file: String)
  /// A flag that could change nothing about this input.
  case withoutEffect(option: String, input: String, reason: String)

  public var kind: ErrorKind {
    switch self {
    case .withoutEffect, .severalGenomes: .usage
    case .notRecognised, .missingFile: .file
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .notRecognised(let folder, let found):
      return
        "\(folder) is a folder in which no slice was recognised (found: \(list(found))). Expected is an h5ad file, "
        + "a 10x .h5 matrix, or a folder with matrix.mtx, features.tsv and barcodes.tsv, or of a Space Ranger run."
    case .missingFile(let wanted, let folder, let found):
      return "\(wanted) is missing in \(folder) (found: \(list(found)))."
    case .ambiguous(let what, let folder, let candidates, let advice):
      return "\(folder) holds more than one \(what): \(list(candidates)). \(advice)"
    case .severalGenomes(let genomes, let file):
      return "\(file) holds a matrix for each of \(genomes.count) genomes: \(list(genomes)). Name one with --genome."
    case .unknown(let what, let name, let available, let file):
      return "\(file) has no \(what) '\(name)' (found: \(list(available)))." + didYouMean(name, among: available)
    case .noFeatures(let type, let available, let file):
      return "\(file) has no features of the type \(type) (found: \(list(available))). Choose with --feature-types."
    case .wrongLength(let what, let found, let expected, let other, let file, let hint):
      return
        "\(what) of \(file) has \(found) entries where \(other) has \(expected): the files do not belong together, "
        + "or one is cut short." + (hint.map { " " + $0 } ?? "")
    case .line(let number, let found, let expected, let file):
      return "Line \(number) of \(file) is \(quoted(found)) where \(expected) was expected."
    case .content(let found, let expected, let file): return "\(file) \(found) where \(expected) was expected."
    case .unreadable(let file, let reason):
      return "\(file) cannot be read: \(reason). Copy or download it again."
    case .repeatedBarcode(let barcode, let lines, let file):
      return "The barcode \(barcode) stands more than once in \(file), in lines "
        + "\(lines.map(String.init).joined(separator: " and ")): it is not known which position is the spot's. Remove one."
    case .noCommonBarcodes(let matrix, let positions, let ofMatrix, let ofPositions):
      return "No barcode of \(matrix) (\(list(ofMatrix)), …) has a position in \(positions) (\(list(ofPositions)), …): "
        + "the two belong to different slides, or the barcodes carry another suffix."
    case .row(let row, let column, let found, let expected, let file):
      return "Row \(row + 1) of \(file) has the \(column) \(found) where \(expected) was expected."
    case .withoutEffect(let option, let input, let reason): return "\(option) has no effect on \(input): \(reason)."
    }
  }

  private func quoted(_ text: String) -> String {
    if text.isEmpty { return "empty" }
    return "'" + text.prefix(60) + (text.count > 60 ? "…'" : "'")
  }

  private func list(_ names: [String]) -> String {
    if names.isEmpty { return "nothing" }
    return names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", … \(names.count) in all" : "")
  }
}
