import StomicsCore

/// One gene's standardised values before and after an edit, at the spots where they differ.
public struct GeneEdit: Sendable, Equatable {
  /// The gene's column of the model's input.
  public let column: Int
  /// Ascending.
  public let spots: [Int32]
  /// Standardised values at `spots`.
  public let old: [Float]
  public let new: [Float]

  public init(column: Int, spots: [Int32], old: [Float], new: [Float]) {
    precondition(spots.count == old.count && spots.count == new.count, "one value a spot")
    precondition(zip(spots, spots.dropFirst()).allSatisfy { $0 < $1 }, "the spots of an edit ascend")
    self.column = column
    self.spots = spots
    self.old = old
    self.new = new
  }
}

/// What a model says of the spots that an edit reaches; at every other spot it says what it said before.
public struct EditResponse: Sendable {
  /// The spots that are within reach, ascending, `[R]`.
  public let spots: [Int32]
  /// `[R, C]`
  public let probabilities: Matrix
  /// What the classifier sees, `[R, D]`.
  public let embeddings: Matrix
}
