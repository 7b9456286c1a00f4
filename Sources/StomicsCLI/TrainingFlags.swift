import ArgumentParser
import Training

/// A flag for every setting of a training. Names, ranges, defaults and help come from `TrainingSetting.all`; the values
/// stay text here and are read where those of a YAML file are.
struct TrainingFlags: ParsableArguments {
  @Option(help: help("dataset")) var dataset: String?
  @Option(help: help("sample_id")) var sampleId: String?
  @Option(help: help("label_key")) var labelKey: String?
  @Option(help: help("n_top_genes")) var nTopGenes: String?
  @Option(help: help("graph")) var graph: String?
  @Option(help: help("knn_k")) var knnK: String?
  @Option(help: help("n_rings")) var nRings: String?
  @Option(help: help("radius")) var radius: String?
  @Option(help: help("max_edge")) var maxEdge: String?
  @Option(help: help("graph_direction")) var graphDirection: String?
  @Option(help: help("split")) var split: String?
  @Option(help: help("split_seed")) var splitSeed: String?
  @Option(help: help("train_ratio")) var trainRatio: String?
  @Option(help: help("val_ratio")) var valRatio: String?
  @Option(help: help("test_ratio")) var testRatio: String?
  @Option(help: help("mode")) var mode: String?
  @Option(help: help("embedding")) var embedding: String?
  @Option(help: help("image_features")) var imageFeatures: String?
  @Option(help: help("embed_dim")) var embedDim: String?
  @Option(help: help("hidden_dim")) var hiddenDim: String?
  @Option(help: help("expression_layers")) var expressionLayers: String?
  @Option(help: help("expression_dropout")) var expressionDropout: String?
  @Option(help: help("spatial_heads")) var spatialHeads: String?
  @Option(help: help("spatial_layers")) var spatialLayers: String?
  @Option(help: help("spatial_dropout")) var spatialDropout: String?
  @Option(help: help("fusion")) var fusion: String?
  @Option(help: help("fusion_heads")) var fusionHeads: String?
  @Option(help: help("fusion_layers")) var fusionLayers: String?
  @Option(help: help("fusion_dropout")) var fusionDropout: String?
  @Option(help: help("lr")) var lr: String?
  @Option(help: help("weight_decay")) var weightDecay: String?
  @Option(help: help("epochs")) var epochs: String?
  @Option(help: help("patience")) var patience: String?
  @Option(help: help("seed")) var seed: String?
  @Option(help: help("class_weights")) var classWeights: String?
  @Option(help: help("scheduler_factor")) var schedulerFactor: String?
  @Option(help: help("scheduler_patience")) var schedulerPatience: String?
  @Option(help: help("scheduler_threshold")) var schedulerThreshold: String?
  @Option(help: help("checkpoint_interval")) var checkpointInterval: String?
  @Option(help: help("device")) var device: String?

  init() {}

  /// The settings given, with their text.
  var given: [(setting: String, text: String)] {
    let all: [(String, String?)] = [
      ("dataset", dataset), ("sample_id", sampleId), ("label_key", labelKey), ("n_top_genes", nTopGenes),
      ("graph", graph), ("knn_k", knnK), ("n_rings", nRings), ("radius", radius), ("max_edge", maxEdge),
      ("graph_direction", graphDirection), ("split", split), ("split_seed", splitSeed),
      ("train_ratio", trainRatio), ("val_ratio", valRatio), ("test_ratio", testRatio), ("mode", mode),
      ("embedding", embedding), ("image_features", imageFeatures),
      ("embed_dim", embedDim), ("hidden_dim", hiddenDim), ("expression_layers", expressionLayers),
      ("expression_dropout", expressionDropout), ("spatial_heads", spatialHeads), ("spatial_layers", spatialLayers),
      ("spatial_dropout", spatialDropout), ("fusion", fusion), ("fusion_heads", fusionHeads),
      ("fusion_layers", fusionLayers), ("fusion_dropout", fusionDropout), ("lr", lr), ("weight_decay", weightDecay),
      ("epochs", epochs), ("patience", patience), ("seed", seed), ("class_weights", classWeights),
      ("scheduler_factor", schedulerFactor), ("scheduler_patience", schedulerPatience),
      ("scheduler_threshold", schedulerThreshold), ("checkpoint_interval", checkpointInterval), ("device", device),
    ]
    return all.compactMap { setting, text in text.map { (setting, $0) } }
  }

  private static func help(_ name: String) -> ArgumentHelp {
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
}
