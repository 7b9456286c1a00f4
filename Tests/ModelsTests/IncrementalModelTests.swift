import Autodiff
import StomicsCore
import TestSupport
import Testing

@testable import Models

/// What an edit changes, computed where it reaches, against the whole model computed anew.
@Suite("Edits of single genes equal the model computed anew")
struct IncrementalModelTests {
  static let paths = ReferenceModels.all.filter {
    ModelConfiguration.Mode(rawValue: ReferenceModels.names($0).mode)?.readsGenes == true
  }

  /// A model with its slice, and edits: of a few spots, of one, of all, of none.
  struct Case {
    let golden: GoldenModel
    let dense: Matrix
    let incremental: IncrementalModel
    let edits: [GeneEdit]

    init(_ path: String) throws {
      golden = try GoldenModel(path)
      let x = golden.golden["in.x"]
      let dense = Matrix(rows: x.shape[0], columns: x.shape[1], values: x.floats)
      self.dense = dense
      incremental = IncrementalModel(golden.model, golden.data, StandardisedMatrix(dense: dense))
      func edit(_ column: Int, _ spots: [Int32], _ change: (Float) -> Float) -> GeneEdit {
        let old = spots.map { dense[Int($0), column] }
        return GeneEdit(column: column, spots: spots, old: old, new: old.map(change))
      }
      edits = [
        edit(3, [0, 17, 90]) { $0 - 2.5 }, edit(dense.columns - 1, [Int32(dense.rows - 1)]) { _ in 10 },
        edit(0, (0..<dense.rows).map(Int32.init)) { -$0 }, edit(4, []) { $0 },
        edit(12, [5, 6, 7, 8, 120]) { $0 * 0.5 + 1 },
      ]
    }

    func recomputed(_ edit: GeneEdit) throws -> (probabilities: Matrix, embeddings: Matrix) {
      var changed = dense
      for (spot, value) in zip(edit.spots, edit.new) { changed[Int(spot), edit.column] = value }
      let data = golden.data
      let image = golden.golden.features.map { Matrix(rows: $0.shape[0], columns: $0.shape[1], values: $0.floats) }
      let edited = try ModelData(
        StandardisedMatrix(dense: changed), image: data.configuration.mode.usesImage ? image : nil,
        context: data.context, for: data.configuration)
      let result = golden.model.predict(edited)
      return (result.probabilities, result.embeddings)
    }
  }

  @Test("the slice as it is", arguments: paths) func base(path: String) throws {
    let case_ = try Case(path)
    let whole = case_.golden.model.predict(case_.golden.data)
    expectClose(case_.incremental.probabilities.values, whole.probabilities.values, relative: 1e-5, "probabilities")
    expectClose(case_.incremental.embeddings.values, whole.embeddings.values, relative: 1e-5, "embeddings")
  }

  @Test("reached spots change as they do in the whole model, the others not at all", arguments: paths)
  func edited(path: String) throws {
    let case_ = try Case(path)
    nonisolated(unsafe) var responses = [EditResponse?](repeating: nil, count: case_.edits.count)
    Threads.serially { case_.incremental.respond(to: case_.edits) { responses[$0] = $1 } }
    for (edit, response) in zip(case_.edits, responses) {
      let response = try #require(response)
      let (probabilities, embeddings) = try case_.recomputed(edit)
      let name = "gene \(edit.column)"
      let spots = response.spots.map(Int.init)
      expectClose(
        response.probabilities.values, probabilities.gatheringRows(spots).values, relative: 2e-5, name)
      expectClose(response.embeddings.values, embeddings.gatheringRows(spots).values, relative: 2e-5, name)
      // An edit's effect is far above what rounding leaves.
      let before = case_.incremental.embeddings.gatheringRows(spots).values
      if !spots.isEmpty {
        #expect(zip(before, response.embeddings.values).contains { abs($0 - $1) > 1e-3 }, "\(name) changes something")
      }
      let others = (0..<case_.dense.rows).filter { !response.spots.contains(Int32($0)) }
      expectClose(
        case_.incremental.embeddings.gatheringRows(others).values, embeddings.gatheringRows(others).values,
        relative: 1e-5, name + ", out of reach")
    }
    #expect(responses[3]?.spots.isEmpty == true)
    #expect((responses[1]?.spots.count ?? .max) < case_.dense.rows, "one spot does not reach all")
  }

  @Test("the same bytes alone and together, and for any number of threads", arguments: paths.filter { $0.contains("full") })
  func batches(path: String) throws {
    let case_ = try Case(path)
    func answers(_ groups: [[GeneEdit]]) -> [Matrix] {
      nonisolated(unsafe) var found: [Matrix] = []
      for group in groups {
        nonisolated(unsafe) var part = [Matrix?](repeating: nil, count: group.count)
        Threads.serially { case_.incremental.respond(to: group) { part[$0] = $1.embeddings } }
        found += part.compactMap { $0 }
      }
      return found
    }
    #expect(answers([case_.edits]) == answers(case_.edits.map { [$0] }))
  }
}
