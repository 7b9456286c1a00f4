import AnnData
import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Models

@Suite("Checkpoints")
struct CheckpointTests {
  private func makeModel() throws -> Model {
    try Model(
      ModelConfiguration(
        mode: .full, geneCount: 6, classCount: 2, embeddingWidth: 8, hiddenWidth: 4, spatialHeads: 2,
        fusionHeads: 2), seed: 5)
  }

  private let recipe = Recipe(
    targetSum: 1e4, genes: ["A", "B", "C", "D", "E", "F"], means: [1, 2, 3, 4, 5, 6],
    standardDeviations: [1, 1, 1, 1, 1, 0.1], clip: 10, graph: GraphRecipe(), labelKey: "layer", version: "0.1.0")

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test("what is written is read back, to the bit") func roundTrip() throws {
    try inFolder { folder in
      let model = try makeModel()
      let checkpoint = Checkpoint(model, classNames: ["x", "y"], recipe: recipe)
      try checkpoint.write(to: folder + "/model.safetensors")
      let back = try Checkpoint(contentsOf: folder + "/model.safetensors")
      #expect(back == checkpoint)
      #expect(try back.model(file: "").parameters.snapshot == model.parameters.snapshot)
    }
  }

  @Test("equal models make equal files") func bytes() throws {
    try inFolder { folder in
      for name in ["a", "b"] {
        try Checkpoint(makeModel(), classNames: ["x", "y"], recipe: recipe).write(to: folder + "/" + name)
      }
      #expect(try readFile(folder + "/a") == readFile(folder + "/b"))
    }
  }

  @Test("a damaged file is an error, wherever it is cut or changed") func damage() throws {
    try inFolder { folder in
      let path = folder + "/model.safetensors"
      try Checkpoint(makeModel(), classNames: ["x", "y"], recipe: recipe).write(to: path)
      let bytes = try readFile(path)
      for length in [0, 7, 8, 100, bytes.count / 2, bytes.count - 1] {
        try AtomicFile.write(Array(bytes.prefix(length)), to: path)
        #expect(throws: ModelError.self) { try Checkpoint(contentsOf: path) }
      }
      var generator = SeededGenerator(seed: 1)
      for _ in 0..<300 {
        var changed = bytes
        let place = generator.integer(below: 2000)
        changed[place] ^= UInt8(1 << generator.integer(below: 8))
        try AtomicFile.write(changed, to: path)
        // Some changes hit a number or a name and are read; none may crash.
        _ = try? Checkpoint(contentsOf: path).model(file: path)
      }
    }
  }

  @Test("parameters of another model are named") func mismatch() throws {
    var checkpoint = Checkpoint(try makeModel(), classNames: ["x", "y"], recipe: recipe)
    checkpoint.parameters["classifier.bias"] = Safetensors.Tensor(shape: [3], values: [0, 0, 0])
    #expect { try checkpoint.model(file: "m.safetensors") } throws: { "\($0)".contains("classifier.bias") }
    checkpoint.parameters["classifier.bias"] = nil
    #expect { try checkpoint.model(file: "m.safetensors") } throws: { "\($0)".contains("missing") }
  }

  @Test("settings that make no model are refused") func validation() {
    var configuration = ModelConfiguration(geneCount: 10, classCount: 3)
    configuration.spatialHeads = 3
    #expect { try Model(configuration) } throws: { "\($0)".contains("does not divide") }
    // Heads that the mode does not use need not divide anything.
    configuration.mode = .exprOnly
    #expect(throws: Never.self) { try Model(configuration) }
    configuration.mode = .full
    configuration.spatialHeads = 4
    configuration.fusionHeads = 3
    #expect { try Model(configuration) } throws: { "\($0)".contains("does not divide") }
    configuration.fusion = .gated
    #expect(throws: Never.self) { try Model(configuration) }
    configuration.fusionDropout = 1
    #expect { try Model(configuration) } throws: { "\($0)".contains("fusion.dropout") }
  }

  @Test(
    "sizes that no machine holds are refused, not tried",
    arguments: [
      (\ModelConfiguration.embeddingWidth, Int.max, "embed_dim"), (\.embeddingWidth, 65_536, "parameters"),
      (\.hiddenWidth, 1_000_000_000, "hidden_dim"), (\.expressionLayers, 1_000_000, "n_layers"),
      (\.spatialLayers, Int.max, "spatial_encoder.n_layers"), (\.fusionLayers, 0, "fusion.n_layers"),
      (\.spatialHeads, 128, "spatial_encoder.n_heads"), (\.fusionHeads, 128, "fusion.n_heads"),
      (\.classCount, 100_000, "classes"), (\.geneCount, Int.max, "genes"),
    ] as [(WritableKeyPath<ModelConfiguration, Int> & Sendable, Int, String)])
  func extremes(_ property: WritableKeyPath<ModelConfiguration, Int> & Sendable, _ value: Int, _ word: String) {
    var configuration = ModelConfiguration(geneCount: 10, classCount: 3)
    configuration[keyPath: property] = value
    #expect { try Model(configuration) } throws: { "\($0)".contains(word) }
  }

  @Test("a recipe or parameters that cannot be computed with are refused") func unusable() throws {
    try inFolder { folder in
      let model = try makeModel()
      var changes = [Recipe](repeating: recipe, count: 5)
      changes[0].means = [1]
      changes[1].standardDeviations[2] = 0
      changes[2].geneIDs = ["only one"]
      changes[3].clip = -1
      changes[4].targetSum = 0
      for changed in changes {
        try Checkpoint(model, classNames: ["x", "y"], recipe: changed).write(to: folder + "/m")
        #expect { try Checkpoint(contentsOf: folder + "/m") } throws: { "\($0)".contains("recipe cannot be applied") }
      }
      var checkpoint = Checkpoint(model, classNames: ["x", "y"], recipe: recipe)
      checkpoint.parameters["classifier.bias"]?.values[1] = .nan
      #expect { try checkpoint.model(file: "m") } throws: { "\($0)".contains("'classifier.bias' holds values") }
    }
  }

  @Test("half and double precision are read") func otherTypes() throws {
    try inFolder { folder in
      let header =
        #"{"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"d":{"dtype":"F64","shape":[1],"data_offsets":[6,14]}}"#
      var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8)
      for bits in [UInt16(0x3C00), 0xC100, 0x0001] { withUnsafeBytes(of: bits.littleEndian) { bytes += $0 } }
      withUnsafeBytes(of: (0.25).bitPattern.littleEndian) { bytes += $0 }
      try AtomicFile.write(bytes, to: folder + "/t")
      let file = try Safetensors(contentsOf: folder + "/t")
      #expect(file.tensors["h"]?.values == [1, -2.5, 0x1p-24])
      #expect(file.tensors["d"]?.values == [0.25])
    }
  }
}
