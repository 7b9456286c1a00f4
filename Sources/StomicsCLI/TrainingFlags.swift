import ArgumentParser
import Training

/// A flag for every setting of a training. Names, ranges, defaults and help come from `TrainingSetting.all`; the values
/// stay text here and are read where those of a YAML file are.
struct TrainingFlags: ParsableArguments {
  @OptionGroup var single: SingleTrainingFlags
  @OptionGroup var shared: SharedTrainingFlags

  init() {}

  var given: [(setting: String, text: String)] { single.given + shared.given }
}

/// Flags that one training has for itself: where many are compared, others take their place.
struct SingleTrainingFlags: ParsableArguments {
  @Option(help: trainingHelp("dataset")) var dataset: String?
  @Option(help: trainingHelp("sample_id")) var sampleId: String?
  @Option(help: trainingHelp("knn_k")) var knnK: String?
  @Option(help: trainingHelp("train_ratio")) var trainRatio: String?
  @Option(help: trainingHelp("val_ratio")) var valRatio: String?
  @Option(help: trainingHelp("test_ratio")) var testRatio: String?
  @Option(help: trainingHelp("mode")) var mode: String?
  @Option(help: trainingHelp("seed")) var seed: String?
  @Option(help: trainingHelp("checkpoint_interval")) var checkpointInterval: String?

  init() {}

  /// The settings given, with their text.
  var given: [(setting: String, text: String)] {
    onlyGiven([
      ("dataset", dataset), ("sample_id", sampleId), ("knn_k", knnK), ("train_ratio", trainRatio),
      ("val_ratio", valRatio), ("test_ratio", testRatio), ("mode", mode), ("seed", seed),
      ("checkpoint_interval", checkpointInterval),
    ])
  }
}

/// Flags that hold for every training of a comparison as well.
struct SharedTrainingFlags: ParsableArguments {
  @Option(help: trainingHelp("label_key")) var labelKey: String?
  @Option(help: trainingHelp("n_top_genes")) var nTopGenes: String?
  @Option(help: trainingHelp("graph")) var graph: String?
  @Option(help: trainingHelp("n_rings")) var nRings: String?
  @Option(help: trainingHelp("radius")) var radius: String?
  @Option(help: trainingHelp("max_edge")) var maxEdge: String?
  @Option(help: trainingHelp("graph_direction")) var graphDirection: String?
  @Option(help: trainingHelp("split")) var split: String?
  @Option(help: trainingHelp("split_seed")) var splitSeed: String?
  @Option(help: trainingHelp("embedding")) var embedding: String?
  @Option(help: trainingHelp("image_features")) var imageFeatures: String?
  @Option(help: trainingHelp("embed_dim")) var embedDim: String?
  @Option(help: trainingHelp("hidden_dim")) var hiddenDim: String?
  @Option(help: trainingHelp("expression_layers")) var expressionLayers: String?
  @Option(help: trainingHelp("expression_dropout")) var expressionDropout: String?
  @Option(help: trainingHelp("spatial_heads")) var spatialHeads: String?
  @Option(help: trainingHelp("spatial_layers")) var spatialLayers: String?
  @Option(help: trainingHelp("spatial_dropout")) var spatialDropout: String?
  @Option(help: trainingHelp("fusion")) var fusion: String?
  @Option(help: trainingHelp("fusion_heads")) var fusionHeads: String?
  @Option(help: trainingHelp("fusion_layers")) var fusionLayers: String?
  @Option(help: trainingHelp("fusion_dropout")) var fusionDropout: String?
  @Option(help: trainingHelp("lr")) var lr: String?
  @Option(help: trainingHelp("weight_decay")) var weightDecay: String?
  @Option(help: trainingHelp("epochs")) var epochs: String?
  @Option(help: trainingHelp("patience")) var patience: String?
  @Option(help: trainingHelp("class_weights")) var classWeights: String?
  @Option(help: trainingHelp("scheduler_factor")) var schedulerFactor: String?
  @Option(help: trainingHelp("scheduler_patience")) var schedulerPatience: String?
  @Option(help: trainingHelp("scheduler_threshold")) var schedulerThreshold: String?
  @Option(help: trainingHelp("device")) var device: String?

  init() {}

  /// The settings given, with their text.
  var given: [(setting: String, text: String)] {
    onlyGiven([
      ("label_key", labelKey), ("n_top_genes", nTopGenes), ("graph", graph), ("n_rings", nRings), ("radius", radius),
      ("max_edge", maxEdge), ("graph_direction", graphDirection), ("split", split), ("split_seed", splitSeed),
      ("embedding", embedding), ("image_features", imageFeatures), ("embed_dim", embedDim), ("hidden_dim", hiddenDim),
      ("expression_layers", expressionLayers), ("expression_dropout", expressionDropout),
      ("spatial_heads", spatialHeads), ("spatial_layers", spatialLayers), ("spatial_dropout", spatialDropout),
      ("fusion", fusion), ("fusion_heads", fusionHeads), ("fusion_layers", fusionLayers),
      ("fusion_dropout", fusionDropout), ("lr", lr), ("weight_decay", weightDecay), ("epochs", epochs),
      ("patience", patience), ("class_weights", classWeights), ("scheduler_factor", schedulerFactor),
      ("scheduler_patience", schedulerPatience), ("scheduler_threshold", schedulerThreshold), ("device", device),
    ])
  }
}

private func onlyGiven(_ all: [(String, String?)]) -> [(setting: String, text: String)] {
  all.compactMap { setting, text in text.map { (setting, $0) } }
}

private func trainingHelp(_ name: String) -> ArgumentHelp {
  guard let setting = TrainingSetting.named(name) else { return "" }
  let kind: String
  let values: String
  switch setting.kind {
  case .integer: (kind, values) = ("n", "")
  case .number: (kind, values) = ("x", "")
  case .toggle: (kind, values) = ("true|false", "")
  case .word(let words, _): (kind, values) = ("word", " One of \(words.joined(separator: ", ")).")
  case .text: (kind, values) = ("text", "")
  }
  let value = setting.defaultText.map { " (default: \($0))" } ?? ""
  return ArgumentHelp(setting.help + values + value, valueName: kind)
}
