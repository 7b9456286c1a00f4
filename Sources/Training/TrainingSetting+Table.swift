import AnnData
import Models

extension TrainingSetting {
  /// Every setting, in the order of help and files.
  public static let all: [TrainingSetting] = [
    .text(["data", "dataset"], \.dataset, "Name of the data set in results."),
    .text(["data", "sample_id"], \.sampleID, "Name of the slice in results."),
    .text(
      ["data", "label_key"], \.labelKey, "Column of obs with the labels; by default the one preprocess was given."),
    .integer(
      ["data", "n_top_genes"], \.topGeneCount, 1...Int.max,
      "Highly variable genes the model sees; by default as preprocessed."),
    .word(
      ["data", "graph"], \.graph.kind,
      "Which spots are neighbours: the nearest, rings of a grid, those within a radius, or Delaunay's; by default that of the number given, else as preprocessed."
    ),
    .integer(
      ["data", "knn_k"], \.graph.neighbours, 1...Int.max, "Nearest spots of a spot, 6 if not given: of --graph knn."),
    .integer(["data", "n_rings"], \.graph.rings, 1...Int.max, "Rings around a spot, 1 if not given: of --graph grid."),
    .number(
      ["data", "radius"], \.graph.radius, .positive,
      "Farthest neighbours, of --graph radius, in the unit of the coordinates."),
    .number(
      ["data", "max_edge"], \.graph.maximumEdge, .positive,
      "Longest edges kept, of --graph delaunay, in the unit of the coordinates; by default all."),
    .word(
      ["data", "graph_direction"], \.graphDirection,
      "Whom a spot listens to: symmetric, its own nearest (knn), or those that count it among theirs (reverse-knn, as published)."
    ),
    .word(
      ["data", "split"], \.splitMethod,
      "How spots are divided: stratified, or sklearn, the same but strict with classes too small to divide."),
    .integer(["data", "split_seed"], \.splitSeed, 0...Int(UInt32.max), "Seed of the split."),
    .number(["data", "train_ratio"], \.trainRatio, .insideUnit, "Share of the labelled spots to train on."),
    .number(["data", "val_ratio"], \.validationRatio, .insideUnit, "Share to choose the best epoch by."),
    .number(["data", "test_ratio"], \.testRatio, .insideUnit, "Share to test on."),

    .word(["model", "mode"], \.mode, "What the model is made of; stomics models lists the modes."),
    .text(
      ["model", "embedding"], \.embedding,
      "Matrix of obsm that the embedding modes read, obsm:KEY; by default X_scGPT, X_scGPT_brain or X_geneformer, as the mode is named."
    ),
    .text(
      ["model", "image_features"], \.imageFeatures,
      "Matrix of obsm that the image modes read, obsm:KEY; by default X_resnet50."),
    .integer(["model", "embed_dim"], \.embeddingWidth, 1...65_536, "Width of the embeddings."),
    .integer(
      ["model", "expression_encoder", "hidden_dim"], name: "hidden_dim", \.hiddenWidth, 1...65_536,
      "Width of the expression encoder's hidden layers."),
    .integer(
      ["model", "expression_encoder", "n_layers"], name: "expression_layers", \.expressionLayers, 1...64,
      "Linear layers of the expression encoder."),
    .number(
      ["model", "expression_encoder", "dropout"], name: "expression_dropout", \.expressionDropout, .belowOne,
      "Dropout of the expression encoder."),
    .integer(
      ["model", "spatial_encoder", "n_heads"], name: "spatial_heads", \.spatialHeads, 1...64,
      "Attention heads of the graph encoder; a divisor of embed_dim."),
    .integer(
      ["model", "spatial_encoder", "n_layers"], name: "spatial_layers", \.spatialLayers, 1...64,
      "Layers of the graph encoder: how many hops away a spot sees."),
    .number(
      ["model", "spatial_encoder", "dropout"], name: "spatial_dropout", \.spatialDropout, .belowOne,
      "Dropout of the graph encoder."),
    .word(["model", "fusion", "type"], name: "fusion", \.fusion, "How expression and graph embeddings are fused."),
    .integer(
      ["model", "fusion", "n_heads"], name: "fusion_heads", \.fusionHeads, 1...64,
      "Attention heads of cross-attention; a divisor of embed_dim."),
    .integer(
      ["model", "fusion", "n_layers"], name: "fusion_layers", \.fusionLayers, 1...64, "Layers of cross-attention."),
    .number(
      ["model", "fusion", "dropout"], name: "fusion_dropout", \.fusionDropout, .belowOne, "Dropout of the fusion."),

    .number(["training", "lr"], \.learningRate, .positive, "Learning rate."),
    .number(["training", "weight_decay"], \.weightDecay, .notNegative, "Weight decay, decoupled from the gradient."),
    .integer(["training", "epochs"], \.epochs, 1...Int.max, "Epochs at most."),
    .integer(
      ["training", "patience"], \.patience, 1...Int.max, "Epochs without a higher validation ARI before stopping."),
    .integer(["training", "seed"], \.seed, 0...Int.max, "Seed of initial weights and dropout."),
    .toggle(["training", "class_weights"], \.classWeights, "Let rare classes weigh more in the loss."),
    .number(
      ["training", "scheduler", "factor"], name: "scheduler_factor", \.schedulerFactor, .insideUnit,
      "What the learning rate is multiplied by on a plateau."),
    .integer(
      ["training", "scheduler", "patience"], name: "scheduler_patience", \.schedulerPatience, 0...Int.max,
      "Epochs without improvement that make a plateau."),
    .number(
      ["training", "scheduler", "threshold"], name: "scheduler_threshold", \.schedulerThreshold, .notNegative,
      "Relative improvement that ends a plateau."),
    .integer(
      ["training", "checkpoint_interval"], \.checkpointInterval, 1...Int.max,
      "Epochs between the states that --resume goes on from."),

    TrainingSetting(
      ["device"], name: "device", kind: .text(optional: false),
      help: "Accepted for files of the published system; the processor computes.",
      get: { .text($0.device) },
      set: { configuration, value in
        if case .text(let text) = value { configuration.device = text }
      }),
  ]
}

// One maker a type of property. The flat key is the last part of the nested one unless it says otherwise.
extension TrainingSetting {
  private typealias Property<T> = WritableKeyPath<TrainingConfiguration, T> & Sendable

  private static func integer(
    _ path: [String], name: String? = nil, _ property: Property<Int>, _ range: ClosedRange<Int>, _ help: String
  ) -> TrainingSetting {
    TrainingSetting(
      path, name: name ?? path[path.count - 1], kind: .integer(range, optional: false), help: help,
      get: { .integer($0[keyPath: property]) },
      set: { configuration, value in
        if case .integer(let number) = value { configuration[keyPath: property] = number }
      })
  }

  private static func integer(
    _ path: [String], _ property: Property<Int?>, _ range: ClosedRange<Int>, _ help: String
  ) -> TrainingSetting {
    TrainingSetting(
      path, name: path[path.count - 1], kind: .integer(range, optional: true), help: help,
      get: { $0[keyPath: property].map { .integer($0) } ?? .absent },
      set: { configuration, value in
        if case .integer(let number) = value {
          configuration[keyPath: property] = number
        } else {
          configuration[keyPath: property] = nil
        }
      })
  }

  private static func number(
    _ path: [String], name: String? = nil, _ property: Property<Double>, _ interval: SettingKind.Interval,
    _ help: String
  ) -> TrainingSetting {
    TrainingSetting(
      path, name: name ?? path[path.count - 1], kind: .number(interval, optional: false), help: help,
      get: { .number($0[keyPath: property]) },
      set: { configuration, value in
        if case .number(let number) = value { configuration[keyPath: property] = number }
      })
  }

  private static func number(
    _ path: [String], _ property: Property<Double?>, _ interval: SettingKind.Interval, _ help: String
  ) -> TrainingSetting {
    TrainingSetting(
      path, name: path[path.count - 1], kind: .number(interval, optional: true), help: help,
      get: { $0[keyPath: property].map { .number($0) } ?? .absent },
      set: { configuration, value in
        if case .number(let number) = value {
          configuration[keyPath: property] = number
        } else {
          configuration[keyPath: property] = nil
        }
      })
  }

  private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    _ path: [String], _ property: Property<Word?>, _ help: String
  ) -> TrainingSetting {
    TrainingSetting(
      path, name: path[path.count - 1], kind: .word(Word.allCases.map(\.rawValue), optional: true), help: help,
      get: { $0[keyPath: property].map { .text($0.rawValue) } ?? .absent },
      set: { configuration, value in
        if case .text(let text) = value {
          configuration[keyPath: property] = Word(rawValue: text)
        } else {
          configuration[keyPath: property] = nil
        }
      })
  }

  private static func toggle(_ path: [String], _ property: Property<Bool>, _ help: String) -> TrainingSetting {
    TrainingSetting(
      path, name: path[path.count - 1], kind: .toggle, help: help,
      get: { .toggle($0[keyPath: property]) },
      set: { configuration, value in
        if case .toggle(let isOn) = value { configuration[keyPath: property] = isOn }
      })
  }

  private static func word<Word: RawRepresentable<String> & CaseIterable & Sendable>(
    _ path: [String], name: String? = nil, _ property: Property<Word>, _ help: String
  ) -> TrainingSetting {
    TrainingSetting(
      path, name: name ?? path[path.count - 1], kind: .word(Word.allCases.map(\.rawValue), optional: false), help: help,
      get: { .text($0[keyPath: property].rawValue) },
      set: { configuration, value in
        if case .text(let text) = value, let word = Word(rawValue: text) { configuration[keyPath: property] = word }
      })
  }

  private static func text(_ path: [String], _ property: Property<String?>, _ help: String) -> TrainingSetting {
    TrainingSetting(
      path, name: path[path.count - 1], kind: .text(optional: true), help: help,
      get: { $0[keyPath: property].map { .text($0) } ?? .absent },
      set: { configuration, value in
        if case .text(let text) = value {
          configuration[keyPath: property] = text
        } else {
          configuration[keyPath: property] = nil
        }
      })
  }
}
