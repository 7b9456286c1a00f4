import AnnData
import Foundation
import Models
import StomicsCore
import TestSupport
import Testing
import Training

@testable import StomicsCLI

/// A small slice with matrices in obsm, and commands of every mode on it.
@Suite("Every mode through the commands")
struct ModeCommandTests {
  typealias Mode = ModelConfiguration.Mode

  /// Adds an embedding and image features that follow the layers.
  static func makeSlice() throws -> SmallSlice {
    let slice = try SmallSlice(spots: 150, genes: 150)
    for path in [slice.path, slice.raw] {
      var adata = try AnnData.read(path)
      let depth = try adata.numbers("cortical_depth")
      for (key, width) in [("X_scGPT", 12), ("X_scGPT_brain", 12), ("X_geneformer", 12), ("X_resnet50", 20)] {
        let values = depth.flatMap { d in (0..<width).map { Float(cos(Double($0 + 1) * d)) } }
        adata.obsm[key] = .array(DenseArray(Matrix(rows: depth.count, columns: width, values: values)))
      }
      try adata.write(to: path)
    }
    return slice
  }

  static let quick = ["--embed-dim", "16", "--hidden-dim", "32", "--epochs", "3", "-q"]

  @Test("train, resume, predict, plot, perturb", arguments: Mode.allCases)
  func commands(mode: Mode) throws {
    let slice = try Self.makeSlice()
    let run = slice.folder + "/run"
    let output = slice.folder + "/predicted.h5ad"
    let flags = ["--mode", mode.rawValue, "--embedding", "obsm:X_scGPT", "--fusion", "gated"] + Self.quick
    succeed(["train", slice.path, "-o", run] + flags)
    succeed(["train", slice.path, "-o", run, "--resume", "--epochs", "5", "-q"])
    let metrics = try RunMetrics(contentsOf: run + "/metrics.json")
    #expect(metrics.mode == mode.rawValue && metrics.epochs == 5)
    succeed(["predict", run, slice.path, "-o", output, "-q"])
    let predicted = try AnnData.read(output).labels(Keys.predictedDomain)
    #expect(try predicted.codes == AnnData.read(run + "/results.h5ad").labels(Keys.predictedDomain).codes)
    succeed(["plot", "domains", run, "-o", slice.folder + "/domains.svg", "-q"])
    let gene = try AnnData.read(slice.path).recipe().genes[0]
    let perturbed = Stomics.run([
      "perturb", run, slice.path, "--gene", gene, "-o", slice.folder + "/perturbed", "--no-maps", "-q",
    ])
    if mode.readsGenes {
      #expect(perturbed.exitCode == 0, "\(perturbed.errors)")
    } else {
      #expect(perturbed.exitCode == 64)
      #expect(perturbed.errors.contains("reads obsm/X_scGPT and no counts"), "\(perturbed.errors)")
      // A slice without the model's genes serves as well.
      var other = try AnnData.read(slice.path)
      other.dropMatrices()
      try other.write(to: slice.folder + "/bare.h5ad")
      succeed(["predict", run, slice.folder + "/bare.h5ad", "-o", output, "-q"])
    }
  }

  @Test("features that are missing, of another width or under another key at predict") func otherFeatures() throws {
    let slice = try Self.makeSlice()
    let run = slice.folder + "/run"
    let output = slice.folder + "/predicted.h5ad"
    succeed(["train", slice.path, "-o", run, "--mode", "embedding_only", "--embedding", "obsm:X_scGPT"] + Self.quick)
    var adata = try AnnData.read(slice.path)
    adata.obsm["X_narrow"] = .array(DenseArray(Matrix(rows: 150, columns: 3, repeating: 1)))
    adata.obsm["X_moved"] = adata.obsm.removeValue(forKey: "X_scGPT")
    let other = slice.folder + "/other.h5ad"
    try adata.write(to: other)
    func fails(_ flags: [String], _ words: String..., code: Int32) {
      let outcome = Stomics.run(["predict", run, other, "-o", output] + flags)
      #expect(outcome.exitCode == code, "\(outcome)")
      for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
    }
    fails([], "'X_scGPT' not found in /obsm", "X_moved", "--embedding obsm:KEY", code: 65)
    fails(["--embedding", "obsm:X_narrow"], "[150, 3]", "[150, 12]", code: 65)
    fails(["--image-features", "obsm:X_resnet50"], "--image-features is not for this model", code: 64)
    succeed(["predict", run, other, "-o", output, "--embedding", "obsm:X_moved", "-q"])
    #expect(
      try AnnData.read(output).labels(Keys.predictedDomain).codes
        == AnnData.read(run + "/results.h5ad").labels(Keys.predictedDomain).codes)
  }

  @Test("predict --attention writes a matrix a layer that is there after reading") func attention() throws {
    let slice = try Self.makeSlice()
    let run = slice.folder + "/run"
    let output = slice.folder + "/predicted.h5ad"
    succeed(["train", slice.path, "-o", run] + Self.quick)
    succeed(["predict", run, slice.path, "-o", output, "--attention", "-q"])
    let adata = try AnnData.read(output)
    #expect(adata.obsp["attention_cross_1_head_0"] == nil)
    let heads = slice.folder + "/heads.h5ad"
    succeed(["predict", run, slice.path, "-o", heads, "--attention-heads", "-q"])
    let withHeads = try AnnData.read(heads)
    #expect(withHeads.obsp["attention_cross_1"] == adata.obsp["attention_cross_1"])
    #expect(withHeads.obsp["attention_cross_1_head_0"] != withHeads.obsp["attention_cross_1_head_1"])
    for key in ["attention_graph_0_head_0", "attention_cross_1_head_3"] { #expect(withHeads.obsp[key] != nil) }
    for key in ["attention_graph_0", "attention_graph_1", "attention_cross_0", "attention_cross_1"] {
      guard case .sparse(let matrix)? = adata.obsp[key] else {
        Issue.record("no obsp/\(key)")
        continue
      }
      let weights = try matrix.csrMatrix()
      #expect(matrix.layout == .csr && weights.rows == 150 && weights.columns == 150)
      for i in 0..<150 {
        let sum = weights.range(ofRow: i).reduce(0.0) { $0 + Double(weights.values[$1]) }
        #expect(abs(sum - 1) < 1e-5)
      }
    }
    succeed(["train", slice.path, "-o", run, "--overwrite", "--mode", "gcn_only"] + Self.quick)
    let refused = Stomics.run(["predict", run, slice.path, "-o", output, "--attention"])
    #expect(refused.exitCode == 64 && refused.errors.contains("gcn_only has no attention"), "\(refused.errors)")
  }

  @Test("import-checkpoint: parameters alone and a slice predict what the whole checkpoint does")
  func importCheckpoint() throws {
    let slice = try Self.makeSlice()
    let run = slice.folder + "/run"
    for (mode, flags) in [("gcn_full", [String]()), ("scgpt_brain", ["--mode", "scgpt_brain"])] {
      succeed(["train", slice.path, "-o", run, "--overwrite", "--mode", mode] + Self.quick)
      var file = try Safetensors(contentsOf: run + "/model.safetensors")
      file.metadata = [:]
      try file.write(to: slice.folder + "/bare.safetensors")
      let imported = succeed(
        [
          "import-checkpoint", slice.folder + "/bare.safetensors", slice.path, "-o", slice.folder + "/imported-" + mode,
          "--graph-direction", "symmetric",
        ] + flags)
      #expect(imported.output.contains(mode) && imported.output.contains("Layer1, Layer2"))
      for (folder, name) in [("run", "a"), ("imported-" + mode, "b")] {
        succeed([
          "predict", slice.folder + "/" + folder, slice.path, "-o", slice.folder + "/\(name).h5ad", "-q",
        ])
      }
      #expect(try slice.bytes("a.h5ad") == slice.bytes("b.h5ad"))
      let again = Stomics.run([
        "import-checkpoint", slice.folder + "/bare.safetensors", slice.path, "-o", slice.folder + "/imported-" + mode,
      ])
      #expect(again.exitCode != 0 && again.errors.contains("--overwrite"))
    }
    // A slice with a graph that the published system has not.
    let grid = slice.folder + "/grid.h5ad"
    succeed(["preprocess", slice.raw, "--label-key", "layer", "--graph", "grid", "--n-top-genes", "100", "-o", grid])
    succeed(["train", grid, "-o", run, "--overwrite", "--mode", "gcn_full"] + Self.quick)
    var file = try Safetensors(contentsOf: run + "/model.safetensors")
    file.metadata = [:]
    try file.write(to: slice.folder + "/bare.safetensors")
    let command = [
      "import-checkpoint", slice.folder + "/bare.safetensors", grid, "-o", slice.folder + "/imported-grid",
    ]
    let refused = Stomics.run(command)
    #expect(refused.exitCode == 65 && refused.errors.contains("1 ring. Give the model's k with --knn-k"), "\(refused)")
    succeed(command + ["--knn-k", "6"])
    let wrong = Stomics.run(["import-checkpoint", "a", "b", "-o", "c", "--mode", "nothing"])
    #expect(wrong.exitCode == 64 && wrong.errors.contains("one of expr_only"))
  }

  @Test("models lists every mode with its parameters, and one mode's tensors") func models() {
    let list = succeed(["models", "--classes", "7"]).output
    for mode in Mode.allCases { #expect(list.contains(mode.rawValue)) }
    #expect(list.contains("1,107,063") && list.contains("402,055") && list.contains("1,423,095"))
    let table = succeed(["models", "gcn-only", "--genes", "100", "--classes", "3"]).output
    #expect(table.contains("spatial_encoder.convs.0.lin.weight") && table.contains("[128, 100]"))
    let unknown = Stomics.run(["models", "gnn_only"])
    #expect(unknown.exitCode == 64 && unknown.errors.contains("Did you mean"))
    #expect(Stomics.run(["models", "--genes", "0"]).exitCode == 64)
  }

  @Test("help of train lists the modes") func help() {
    let help = Stomics.run(["train", "--help"]).output.replacing("\n", with: " ")
    for mode in Mode.allCases { #expect(help.contains(mode.rawValue), "\(mode)") }
  }
}
