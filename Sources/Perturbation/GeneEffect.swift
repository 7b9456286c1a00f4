import Models
import StomicsCore

/// What an edit of one gene changed in a model's predictions: the model's response, not a claim about causes.
///
/// Means are over all spots of the slice unless said otherwise.
public struct GeneEffect: Sendable, Equatable {
  /// The gene's column of the model's input.
  public var column: Int
  /// Spots with counts of the gene.
  public var expressingSpots: Int
  /// Spots whose input the edit changes.
  public var editedSpots: Int
  /// Spots that the edit can change a prediction of: the edited ones and those that listen to them.
  public var reachedSpots: Int
  /// Spots whose domain changed, and those of them that were edited.
  public var changedSpots: Int
  public var changedEditedSpots: Int
  /// Mean of half the summed absolute change of a spot's probabilities (total variation, 0 to 1).
  public var probabilityChange: Float
  /// The same over the edited spots, and over the reached ones that were not edited; 0 without any.
  public var localProbabilityChange: Float
  public var spilloverProbabilityChange: Float
  /// Mean distance between a spot's embeddings before and after.
  public var embeddingShift: Float
  /// Mean change of each domain's probability, `[C]`.
  public var shift: [Float]
  /// Mean change of each domain's probability over the spots that were of that domain before, `[C]`.
  public var ownShift: [Float]
  /// Mean change of the embedding, `[D]`.
  public var signature: [Float]

  /// How many numbers `row` has.
  static func width(classes: Int, embedding: Int) -> Int { 10 + 2 * classes + embedding }

  init(_ edit: GeneEdit, expressingSpots: Int, _ response: EditResponse, _ scale: EffectScale) {
    column = edit.column
    self.expressingSpots = expressingSpots
    editedSpots = edit.spots.count
    reachedSpots = response.spots.count
    changedSpots = 0
    changedEditedSpots = 0
    let classes = response.probabilities.columns
    let width = response.embeddings.columns
    var shift = [Double](repeating: 0, count: classes)
    var ownShift = shift
    var signature = [Double](repeating: 0, count: width)
    var (local, spillover, distance) = (0.0, 0.0, 0.0)
    for (r, i) in response.spots.map(Int.init).enumerated() {
      let isEdited = response.isEdited[r]
      let own = Int(scale.codes[i])
      var (absolute, best) = (0.0, 0)
      for c in 0..<classes {
        let new = response.probabilities.values[r * classes + c]
        if new > response.probabilities.values[r * classes + best] { best = c }
        let change = Double(new) - Double(scale.probabilities.values[i * classes + c])
        shift[c] += change
        if c == own { ownShift[c] += change }
        absolute += abs(change)
      }
      if isEdited { local += absolute / 2 } else { spillover += absolute / 2 }
      if best != own {
        changedSpots += 1
        if isEdited { changedEditedSpots += 1 }
      }
      var squares: Float = 0
      response.embeddings.values.withUnsafeBufferPointer { new in
        scale.embeddings.values.withUnsafeBufferPointer { old in
          signature.withUnsafeMutableBufferPointer { signature in
            for k in 0..<width {
              let change = new[r * width + k] - old[i * width + k]
              signature[k] += Double(change)
              squares += change * change
            }
          }
        }
      }
      distance += Double(squares.squareRoot())
    }
    let spots = max(1, Double(scale.codes.count))
    probabilityChange = Float((local + spillover) / spots)
    localProbabilityChange = editedSpots == 0 ? 0 : Float(local / Double(editedSpots))
    let others = reachedSpots - editedSpots
    spilloverProbabilityChange = others <= 0 ? 0 : Float(spillover / Double(others))
    embeddingShift = Float(distance / spots)
    self.shift = shift.map { Float($0 / spots) }
    self.ownShift = ownShift.enumerated().map { c, sum in Float(sum / Double(max(1, scale.spotsOfDomain[c]))) }
    self.signature = signature.map { Float($0 / spots) }
  }

  /// Reads `row`.
  init(row: ArraySlice<Float>, classes: Int) {
    let start = row.startIndex
    func whole(_ k: Int) -> Int { Int(row[start + k]) }
    column = whole(0)
    expressingSpots = whole(1)
    editedSpots = whole(2)
    reachedSpots = whole(3)
    changedSpots = whole(4)
    changedEditedSpots = whole(5)
    (probabilityChange, localProbabilityChange) = (row[start + 6], row[start + 7])
    (spilloverProbabilityChange, embeddingShift) = (row[start + 8], row[start + 9])
    shift = Array(row[(start + 10)..<(start + 10 + classes)])
    ownShift = Array(row[(start + 10 + classes)..<(start + 10 + 2 * classes)])
    signature = Array(row[(start + 10 + 2 * classes)...])
  }

  /// Every number, `10 + 2C + D` of them: whole numbers are exact up to 16 million spots.
  var row: [Float] {
    [column, expressingSpots, editedSpots, reachedSpots, changedSpots, changedEditedSpots].map(Float.init)
      + [probabilityChange, localProbabilityChange, spilloverProbabilityChange, embeddingShift] + shift + ownShift
      + signature
  }

  /// The domain whose mean probability rose most, and fell most, by their codes; nil where nothing moved.
  public var direction: (towards: Int, awayFrom: Int)? {
    guard let most = shift.indices.max(by: { shift[$0] < shift[$1] }),
      let least = shift.indices.min(by: { shift[$0] < shift[$1] }), shift[most] > 0
    else { return nil }
    return (most, least)
  }
}

/// What effects are measured against: the slice as it is.
struct EffectScale {
  let probabilities: Matrix
  let embeddings: Matrix
  let codes: [Int32]
  /// `[C]`
  let spotsOfDomain: [Int]

  init(_ model: IncrementalModel, codes: [Int32]) {
    probabilities = model.probabilities
    embeddings = model.embeddings
    self.codes = codes
    var counts = [Int](repeating: 0, count: model.probabilities.columns)
    for code in codes { counts[Int(code)] += 1 }
    spotsOfDomain = counts
  }
}
