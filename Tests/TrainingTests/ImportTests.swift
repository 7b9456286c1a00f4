import AnnData
import Foundation
import Models
import SparseGraph
import StomicsCore
import TestSupport
import Testing

@testable import Training

/// A slice with nothing but labels of five classes and the recipe of some genes: what an import needs.
private func makeSlice(genes: Int = 80) -> AnnData {
  let labels = (0..<150).map { "domain \($0 % 5)" }
  var slice = AnnData(
    x: nil, obs: DataFrame(index: (0..<150).map { "spot\($0)" }), var: DataFrame(index: (0..<genes).map { "gene\($0)" })
  )
  slice.obs["layer"] = .categorical(Categorical(labels: labels))
  slice.setRecipe(
    Recipe(
      targetSum: 1e4, genes: (0..<genes).map { "gene\($0)" }, means: [Double](repeating: 0, count: genes),
      standardDeviations: [Double](repeating: 1, count: genes), clip: 10, graph: GraphRecipe(), labelKey: "layer",
      version: stomicsVersion))
  return slice
}

@Suite("Models that the published system trained")
struct ImportTests {
  /// The parameters of a reference case, as the published system would have saved them.
  private func published(_ golden: Golden, older: Bool = false) -> Safetensors {
    var file = Safetensors()
    for name in golden.names where name.hasPrefix("param.") {
      let tensor = Safetensors.Tensor(shape: golden[name].shape, values: golden[name].floats)
      let key = String(name.dropFirst(6))
      if older, key.hasPrefix("spatial_encoder.convs."), key.hasSuffix(".lin.weight") {
        file.tensors["module." + key.replacing(".lin.", with: ".lin_src.")] = tensor
        file.tensors["module." + key.replacing(".lin.", with: ".lin_dst.")] = tensor
      } else {
        file.tensors[(older ? "module." : "") + key] = tensor
      }
    }
    return file
  }

  @Test("become run folders that predict what it predicts, under older names too", arguments: ReferenceModels.all)
  func predicts(path: String) throws {
    try inTemporaryFolder { folder in
      let golden = try Golden.load(path)
      let words = ReferenceModels.names(path)
      for older in [false, true] {
        try published(golden, older: older).write(to: folder + "/best_model.safetensors")
        let imported = try ImportedRun(
          contentsOf: folder + "/best_model.safetensors", slice: makeSlice(genes: golden["in.x"].shape[1]))
        let run = RunFolder(folder + "/run")
        try imported.write(to: run, overwrite: older)
        let predictor = try Predictor(contentsOf: run.model)
        let configuration = predictor.model.configuration
        #expect(configuration.mode.rawValue == words.mode)
        if configuration.mode.usesFusion { #expect(configuration.fusion.rawValue == words.fusion) }
        let x = golden["in.x"]
        let features = golden.features.map { Matrix(rows: $0.shape[0], columns: $0.shape[1], values: $0.floats) }
        let data = try ModelData(
          StandardisedMatrix(dense: Matrix(rows: x.shape[0], columns: x.shape[1], values: x.floats)),
          embedding: configuration.mode.usesEmbedding ? features : nil,
          image: configuration.mode.usesImage ? features : nil,
          context: SpatialContext(Graph(edgeIndex: golden["in.edge_index"].ints, spots: 150)), for: configuration)
        let result = predictor.model.predict(data)
        expectClose(result.logits.values, golden.precise("out", "logits").floats, relative: 1e-5, "logits")
        #expect(predictor.checkpoint.classNames == (0..<5).map { "domain \($0)" })
        #expect(predictor.checkpoint.recipe.graph.direction == .reverseKNN)
        var settings = TrainingConfiguration()
        try settings.load(file: run.configuration)
        #expect(settings.mode == configuration.mode && settings.embeddingWidth == 32)
      }
    }
  }

  @Test("that do not fit the slice are explained") func misfits() throws {
    try inTemporaryFolder { folder in
      let path = folder + "/m.safetensors"
      let golden = try Golden.load(Fixtures.path("model/model_full_gated.safetensors"))
      var settings = ImportedRun.Settings()
      func fails(
        _ file: Safetensors, _ slice: AnnData, _ word: String, sourceLocation: SourceLocation = #_sourceLocation
      )
        throws
      {
        try file.write(to: path)
        #expect(sourceLocation: sourceLocation) {
          try ImportedRun(contentsOf: path, slice: slice, settings)
        } throws: {
          "\($0)".contains(word)
        }
      }
      let good = published(golden)
      var poorer = makeSlice()
      var recipe = try poorer.recipe()
      recipe.genes.removeLast()
      recipe.means.removeLast()
      recipe.standardDeviations.removeLast()
      poorer.setRecipe(recipe)
      try fails(good, poorer, "--n-top-genes 80")
      settings.classNames = ["a", "b"]
      try fails(good, makeSlice(), "--class-name")
      settings.classNames = nil
      settings.mode = .gcnFull
      try fails(good, makeSlice(), "no such parameter")
      settings.mode = nil
      var changed = good
      changed.tensors["classifier.weight"] = nil
      try fails(changed, makeSlice(), "'classifier.weight'")
      changed = good
      changed.tensors["spatial_encoder.convs.0.lin_dst.weight"] = changed.tensors["spatial_encoder.convs.1.lin.weight"]
      changed.tensors["spatial_encoder.convs.0.lin_dst.weight"]?.values[0] += 1
      try fails(changed, makeSlice(), "differ")
      changed.tensors = ["a.weight": Safetensors.Tensor(shape: [1], values: [1])]
      try fails(changed, makeSlice(), "no mode")
      changed = good
      changed.tensors["fusion.gate.0.bias"]?.values[0] = .nan
      try fails(changed, makeSlice(), "fusion.gate.0.bias")
      changed = good
      changed.tensors["expr_encoder.norm.weight"] = Safetensors.Tensor(shape: [], values: [1])
      try fails(changed, makeSlice(), "expr_encoder.norm.weight")
    }
  }
}
