import StomicsCore
import Training

/// How spots are divided between learning and testing.
public struct EvaluationProtocol: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Spots at random, stratified by label, inside one slice. Position leaks: compare with the controls.
    case random
    /// Rectangular blocks of one slice, with a buffer around the test blocks.
    case blocks
    /// All spots of one slice, learned from the others.
    case leaveOneSliceOut = "leave-one-slice-out"
    /// All slices of one donor, learned from those of the others.
    case leaveOneDonorOut = "leave-one-donor-out"
  }

  public var kind: Kind
  /// Shares of a random split.
  public var ratios = Split.Ratios()
  public var splitMethod = Split.Method.stratified
  /// Blocks along y and x of a slice's bounding box.
  public var blockRows = 4
  public var blockColumns = 4
  /// How many groups of blocks are tested in turn.
  public var foldCount = 4
  /// The share of the other blocks that validate, in blocks and in slices that are learned from.
  public var validationShare = 0.2
  /// The narrowest buffer in rings; a model that looks farther gets a wider one.
  public var bufferRings = 2.0
  /// Whether genes and scaling are fitted on all spots of a random split, as published.
  public var fitsOnAllSpots: Bool

  public init(_ kind: Kind) {
    self.kind = kind
    fitsOnAllSpots = kind == .random
  }

  /// Whether models learn from other slices than they are tested on.
  public var crossesSlices: Bool { kind == .leaveOneSliceOut || kind == .leaveOneDonorOut }

  /// - Throws: `EvaluationError.setting`, `SplitError`
  public func validate() throws {
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw EvaluationError.setting(message) }
    }
    try require(
      blockRows >= 1 && blockColumns >= 1 && blockRows * blockColumns >= 3 && blockRows * blockColumns <= 10_000,
      "--blocks is \(blockRows)x\(blockColumns); 3 to 10,000 blocks are possible, as in 4x4.")
    try require(
      foldCount >= 2 && foldCount <= blockRows * blockColumns,
      "--folds is \(foldCount); it must be from 2 to the number of blocks.")
    try require(
      validationShare > 0 && validationShare < 1,
      "--validation-share is \(validationShare); give a share above 0, below 1.")
    try require(
      (0...1000).contains(bufferRings), "--buffer is \(bufferRings); give a number of rings, 0 to 1000.")
    try require(
      kind == .random || !fitsOnAllSpots,
      "--fit-on all belongs to --protocol random: in the others, nothing may be fitted on test spots.")
    try ratios.validate()
  }

  /// The narrowest buffer in words.
  var bufferName: String {
    "\(bufferRings == bufferRings.rounded() ? "\(Int(bufferRings))" : "\(bufferRings)") rings"
  }

  /// What a reader has to know of the protocol.
  public var note: String {
    switch kind {
    case .random:
      "random split inside each slice"
        + (fitsOnAllSpots
          ? "; genes and scaling are fitted on all spots, test spots included, as published"
          : "; genes and scaling are fitted on the training spots")
        + ". Neighbours of test spots are trained on: a score means something only above the coordinates-only controls"
    case .blocks:
      "\(blockRows) x \(blockColumns) blocks of each slice, tested in \(foldCount) turns; training and validation spots that look at a test spot, or lie within \(bufferName) of one, are left out"
    case .leaveOneSliceOut:
      "each slice tested by models of the others; each slice is standardised by itself, which reads no label"
    case .leaveOneDonorOut:
      "the slices of each donor tested by models of the other donors; each slice is standardised by itself, which reads no label"
    }
  }
}

/// What is tested at once: a slice, or the slices of a donor.
public struct EvaluationUnit: Sendable, Equatable {
  public let name: String
  /// Positions of the tested slices in the set.
  public let tested: [Int]
  /// Positions of the slices learned from.
  public let learned: [Int]
}

extension EvaluationProtocol {
  /// What there is to test.
  /// - Parameter only: names of slices or donors to test; nil for all
  /// - Throws: `EvaluationError` where there are too few slices or a name is unknown.
  public func units(_ set: SliceSet, only: [String]? = nil) throws -> [EvaluationUnit] {
    let numbers = Array(set.slices.indices)
    var units: [EvaluationUnit]
    switch kind {
    case .random, .blocks:
      units = numbers.map { EvaluationUnit(name: set.slices[$0].name, tested: [$0], learned: [$0]) }
    case .leaveOneSliceOut:
      if numbers.count < 2 {
        throw EvaluationError.tooFewSlices(protocolName: kind.rawValue, found: numbers.count, unit: "slice")
      }
      units = numbers.map { held in
        EvaluationUnit(name: set.slices[held].name, tested: [held], learned: numbers.filter { $0 != held })
      }
    case .leaveOneDonorOut:
      var donors = [String]()
      for slice in set.slices {
        guard let donor = slice.donor else { throw EvaluationError.unknownDonor(file: slice.file) }
        if !donors.contains(donor) { donors.append(donor) }
      }
      if donors.count < 2 {
        throw EvaluationError.tooFewSlices(protocolName: kind.rawValue, found: donors.count, unit: "donor")
      }
      units = donors.map { donor in
        EvaluationUnit(
          name: donor, tested: numbers.filter { set.slices[$0].donor == donor },
          learned: numbers.filter { set.slices[$0].donor != donor })
      }
    }
    guard let only else { return units }
    for name in only where !units.contains(where: { $0.name == name }) {
      throw EvaluationError.unknownSlice(name, known: units.map(\.name))
    }
    return units.filter { only.contains($0.name) }
  }
}
