import FoundationEssentials
import TestSupport
import Testing
import Training

private func loaded(_ yaml: String) throws(ConfigurationError) -> TrainingConfiguration {
  var configuration = TrainingConfiguration()
  try configuration.load(yaml: yaml, file: "c.yaml")
  return configuration
}

private func failure(_ yaml: String) -> String? {
  do throws(ConfigurationError) {
    _ = try loaded(yaml)
    return nil
  } catch { return error.description }
}

/// Every setting away from its default.
private var changed: TrainingConfiguration {
  get throws {
    var configuration = TrainingConfiguration()
    for (setting, text) in [
      ("dataset", "a \"quoted\" \\ name: #1\n\u{7}é\u{2028}"), ("sample_id", "151673"), ("label_key", "null"),
      ("n_top_genes", "2000"), ("graph", "knn"), ("knn_k", "12"), ("graph_direction", "reverse-knn"),
      ("split", "sklearn"),
      ("split_seed", "4294967295"), ("train_ratio", "0.5"), ("val_ratio", "0.3"), ("test_ratio", "0.2000001"),
      ("mode", "expr_only"), ("embedding", "obsm:X_scGPT"), ("image_features", "obsm:X_hipt"), ("embed_dim", "96"),
      ("hidden_dim", "64"), ("expression_layers", "3"),
      ("expression_dropout", "0"), ("spatial_heads", "3"), ("spatial_layers", "1"), ("spatial_dropout", "0.25"),
      ("fusion", "gated"), ("fusion_heads", "2"), ("fusion_layers", "5"), ("fusion_dropout", "0.3"), ("lr", "1e-5"),
      ("weight_decay", "0"), ("epochs", "7"), ("patience", "3"), ("seed", "9223372036854775807"),
      ("class_weights", "false"), ("scheduler_factor", "0.1"), ("scheduler_patience", "0"),
      ("scheduler_threshold", "0.333333333333333314"), ("checkpoint_interval", "1"), ("device", "auto"),
    ] {
      try configuration.set(setting, to: text)
    }
    return configuration
  }
}

@Suite struct ConfigurationTests {
  @Test("The published system's file loads unchanged")
  func publishedFile() throws {
    let configuration = try TrainingConfiguration.resolved(file: Fixtures.path("configuration/published.yaml"))
    var expected = TrainingConfiguration()
    expected.dataset = "DLPFC"
    expected.sampleID = "151673"
    expected.topGeneCount = 3000
    expected.graph.neighbours = 6
    expected.device = "cuda"
    #expect(configuration == expected)
    #expect(configuration.notes == ["device 'cuda' is not used: stomics computes on the processor."])
    let model = configuration.model(geneCount: 3000, classCount: 7)
    #expect(model.embeddingWidth == 128 && model.hiddenWidth == 256 && model.fusion == .crossAttention)
  }

  @Test("Default, then file, then flag")
  func precedence() throws {
    let path = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = path + "/settings.yaml"
    try Data("epochs: 50\nfusion: cross-attention\ntraining: {lr: 0.01}\n".utf8).write(to: URL(filePath: file))
    let configuration = try TrainingConfiguration.resolved(file: file, flags: [("epochs", "9"), ("--fusion", "Gated")])
    #expect(configuration.epochs == 9 && configuration.learningRate == 0.01 && configuration.patience == 20)
    #expect(configuration.fusion == .gated)
  }

  @Test("Flat keys, nested keys, and flat keys in their section are the same settings")
  func formsOfKeys() throws {
    let flat = try loaded("embed_dim: 64\nspatial_heads: 8\nfusion: gated\nscheduler_patience: 4")
    let nested = try loaded(
      "model: {embed_dim: 64, spatial_encoder: {n_heads: 8}, fusion: {type: gated}}\ntraining: {scheduler: {patience: 4}}"
    )
    let mixed = try loaded("model:\n  embed_dim: 64\n  spatial_heads: 8\n  fusion: gated\nscheduler_patience: 4")
    #expect(flat == nested && flat == mixed)
    #expect(flat.spatialHeads == 8 && flat.patience == 20 && flat.schedulerPatience == 4)
    #expect(try loaded("") == TrainingConfiguration())
    #expect(try loaded("# nothing\n") == TrainingConfiguration())
    #expect(try loaded("model:\ndata: {sample_id: ~}") == TrainingConfiguration())
  }

  @Test("What is written reads back the same, as YAML and as JSON")
  func roundTrips() throws {
    let configuration = try changed
    // Of the numbers of a graph, each belongs to another kind.
    let other = [("n_rings", "grid", "3"), ("radius", "radius", "137.5"), ("max_edge", "delaunay", "1e3")]
    let others = try other.map { setting, kind, value in
      var configuration = TrainingConfiguration()
      try configuration.set("graph", to: kind)
      try configuration.set(setting, to: value)
      return configuration
    }
    for setting in TrainingSetting.all where !other.contains(where: { $0.0 == setting.name }) {
      #expect(setting.value(in: configuration) != setting.value(in: TrainingConfiguration()), "\(setting.name)")
    }
    for original in [configuration, TrainingConfiguration()] + others {
      #expect(try loaded(original.yaml) == original)
      #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: JSONEncoder().encode(original)) == original)
    }
    #expect(try JSONDecoder().decode(TrainingConfiguration.self, from: Data("{}".utf8)) == TrainingConfiguration())
    var mixed = configuration
    try mixed.set("radius", to: "3")
    #expect { try mixed.validate() } throws: { "\($0)".contains("--radius belongs to --graph radius") }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(TrainingConfiguration.self, from: Data(#"{"epochs": 0}"#.utf8))
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(TrainingConfiguration.self, from: Data(#"{"epoch": 1}"#.utf8))
    }
  }

  @Test(
    "Every mistake is named with its line",
    arguments: [
      ("data:\n  knn: 6\n", "c.yaml, line 2: there is no setting 'knn' in 'data'. Did you mean 'knn_k'?"),
      (
        "epochs: 5\nembed_dims: 64",
        "c.yaml, line 2: there is no setting 'embed_dims'. Did you mean 'embed_dim' or 'embedding'?"
      ),
      ("training:\n\n  epochs: many", "c.yaml, line 3: 'epochs' is 'many'; it must be a whole number of at least 1."),
      ("epochs: 20.5", "'epochs' is '20.5'; it must be a whole number"),
      ("epochs: \"20\"", "'epochs' is the text '20'; it must be a whole number"),
      ("epochs: 0", "'epochs' is 0; it must be a whole number of at least 1."),
      ("epochs:", "'epochs' is empty"),
      ("epochs: [1, 2]", "'epochs' is a list"),
      ("lr: {a: 1}", "'lr' is a section"),
      ("lr: .nan", "'lr' is '.nan'; it must be a number above 0."),
      ("lr: inf", "'lr' is inf; it must be a number above 0."),
      (
        "model:\n  spatial_encoder:\n    dropout: 1.0",
        "line 3: 'spatial_dropout' is 1.0; it must be a number of at least 0 and below 1"
      ),
      ("embed_dim: 1000000000", "'embed_dim' is 1000000000; it must be a whole number of 1 to 65536."),
      ("model:\n  fusion:\n    n_layers: 1000000", "'fusion_layers' is 1000000; it must be a whole number of 1 to 64."),
      ("spatial_heads: 128", "'spatial_heads' is 128; it must be a whole number of 1 to 64."),
      ("class_weights: maybe", "'class_weights' is 'maybe'; it must be true or false."),
      ("mode: both", "'mode' is 'both'; it must be one of expr_only, gat_only, gcn_only"),
      ("model: [1]", "c.yaml, line 1: 'model' is not a list of 'key: value' lines."),
      ("- a\n- b", "c.yaml, line 1: the file is not a list of 'key: value' lines."),
      ("epochs: 5\ntraining:\n  epochs: 6", "line 3: 'epochs' is set a second time; the first is in c.yaml, line 1."),
      ("epochs: 5\nepochs: 6", "'epochs' twice"),
      ("a: b: c", "c.yaml, line 1: this is not YAML: mapping values are not allowed"),
      ("a: [1", "this is not YAML"),
      ("? [1, 2]\n: 3", "not a list of 'key: value' lines"),
    ])
  func mistakes(yaml: String, expected: String) {
    let message = failure(yaml)
    #expect(message?.contains(expected) == true, "\(message ?? "no error")")
  }

  @Test("Mistakes in flags, in files as a whole, and in combinations")
  func otherMistakes() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch { return "\(error)" }
    }
    var configuration = TrainingConfiguration()
    #expect(
      message { try configuration.set("embed_dim", to: "x") }
        == "--embed-dim is 'x'; it must be a whole number of 1 to 65536.")
    #expect(message { try configuration.set("lr", to: "-1") } == "--lr is -1; it must be a number above 0.")
    #expect(
      message { try configuration.set("epoch", to: "1") } == "There is no setting 'epoch'. Did you mean 'epochs'?")
    #expect(
      message { _ = try TrainingConfiguration.resolved(file: "/nowhere/c.yaml") }.contains("there is no such file"))
    #expect(message { _ = try TrainingConfiguration.resolved(file: "/") }.contains("/ cannot be read"))
    #expect(
      message { _ = try TrainingConfiguration.resolved(flags: [("spatial_heads", "3")]) }
        == "spatial_heads is 3, which does not divide embed_dim 128. Use one of 1, 2, 4, 8, 16, or another --embed-dim."
    )
    #expect(message { _ = try TrainingConfiguration.resolved(flags: [("train_ratio", "0.7")]) }.contains("sum to 1"))
    configuration.epochs = -5
    #expect(message { try configuration.validate() } == "'epochs' is -5; it must be a whole number of at least 1.")
  }

  @Test("Hostile files are errors, not crashes")
  func hostileFiles() {
    #expect(failure(String(repeating: "[", count: 200_000)) != nil)
    #expect(failure(String(repeating: "{a: ", count: 100_000)) != nil)
    #expect(failure(String(repeating: "a:\n ", count: 3)) != nil)
    #expect(failure("a: &x [*x]") != nil)
    #expect(failure("\u{0}\u{1}") != nil)
    #expect(failure("epochs: 99999999999999999999999") != nil)
    #expect(failure("<<: {epochs: 3}") != nil)
  }

  @Test("Names, flags and paths are unique, and every setting has help")
  func table() {
    let all = TrainingSetting.all
    #expect(Set(all.map(\.name)).count == all.count)
    #expect(Set(all.map(\.path)).count == all.count)
    for setting in all {
      #expect(setting.help.hasSuffix("."), "\(setting.name)")
      #expect(TrainingSetting.named(setting.flag)?.name == setting.name)
      #expect(TrainingSetting.named(setting.dottedPath)?.name == setting.name)
    }
    #expect(TrainingSetting.named("embed_dim")?.flag == "--embed-dim")
    #expect(TrainingSetting.named("epochs")?.defaultText == "200")
    #expect(TrainingSetting.named("knn_k")?.defaultText == nil)
  }
}
