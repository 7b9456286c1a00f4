import AnnData
import Models
import StomicsCore

/// Edits every gene of a model on its own and measures what each changes, exactly.
///
/// Genes are answered in batches by `IncrementalModel`, in the order of the model; memory is bounded by a batch, whatever
/// the number of genes. A scan can be stopped after any batch and gone on with from its record, to the same bytes.
public final class GeneScan {
  public let experiment: PerturbationExperiment
  public let kind: Edit.Kind
  /// Positions of the edited spots; nil for all.
  public let spots: [Int]?
  /// The genes' columns of the model's input.
  public let columns: [Int]
  private let model: IncrementalModel
  private let scale: EffectScale
  /// Counts, a row a gene.
  private let genes: CSRMatrix
  /// Genes answered together: about 65,536 rows where every spot is reached.
  private let batchSize: Int

  /// - Parameters:
  ///   - genes: the genes to edit; nil for all of the model
  ///   - spots: positions of the spots to edit, ascending; nil for all
  /// - Throws: `PerturbationError` for a gene that the model does not know, size factors that follow the edited counts,
  ///   or a number that makes no sense
  public init(
    _ experiment: PerturbationExperiment, kind: Edit.Kind = .knockout, genes: [String]? = nil, spots: [Int]? = nil
  ) throws {
    try kind.validate()
    if spots?.isEmpty == true { throw PerturbationError.noSpots }
    if experiment.editable.renormalise { throw PerturbationError.scanRenormalises }
    self.experiment = experiment
    self.kind = kind
    self.spots = spots
    let editable = experiment.editable
    var columns = Array(editable.recipe.genes.indices)
    if let genes { columns = Array(Set(try genes.map { try experiment.column($0) })).sorted() }
    self.columns = columns
    model = experiment.incremental()
    scale = EffectScale(model, codes: experiment.before.codes)
    self.genes = editable.counts.transposed()
    batchSize = max(1, 65_536 / max(1, editable.counts.rows))
  }

  /// Spots of the slice.
  public var spotCount: Int { scale.codes.count }

  /// What the results depend on, in hexadecimal digits: a record of another scan cannot be gone on with.
  public var identity: String {
    var hash = ContentHash()
    hash.add("\(stomicsVersion) \(kind) \(columns) \(spots.map { "\($0)" } ?? "all")")
    experiment.addIdentity(to: &hash)
    return String(hash.value, radix: 16)
  }

  /// Scans the genes that the record lacks.
  /// - Parameter afterBatch: called with the record after each batch, to show progress and keep it
  public func run(_ record: inout ScanRecord, afterBatch: (ScanRecord) throws -> Void) rethrows {
    while record.effects.count < columns.count {
      let first = record.effects.count
      let batch = Array(columns[first..<min(columns.count, first + batchSize)])
      let before = model.flops
      answer(batch, &record)
      record.flops += model.flops - before
      try afterBatch(record)
    }
  }

  /// What an edit did to one spot.
  private struct Change {
    var spot: Int32
    var size: Float
    var isChanged: Bool
  }

  private struct Answer {
    var effect: GeneEffect
    var changes: [Change]
  }

  private func answer(_ batch: [Int], _ record: inout ScanRecord) {
    let edits = self.edits(batch)
    var answers = [Answer?](repeating: nil, count: batch.count)
    answers.withUnsafeMutableBufferPointer { answers in
      nonisolated(unsafe) let answers = answers
      model.respond(to: edits) { e, response in
        var changes: [Change] = []
        changes.reserveCapacity(response.spots.count)
        let effect = GeneEffect(
          edits[e], expressingSpots: genes.range(ofRow: batch[e]).count, response, scale
        ) { changes.append(Change(spot: Int32($0), size: $1, isChanged: $2)) }
        answers[e] = Answer(effect: effect, changes: changes)
      }
    }
    for (column, answer) in zip(batch, answers) {
      guard let answer else { continue }
      record.effects.append(answer.effect)
      for change in answer.changes {
        record.spots[Int(change.spot)].add(column, change: change.size, isChanged: change.isChanged)
      }
    }
  }

  /// The edits of some genes.
  func edits(_ columns: [Int]) -> [GeneEdit] {
    let editable = experiment.editable
    var edits = [GeneEdit?](repeating: nil, count: columns.count)
    edits.withUnsafeMutableBufferPointer { edits in
      nonisolated(unsafe) let edits = edits
      parallelFor(columns.count) { e in
        var counts = [Float](repeating: 0, count: editable.counts.rows)
        for k in genes.range(ofRow: columns[e]) { counts[Int(genes.indices[k])] = genes.values[k] }
        edits[e] = editable.geneEdit(columns[e], counts: counts, kind, at: spots)
      }
    }
    return edits.compactMap { $0 }
  }

  /// First-order estimates for the scan's genes, with the gradient times input.
  public func firstOrder() -> FirstOrderResponse { experiment.firstOrder(edits(columns)) }
}

/// What all edits of a scan do to one spot.
public struct SpotSensitivity: Sendable, Equatable {
  /// How many genes' edits change the spot's domain.
  public var changingGenes = 0
  /// The column of the gene whose edit changes the spot's probabilities most, and by how much (total variation); -1 and 0
  /// where none does.
  public var strongestGene = -1
  public var strongestChange: Float = 0

  mutating func add(_ column: Int, change: Float, isChanged: Bool) {
    if isChanged { changingGenes += 1 }
    if change > strongestChange {
      strongestGene = column
      strongestChange = change
    }
  }
}

/// The results of a scan so far: of the first genes of its list, and of every spot.
public struct ScanRecord: Sendable, Equatable {
  public var effects: [GeneEffect] = []
  /// `[N]`
  public var spots: [SpotSensitivity]
  /// Floating-point operations of matrix products and sums over edges: what the exact answers took at least.
  public var flops = 0.0

  public init(spotCount: Int) { spots = [SpotSensitivity](repeating: SpotSensitivity(), count: spotCount) }
}
