import StomicsCore

/// What can stop an evaluation, or one fold of it.
public enum EvaluationError: StomicsError {
  case noGenes(slices: [String])
  case noSharedGenes(first: String, second: String, how: String)
  case tooFewSlices(protocolName: String, found: Int, unit: String)
  case unknownDonor(file: String)
  case donorCount(donors: Int, slices: Int)
  case donorColumn(column: String, file: String, found: [String])
  case sliceName(String)
  case unknownSlice(String, known: [String])
  case blocks(String)
  case emptyPart(String)
  case oneClass(className: String)
  case featureWidths(key: String, first: String, width: Int, second: String, other: Int)
  case mode(String, problem: String)
  case setting(String)
  case otherSettings(folder: String, difference: String)
  case damagedResults(file: String)
  case folderHoldsResults(folder: String)

  public var kind: ErrorKind {
    switch self {
    case .tooFewSlices, .donorCount, .unknownDonor, .unknownSlice, .sliceName, .mode, .setting, .otherSettings: .usage
    case .folderHoldsResults: .file
    default: .data
    }
  }

  public var description: String {
    switch self {
    case .noGenes(let slices):
      "no gene is found in 3 of the training spots of \(slices.joined(separator: ", ")), or none varies there."
    case .noSharedGenes(let first, let second, let how):
      "\(first) and \(second) have no gene in common by \(how). Give slices of one species whose genes are named alike, or choose --join-genes name or id."
    case .tooFewSlices(let name, let found, let unit):
      "--protocol \(name) needs slices of at least 2 \(unit)s and got \(found). Give more slices, or use --protocol blocks, which divides each slice."
    case .unknownDonor(let file):
      "the donor of \(file) is not known. Name the donors with --donors A,A,B (one a slice, in order) or with --donor-key and a column of obs."
    case .donorCount(let donors, let slices):
      "--donors names \(donors) donors for \(slices) slices; give one a slice, in the order of the slices."
    case .donorColumn(let column, let file, let found):
      "obs/\(column) of \(file) should name one donor and holds \(found.isEmpty ? "none" : found.joined(separator: ", "))."
    case .sliceName(let name):
      "two slices are called '\(name)': rename one of the files, so that tables can tell them apart."
    case .unknownSlice(let name, let known):
      "there is no slice '\(name)' (found: \(known.joined(separator: ", ")))."
    case .blocks(let problem): problem
    case .emptyPart(let problem): problem
    case .oneClass(let name):
      "the training spots have only the label '\(name)': there is nothing to tell apart."
    case .featureWidths(let key, let first, let width, let second, let other):
      "obsm/\(key) has \(width) columns in \(first) and \(other) in \(second): one model cannot read both."
    case .mode(let text, let problem): "--modes \(text): \(problem)"
    case .setting(let problem): problem
    case .otherSettings(let folder, let difference):
      "\(folder) holds results of another evaluation (\(difference)). Give another folder, or --overwrite to begin anew."
    case .damagedResults(let file):
      "\(file) is no result of this program. Remove it and go on with --resume, or begin anew with --overwrite."
    case .folderHoldsResults(let folder):
      "\(folder) holds results already. Go on with --resume, replace them with --overwrite, or choose another folder."
    }
  }
}
