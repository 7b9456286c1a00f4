import Models
import StomicsCore

/// What an edit changed in a model's predictions: the model's response, not a claim about causes in the tissue.
public struct Effect: Sendable {
  public let edit: Edit
  public let before: Prediction
  public let after: Prediction
  /// Spots with counts of an edited gene before the edit.
  public let expressingSpots: Int
  /// Positions of the spots whose input the edit changed, ascending.
  public let editedSpots: [Int]
  /// How many hops of the graph every spot is from the nearest edited one; -1 where none reaches it, and where the model
  /// looks along no graph, of all unedited ones.
  public let hops: [Int]

  /// Positions of the spots whose domain changed, ascending.
  public let changedSpots: [Int]
  /// `[C][C]`: spots by domain before (row) and after (column).
  public let transitions: [[Int]]
  /// Mean over all spots of the change of each class's probability, `[C]`.
  public let meanProbabilityShift: [Double]
  /// Half the summed absolute change of a spot's probabilities (total variation, 0 to 1), `[N]`.
  public let probabilityChange: [Float]
  /// Euclidean distance between a spot's embeddings before and after, `[N]`.
  public let embeddingShift: [Float]

  init(
    edit: Edit, before: Prediction, after: Prediction, expressingSpots: Int, editedSpots: [Int], hops: [Int]?
  ) {
    self.edit = edit
    self.editedSpots = editedSpots
    var own = [Int](repeating: -1, count: before.codes.count)
    for i in editedSpots { own[i] = 0 }
    self.hops = hops ?? own
    self.before = before
    self.after = after
    self.expressingSpots = expressingSpots
    let classes = before.classNames.count
    let spots = before.codes.count
    changedSpots = before.codes.indices.filter { before.codes[$0] != after.codes[$0] }
    var table = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    var shift = [Double](repeating: 0, count: classes)
    var change = [Float](repeating: 0, count: spots)
    var distance = [Float](repeating: 0, count: spots)
    for i in 0..<spots {
      table[Int(before.codes[i])][Int(after.codes[i])] += 1
      var absolute = 0.0
      for c in 0..<classes {
        let difference = Double(after.probabilities[i, c]) - Double(before.probabilities[i, c])
        shift[c] += difference
        absolute += abs(difference)
      }
      change[i] = Float(absolute / 2)
      var squares = 0.0
      for (old, new) in zip(before.embeddings.row(i), after.embeddings.row(i)) {
        squares += (Double(new) - Double(old)) * (Double(new) - Double(old))
      }
      distance[i] = Float(squares.squareRoot())
    }
    transitions = table
    meanProbabilityShift = shift.map { spots == 0 ? 0 : $0 / Double(spots) }
    probabilityChange = change
    embeddingShift = distance
  }

  /// Mean over all spots of `probabilityChange`.
  public var meanProbabilityChange: Double { mean(probabilityChange) }
  /// Mean over all spots of `embeddingShift`.
  public var meanEmbeddingShift: Double { mean(embeddingShift) }

  /// The class whose mean probability rose most, and fell most; nil where nothing moved.
  public var direction: (towards: String, awayFrom: String)? {
    guard let most = meanProbabilityShift.indices.max(by: { meanProbabilityShift[$0] < meanProbabilityShift[$1] }),
      let least = meanProbabilityShift.indices.min(by: { meanProbabilityShift[$0] < meanProbabilityShift[$1] }),
      meanProbabilityShift[most] > 0
    else { return nil }
    return (before.classNames[most], before.classNames[least])
  }

  /// What an edit changed at the spots of one distance from it.
  public struct Ring: Sendable, Equatable {
    /// 0: the edited spots themselves.
    public let hop: Int
    public let spots: Int
    public let changedSpots: Int
    public let meanProbabilityChange: Double
    public let meanEmbeddingShift: Double
  }

  /// The effect by distance from the edited spots, up to `most` hops, beyond which a model cannot see.
  public func rings(upTo most: Int) -> [Ring] {
    (0...max(0, most)).compactMap { hop in
      let spots = hops.indices.filter { hops[$0] == hop }
      if spots.isEmpty { return nil }
      return Ring(
        hop: hop, spots: spots.count, changedSpots: spots.count { before.codes[$0] != after.codes[$0] },
        meanProbabilityChange: mean(spots.map { probabilityChange[$0] }),
        meanEmbeddingShift: mean(spots.map { embeddingShift[$0] }))
    }
  }

  private func mean(_ values: [Float]) -> Double {
    values.isEmpty ? 0 : values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
  }
}
