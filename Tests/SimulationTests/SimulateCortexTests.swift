import AnnData
import StomicsCore
import TestSupport
import Testing

@testable import Simulation

@Suite struct SimulateCortexTests {
  private let small = SimulationOptions(spots: 300, genes: 400, seed: 1)

  @Test("one seed gives one slice, for any number of threads; another seed another") func determinism() throws {
    let one = try simulateCortex(small)
    #expect(try simulateCortex(small) == one)
    let before = Threads.count
    Threads.count = 1
    let single = try simulateCortex(small)
    Threads.count = 3
    let three = try simulateCortex(small)
    Threads.count = before
    #expect(single == one)
    #expect(three == one)
    var other = small
    other.seed = 2
    #expect(try simulateCortex(other).x != one.x)
  }

  @Test("slices of one gene seed have the same genes in another tissue") func geneSeed() throws {
    var first = small
    first.geneSeed = 9
    var second = first
    second.seed = 2
    let (a, b) = (try simulateCortex(first), try simulateCortex(second))
    #expect(a.var == b.var && a.obs != b.obs && a.x != b.x)
    #expect(a.var != (try simulateCortex(small)).var)
    first.geneSeed = first.seed
    #expect(try simulateCortex(first) == simulateCortex(small))
  }

  @Test("obs, var, obsm and uns hold what scanpy and squidpy look for") func contents() throws {
    let data = try simulateCortex(small)
    #expect(data.observationCount == 300)
    #expect(data.variableCount == 400)
    #expect(Array(data.obs.columns.keys) == ["in_tissue", "array_row", "array_col", "layer", "cortical_depth"])
    #expect(Array(data.var.columns.keys) == ["gene_ids", "simulated_marker", "simulated_program"])
    #expect(Set(data.obs.index).count == 300)
    #expect(Set(data.var.index).count == 400)
    #expect(data.obs.index == data.obs.index.sorted())
    for symbol in [
      "RELN", "AQP4", "FABP7", "CUX2", "HPCAL1", "ENC1", "CARTPT", "RORB", "PCP4", "TRABD2A", "KRT17", "B3GALT2",
      "MBP", "MOBP", "PLP1", "SNAP25", "GFAP", "MT-CO1",
    ] {
      #expect(data.var.index.contains(symbol), "\(symbol) is missing")
    }
    #expect(data.var.index.count { $0.hasPrefix("MT-") } == 13)
    guard case .strings(let ids) = data.var["gene_ids"] else {
      Issue.record("gene_ids are not strings")
      return
    }
    #expect(ids.allSatisfy { $0.count == 15 && $0.hasPrefix("ENSG") })
    #expect(Set(ids).count == 400)
    #expect(data.obs.index.allSatisfy { $0.count == 18 })
  }

  @Test("counts are whole, positive, sparse and sorted") func counts() throws {
    guard case .sparse(let x) = try simulateCortex(small).x else {
      Issue.record("X is not sparse")
      return
    }
    #expect(x.layout == .csr)
    let values = x.values.floats
    #expect(values.allSatisfy { $0 >= 1 && $0 == $0.rounded() })
    for i in 0..<x.rows {
      let row = x.indices[x.indptr[i]..<x.indptr[i + 1]]
      #expect(zip(row, row.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test("the median depth is the one asked for") func depth() throws {
    for depth in [nil, 500.0] {
      let data = try simulateCortex(SimulationOptions(spots: 1000, genes: 1000, seed: 3, depth: depth))
      guard case .sparse(let x) = data.x else { continue }
      let values = x.values.doubles
      let sums = (0..<x.rows).map { values[x.indptr[$0]..<x.indptr[$0 + 1]].reduce(0, +) }.sorted()
      let expected = depth ?? CortexModel.defaultDepth(genes: 1000)
      // Sampling of a median of 1,000 log-normal depths (relative sd 0.55 · 1.25 / √1000 = 2 %), thrice.
      expectClose([sums[500]], [expected], relative: 0.08, "median depth")
    }
  }

  @Test("as many labels are missing as asked for, and the truth stays") func missingLabels() throws {
    var options = small
    options.missingLabels = 0.1
    let data = try simulateCortex(options)
    guard case .categorical(let layer) = data.obs["layer"], case .categorical(let truth) = data.obs["layer_truth"]
    else {
      Issue.record("layer or layer_truth is no factor")
      return
    }
    #expect(layer.codes.count { $0 < 0 } == 30)
    #expect(truth.codes.allSatisfy { $0 >= 0 })
    #expect(zip(layer.codes, truth.codes).allSatisfy { $0 < 0 || $0 == $1 })
    #expect(try simulateCortex(small).x == data.x)
  }

  @Test("settings that make no sense are named") func validation() {
    for (options, error) in [
      (SimulationOptions(spots: 49), SimulationError.spots(49)),
      (SimulationOptions(spots: 20_000), .spots(20_000)),
      (SimulationOptions(genes: 10), .genes(10)),
      (SimulationOptions(missingLabels: 1), .missingLabels(1)),
      (SimulationOptions(missingLabels: -0.1), .missingLabels(-0.1)),
      (SimulationOptions(depth: 0), .depth(0)),
      (SimulationOptions(library: "a/b"), .library("a/b")),
    ] {
      #expect(throws: error) { try simulateCortex(options) }
      #expect(error.kind == .usage)
      #expect(error.description.contains("--"))
    }
    #expect(throws: SimulationError.self) { try simulateCortex(SimulationOptions(missingLabels: .nan)) }
    #expect(throws: SimulationError.self) { try simulateCortex(SimulationOptions(depth: .nan)) }
  }
}
