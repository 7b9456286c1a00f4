import AnnData
import Foundation
import Preprocessing
import Simulation
import SparseGraph
import TestSupport
import Testing

@testable import StomicsCLI

@Suite("preprocess")
struct PreprocessCommandTests {
  private struct Summary: Decodable {
    struct Edges: Decodable {
      var neighbours: Int
      var direction: String
      var fewest: Int
      var most: Int
    }
    var spotsRead: Int
    var spotsKept: Int
    var unlabelled: Int
    var genesKept: Int
    var highlyVariable: Int
    var components: Int
    var targetSum: Double
    var graph: Edges?
  }

  /// Raw counts of a small cortex, with some labels taken off.
  private func slice(_ folder: String) throws -> String {
    var data = try simulateCortex(SimulationOptions(spots: 150, genes: 150, seed: 5))
    var labels = try data.labels("layer")
    for i in 0..<10 { labels.codes[i] = -1 }
    data.obs["layer"] = .categorical(labels)
    let path = folder + "/raw.h5ad"
    try data.write(to: path)
    return path
  }

  @Test("a summary, and a file with everything under its key")
  func wholeCommand() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let output = folder + "/slice.h5ad"
    let outcome = succeed([
      "preprocess", try slice(folder), "-o", output, "--label-key", "layer", "--n-top-genes", "80", "--n-pcs", "7",
    ])
    #expect(outcome.output.contains("140 of 150 (dropped: 10 without a label)"))
    #expect(outcome.output.contains("80, normalised dispersion"))
    #expect(outcome.output.contains("6 nearest, symmetric"))
    let adata = try AnnData.read(output)
    #expect(adata.observationCount == 140)
    #expect(adata.layers[Keys.counts] != nil && adata.obsp[Keys.spatialConnectivities] != nil)
    #expect(try adata.recipe().genes.count == 80)
    guard case .array(let components) = adata.obsm[Keys.pca] else {
      Issue.record("no components")
      return
    }
    #expect(components.shape == [140, 7])
  }

  @Test("every flag reaches the recipe")
  func flags() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let output = folder + "/slice.h5ad"
    let outcome = succeed([
      "preprocess", try slice(folder), "-o", output, "--label-key", "layer", "--keep-unlabelled", "--min-cells", "5",
      "--min-counts", "2", "--target-sum", "median", "--hvg-cutoffs", "--clip", "4", "--standardisation", "per-slice",
      "--knn-k", "4", "--graph-direction", "reverse-knn", "--n-pcs", "0", "--compression", "gzip", "--json", "-q",
    ])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let summary = try decoder.decode(Summary.self, from: Data(outcome.output.utf8))
    let adata = try AnnData.read(output)
    let recipe = try adata.recipe()
    #expect(summary.spotsKept == 150 && summary.unlabelled == 0 && summary.components == 0)
    #expect(recipe.genes.count == summary.highlyVariable && adata.variableCount == summary.genesKept)
    #expect(recipe.targetSum == summary.targetSum && recipe.targetSum != 10_000)
    #expect(recipe.clip == 4 && recipe.standardisation == .perSlice && recipe.labelKey == "layer")
    #expect(recipe.graph == GraphRecipe(.kNearest(4), direction: .reverseKNN))
    #expect(summary.graph?.neighbours == 4 && summary.graph?.direction == "reverse-knn")
    #expect(adata.obsm[Keys.pca] == nil)
    // A preprocessed slice is not counts any more, but its layer is.
    let again = Stomics.run(["preprocess", output, "-o", folder + "/again.h5ad"])
    #expect(again.exitCode == 65 && again.errors.contains("--layer") && again.errors.contains("counts"))
    succeed(["preprocess", output, "-o", output, "--layer", "counts", "--no-graph", "--n-top-genes", "50"])
    #expect(try AnnData.read(output).recipe().graph.hasGraph == false)
  }

  @Test(
    "every kind of graph is built, trained on and predicted with, the same for any number of threads",
    arguments: [
      (["--n-rings", "2"], "2 rings"), (["--graph", "radius", "--radius", "R"], "within"),
      (["--graph", "delaunay"], "Delaunay, symmetric"), (["--graph", "delaunay", "--max-edge", "R"], "edges up to"),
    ])
  func graphs(_ flags: [String], _ words: String) throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let input = try slice(folder)
    let pitch = try spotPitch(AnnData.read(input).coordinates())
    let given = flags.map { $0 == "R" ? "\(1.5 * pitch)" : $0 }
    let outcome = succeed(
      ["preprocess", input, "-o", folder + "/p.h5ad", "--label-key", "layer", "--n-top-genes", "60"] + given)
    #expect(outcome.output.contains(words))
    let file = try AnnData.read(folder + "/p.h5ad")
    let kind = try file.recipe().graph.kind
    #expect(kind.words.contains(words.split(separator: ",")[0]))
    let wanted = try NeighbourGraph.build(file.coordinates(), with: try #require(kind.method))
    guard case .sparse(let stored)? = file.obsp[Keys.spatialConnectivities] else {
      Issue.record("no graph")
      return
    }
    #expect(stored.indices == wanted.graph.sources && stored.indptr == wanted.graph.indptr)
    var bytes = [Data]()
    for threads in ["1", "4"] {
      succeed([
        "train", folder + "/p.h5ad", "-o", folder + "/run" + threads, "--epochs", "2", "--embed-dim", "16",
        "--hidden-dim", "16", "--threads", threads, "-q",
      ])
      succeed([
        "predict", folder + "/run" + threads, input, "-o", folder + "/out.h5ad", "--threads", threads, "-q",
      ])
      bytes.append(try Data(contentsOf: URL(fileURLWithPath: folder + "/out.h5ad")))
    }
    #expect(bytes[0] == bytes[1])
    // Another graph than the file's own, and a flag of another kind.
    succeed([
      "train", folder + "/p.h5ad", "-o", folder + "/own", "--epochs", "1", "--embed-dim", "16", "--hidden-dim", "16",
      "--graph", "knn", "--knn-k", "4", "-q",
    ])
    let wrong = Stomics.run(["train", folder + "/p.h5ad", "-o", folder + "/wrong", "--knn-k", "4", "--radius", "9"])
    #expect(wrong.exitCode == 64 && wrong.errors.contains("--radius belongs to --graph radius"))
  }

  @Test("spots without neighbours are counted, and predicted all the same")
  func aloneSpots() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let input = try slice(folder)
    // One spot far off.
    var adata = try AnnData.read(input)
    var places = try adata.coordinates()
    places[0] = places[0] + SIMD2(1e6, 0)
    adata.obsm[Keys.spatial] = .array(
      DenseArray(shape: [places.count, 2], values: .float64(places.flatMap { [$0.x, $0.y] })))
    try adata.write(to: input)
    let pitch = try spotPitch(places)
    let outcome = succeed([
      "preprocess", input, "-o", folder + "/p.h5ad", "--label-key", "layer", "--n-top-genes", "60", "--graph",
      "radius", "--radius", "\(1.5 * pitch)", "--keep-unlabelled",
    ])
    #expect(outcome.output.contains(", 1 spot without neighbours"))
    for mode in ["full", "gcn_only"] {
      succeed([
        "train", folder + "/p.h5ad", "-o", folder + "/" + mode, "--epochs", "2", "--embed-dim", "16", "--hidden-dim",
        "16", "--mode", mode, "-q",
      ])
      let outcome = succeed(["predict", folder + "/" + mode, input, "-o", folder + "/out.h5ad", "-q"])
      #expect(outcome.errors.contains("Without neighbours") && outcome.errors.contains(": 1 of \(places.count) spots"))
      let predicted = try AnnData.read(folder + "/out.h5ad").numbers("domain_confidence")
      #expect(predicted.allSatisfy { $0.isFinite && $0 > 0 })
    }
  }

  @Test(
    "flavours of highly variable genes, with batches",
    arguments: ["seurat", "cell_ranger", "seurat_v3", "pearson-residuals"])
  func flavors(_ flavor: String) throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let input = try slice(folder)
    let output = folder + "/slice.h5ad"
    let common = ["preprocess", input, "-o", output, "--n-top-genes", "60", "--n-pcs", "5", "--hvg-flavor", flavor]
    let plain = succeed(common)
    #expect(plain.output.contains(flavor == "seurat_v3" ? "60, normalised variance" : "60, "))
    let name = flavor == "pearson-residuals" ? "pearson_residuals" : flavor
    #expect(try AnnData.read(output).recipe().highlyVariableFlavor == name)
    let batched = succeed(common + ["--label-key", "layer", "--hvg-batch-key", "in_tissue", "--json", "-q"])
    #expect(batched.output.contains("\"batches\"") && batched.output.contains("\"in_tissue\""))
    let adata = try AnnData.read(output)
    let recipe = try adata.recipe()
    #expect(recipe.genes.count == 60 && recipe.highlyVariableBatchColumn == "in_tissue")
    #expect(adata.var[Keys.highlyVariableBatches] != nil)
  }

  @Test("what is wrong is said, with the right exit code")
  func errors() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let input = try slice(folder)
    let output = folder + "/slice.h5ad"
    func fails(_ arguments: [String], _ code: Int32, _ words: String...) {
      let outcome = Stomics.run(["preprocess", input, "-o", output] + arguments)
      #expect(outcome.exitCode == code, "\(arguments): \(outcome.errors)")
      for word in words { #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)") }
      #expect(!FileManager.default.fileExists(atPath: output))
    }
    fails(["--label-key", "region"], 65, "region", "layer")
    fails(["--hvg-cutoffs", "--n-top-genes", "50"], 64, "exclude each other")
    fails(["--hvg-cutoffs", "--hvg-flavor", "seurat_v3"], 64, "--n-top-genes", "cell_ranger")
    fails(["--hvg-flavor", "seurat_v4"], 64, "seurat_v3", "pearson_residuals")
    fails(["--hvg-batch-key", "donor"], 65, "'donor'", "array_row", "layer")
    fails(["--hvg-batch-key", "cortical_depth"], 65, "labels")
    fails(["--hvg-batch-key", "layer"], 65, "10 spots", "--hvg-batch-key")
    fails(
      ["--hvg-batch-key", "array_row", "--hvg-flavor", "seurat-v3", "--n-top-genes", "50"], 65, "seurat_v3", "batch '")
    fails(["--no-graph", "--knn-k", "4"], 64, "exclude each other")
    fails(["--keep-unlabelled"], 64, "--label-key")
    fails(["--target-sum", "ten"], 64, "--target-sum", "ten")
    fails(["--n-top-genes", "0"], 64, "--n-top-genes")
    fails(["--knn-k", "150"], 65, "more than 150 spots", "are 150")
    fails(["--spatial-key", "X_umap"], 65, "X_umap", "spatial")
    fails(["--size-factors", "depth"], 65, "depth")
    fails(["--min-counts", "1e9"], 65, "No spot is left")
    let missing = Stomics.run(["preprocess", folder + "/none.h5ad", "-o", output])
    #expect(missing.exitCode == 74 && missing.errors.contains("none.h5ad"))
  }
}
