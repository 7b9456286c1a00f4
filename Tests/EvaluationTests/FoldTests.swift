import AnnData
import Simulation
import SparseGraph
import StomicsCore
import Testing
import Training

@testable import Evaluation

@Suite("Folds")
struct FoldTests {
  static let near: @Sendable ([SIMD2<Double>]) throws -> Reach = { _ in .within(rings: 0) }

  @Test("a random split is that of train, slice by slice")
  func random() throws {
    let set = try Slices.set(2)
    let kind = EvaluationProtocol(.random)
    let units = try kind.units(set)
    #expect(units.map(\.name) == ["slice1", "slice2"])
    let folds = try kind.folds(units[1], of: set, seed: 42, reach: Self.near)
    let split = try Split(labels: set.labels[1], classNames: set.classNames, seed: 42)
    #expect(folds.count == 1 && folds[0].slices == [1])
    #expect(folds[0].roles[0].indices.filter { folds[0].roles[0][$0] == .test } == split.test.sorted())
    #expect(folds[0].roles[0].indices.filter { folds[0].roles[0][$0] == .training } == split.train.sorted())
  }

  @Test("every labelled spot is tested once in blocks, and no spot learned from looks at a tested one")
  func blocks() throws {
    let set = try Slices.set(1, spots: 900)
    let slice = set.slices[0]
    var kind = EvaluationProtocol(.blocks)
    kind.bufferRings = 1
    let graph = try Graph.build(slice.coordinates, with: .kNearest(6))
    let folds = try kind.folds(
      try kind.units(set)[0], of: set, seed: 3, reach: { _ in .hops(2, of: graph, named: "k = 6") })
    #expect(folds.count == 4)
    var tested = [Int](repeating: 0, count: slice.spots.count)
    let width = try ringWidth(slice.coordinates)
    for fold in folds {
      let roles = fold.roles[0]
      for i in roles.indices where roles[i] == .test { tested[i] += 1 }
      for i in roles.indices where roles[i] == .training || roles[i] == .validation {
        var seen = Set([Int32(i)])
        for _ in 0..<2 { seen.formUnion(seen.flatMap { graph.sources[graph.edges(into: Int($0))] }) }
        #expect(!seen.contains { roles[Int($0)] == .test })
        #expect(
          !roles.indices.contains { j in
            let offset = slice.coordinates[i] - slice.coordinates[j]
            return roles[j] == .test && (offset * offset).sum().squareRoot() <= 1.05 * width
          })
      }
    }
    #expect(tested.allSatisfy { $0 == 1 })
    // Fewer blocks with spots than folds.
    kind.blockRows = 1
    kind.blockColumns = 10
    var options = Slices.options
    options.keepUnlabelled = true
    let few = try SliceSet([
      try EvaluationSlice(try Self.oneCorner(), name: "corner", donor: nil, options: options)
    ])
    #expect(throws: EvaluationError.self) {
      try kind.folds(try kind.units(few)[0], of: few, seed: 3, reach: Self.near)
    }
    (kind.blockRows, kind.blockColumns) = (4, 4)
    // Wide buffers leave nothing, and that is said.
    kind.bufferRings = 40
    #expect(throws: EvaluationError.self) {
      try kind.folds(try kind.units(set)[0], of: set, seed: 3, reach: Self.near)
    }
  }

  /// A cortex in which only spots of the leftmost tenth keep their label.
  static func oneCorner() throws -> AnnData {
    var adata = try simulateCortex(SimulationOptions(spots: 300, genes: 100, seed: 1))
    let x = try adata.coordinates().map(\.x)
    let limit = (x.min() ?? 0) + 0.09 * ((x.max() ?? 0) - (x.min() ?? 0))
    let labels = try adata.labels("layer").labels
    adata.obs["layer"] = .categorical(Categorical(labels: labels.indices.map { x[$0] <= limit ? labels[$0] : nil }))
    return adata
  }

  @Test("across slices the tested slice is whole, the others give training and validation blocks")
  func acrossSlices() throws {
    let set = try Slices.set(3, donors: ["a", "a", "b"])
    let byDonor = EvaluationProtocol(.leaveOneDonorOut)
    #expect(try byDonor.units(set).map(\.tested) == [[0, 1], [2]])
    #expect(try byDonor.units(set, only: ["b"]).map(\.learned) == [[0, 1]])
    #expect(throws: EvaluationError.self) { try byDonor.units(set, only: ["c"]) }
    let bySlice = EvaluationProtocol(.leaveOneSliceOut)
    let unit = try bySlice.units(set)[1]
    let fold = try bySlice.folds(unit, of: set, seed: 1, reach: Self.near)[0]
    #expect(fold.slices == [0, 2, 1])
    #expect(fold.roles[2].allSatisfy { $0 == .test })
    let validation = Double(fold.roles[0].count { $0 == .validation }) / Double(fold.roles[0].count)
    #expect(validation > 0.08 && validation < 0.35)
    let data = try fold.data(set)
    #expect(data.trainedSlices == [0, 1])
    #expect(data.slices.map(\.count) == [0, 2, 1].map { set.slices[$0].spots.count })
    // No label of a test spot is in the data.
    #expect(data.test.allSatisfy { data.labels[$0] == -1 })
    #expect(data.training.allSatisfy { data.labels[$0] >= 0 })
    #expect(throws: EvaluationError.self) { try bySlice.units(try Slices.set(1)) }
  }

  @Test("shuffled labels keep their numbers, in each slice")
  func shuffled() throws {
    let set = try Slices.set(2)
    let kind = EvaluationProtocol(.random)
    let fold = try kind.folds(try kind.units(set)[0], of: set, seed: 5, reach: Self.near)[0]
    let plain = try fold.data(set)
    let shuffled = try fold.data(set, shuffling: 5)
    #expect(plain.labels != shuffled.labels)
    #expect(plain.labels.sorted() == shuffled.labels.sorted())
    #expect(plain.training == shuffled.training)
  }
}
