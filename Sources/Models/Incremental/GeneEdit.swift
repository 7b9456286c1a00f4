import StomicsCore

/// One gene's standardised values before and after an edit, at the spots where they differ.
public struct GeneEdit: Sendable, Equatable {
  /// The gene's column of the model's input.
  public let column: Int
  /// Each once.
  public let spots: [Int32]
  /// Standardised values at `spots`.
  public let old: [Float]
  public let new: [Float]

  public init(column: Int, spots: [Int32], old: [Float], new: [Float]) {
    precondition(spots.count == old.count && spots.count == new.count, "one value a spot")
    self.column = column
    self.spots = spots
    self.old = old
    self.new = new
  }

  /// The same edit with its spots by ascending rank.
  func ordered(by ranks: [Int32]) -> GeneEdit {
    let order = spots.indices.sorted { ranks[Int(spots[$0])] < ranks[Int(spots[$1])] }
    return GeneEdit(column: column, spots: order.map { spots[$0] }, old: order.map { old[$0] }, new: order.map { new[$0] })
  }
}

/// What a model says of the spots that an edit reaches; at every other spot it says what it said before.
public struct EditResponse: Sendable {
  /// The spots that are within reach, neighbours near each other, `[R]`.
  public let spots: [Int32]
  /// Whether each of them is edited itself, `[R]`.
  public let isEdited: [Bool]
  /// `[R, C]`
  public let probabilities: Matrix
  /// What the classifier sees, `[R, D]`.
  public let embeddings: Matrix
}
