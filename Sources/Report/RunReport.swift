import Metrics
import Plotting
import StomicsCore

/// Everything a report shows of one run: plain data, of which `html()` makes the page.
public struct RunReport: Sendable {
  /// The page's title.
  public var title: String
  public var record: RunRecord
  public var spots: ReportSpots
  /// What else the maps can be coloured by, in the order of the lists.
  public var layers: [SpotLayer]
  public var picture: TissuePicture?
  public var scores: RunScores
  public var history: TrainingHistory?
  /// A matrix a layer of the model; empty where none is known.
  public var attention: [AttentionLayer]
  public var scan: ScanResults?

  public init(
    title: String, record: RunRecord, spots: ReportSpots, layers: [SpotLayer] = [], picture: TissuePicture? = nil,
    scores: RunScores, history: TrainingHistory? = nil, attention: [AttentionLayer] = [], scan: ScanResults? = nil
  ) {
    self.title = title
    self.record = record
    self.spots = spots
    self.layers = layers
    self.picture = picture
    self.scores = scores
    self.history = history
    self.attention = attention
    self.scan = scan
  }
}

/// What was done: settings, recipe, files, commands, versions.
public struct RunRecord: Sendable {
  /// A name and its value.
  public struct Fact: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A setting of the training.
  public struct Setting: Sendable, Equatable {
    public var name: String
    public var value: String
    /// Whether it differs from its default.
    public var isChanged: Bool
    /// What it does.
    public var meaning: String

    public init(name: String, value: String, isChanged: Bool, meaning: String) {
      self.name = name
      self.value = value
      self.isChanged = isChanged
      self.meaning = meaning
    }
  }

  /// A file that was read.
  public struct InputFile: Sendable, Equatable {
    public var name: String
    public var role: String
    public var size: Int
    /// In hexadecimal digits.
    public var sha256: String

    public init(name: String, role: String, size: Int, sha256: String) {
      self.name = name
      self.role = role
      self.size = size
      self.sha256 = sha256
    }
  }

  public var model: [Fact]
  public var recipe: [Fact]
  public var settings: [Setting]
  public var files: [InputFile]
  /// The commands that make run and report again.
  public var commands: [String]
  public var versions: [Fact]
  /// What the user should know, such as warnings of the training.
  public var notes: [String]

  public init(
    model: [Fact] = [], recipe: [Fact] = [], settings: [Setting] = [], files: [InputFile] = [],
    commands: [String] = [], versions: [Fact] = [], notes: [String] = []
  ) {
    self.model = model
    self.recipe = recipe
    self.settings = settings
    self.files = files
    self.commands = commands
    self.versions = versions
    self.notes = notes
  }
}

/// The spots of a run: where they lie, their labels, and what the model says of them.
public struct ReportSpots: Sendable {
  /// A domain and its colour, `#RRGGBB`.
  public struct Domain: Sendable, Equatable {
    public var name: String
    public var color: String

    public init(name: String, color: String) {
      self.name = name
      self.color = color
    }
  }

  /// `[N]`
  public var barcodes: [String]
  /// `[N]`, x to the right, y down.
  public var coordinates: [SIMD2<Double>]
  /// A spot's diameter in the unit of the coordinates.
  public var diameter: Double
  /// The C classes of the model, then labels it does not know; at most 255.
  public var domains: [Domain]
  /// `[N]`, places in `domains`, -1 where a spot has no label; nil where no spot has any.
  public var truth: [Int]?
  /// `[N]`
  public var prediction: [Int]
  /// `[N, C]`
  public var probabilities: Matrix
  /// `[N]`: train, validation, test, or nothing.
  public var parts: [String]

  public init(
    barcodes: [String], coordinates: [SIMD2<Double>], diameter: Double, domains: [Domain], truth: [Int]?,
    prediction: [Int], probabilities: Matrix, parts: [String]
  ) {
    precondition(coordinates.count == barcodes.count && prediction.count == barcodes.count)
    precondition(parts.count == barcodes.count && (truth?.count ?? barcodes.count) == barcodes.count)
    precondition(probabilities.rows == barcodes.count && probabilities.columns <= domains.count)
    precondition(domains.count <= 255)
    self.barcodes = barcodes
    self.coordinates = coordinates
    self.diameter = diameter
    self.domains = domains
    self.truth = truth
    self.prediction = prediction
    self.probabilities = probabilities
    self.parts = parts
  }

  public var count: Int { barcodes.count }
}

/// A number for every spot.
public struct SpotLayer: Sendable {
  /// Under which heading a layer stands in the lists.
  public enum Group: String, Sendable, Encodable {
    case genes = "Genes"
    case quality = "Quality control"
    case perturbation = "Perturbation"
  }

  public var name: String
  public var group: Group
  /// What the numbers are: "log-normalised counts".
  public var label: String
  /// `[N]`, NaN where missing.
  public var values: [Float]
  /// Whether they lie to both sides of 0.
  public var isSigned: Bool
  /// Whether it is only for the map of a perturbed gene, and stored with 254 steps instead of 65,534.
  public var isExtra: Bool

  public init(
    _ name: String, group: Group, label: String, values: [Float], isSigned: Bool = false, isExtra: Bool = false
  ) {
    self.name = name
    self.group = group
    self.label = label
    self.values = values
    self.isSigned = isSigned
    self.isExtra = isExtra
  }
}

/// The tissue's image under the spots.
public struct TissuePicture: Sendable {
  public var png: [UInt8]
  /// Its corner at the top left and its size in the unit of the coordinates.
  public var origin: SIMD2<Double>
  public var size: SIMD2<Double>

  public init(png: [UInt8], origin: SIMD2<Double>, size: SIMD2<Double>) {
    self.png = png
    self.origin = origin
    self.size = size
  }
}

/// The scores of a run and of what stands beside it.
public struct RunScores: Sendable {
  /// Scores under a name.
  public struct Row: Sendable {
    public var name: String
    public var scores: DomainScores

    public init(_ name: String, _ scores: DomainScores) {
      self.name = name
      self.scores = scores
    }
  }

  public var test: DomainScores
  /// The parts of the split beside the test spots: training, validation.
  public var parts: [Row]
  /// Classifiers that see no gene, on the test spots.
  public var controls: [Row]
  /// What kind of split the scores are of, in words.
  public var protocolNote: String

  public init(test: DomainScores, parts: [Row] = [], controls: [Row] = [], protocolNote: String = "") {
    self.test = test
    self.parts = parts
    self.controls = controls
    self.protocolNote = protocolNote
  }
}

/// How a training went.
public struct TrainingHistory: Sendable {
  /// A quantity by epoch; NaN where it was not computed.
  public typealias Curve = HistoryPlot.Curve

  public var epochs: [Double]
  public var losses: [Curve]
  public var scores: [Curve]
  public var bestEpoch: Double?
  /// Epochs from which on the learning rate was lower.
  public var drops: [Double]

  public init(epochs: [Double], losses: [Curve], scores: [Curve], bestEpoch: Double?, drops: [Double]) {
    self.epochs = epochs
    self.losses = losses
    self.scores = scores
    self.bestEpoch = bestEpoch
    self.drops = drops
  }
}

/// Whom every spot listens to in one layer of the model.
public struct AttentionLayer: Sendable {
  /// In words: "cross-attention, layer 1".
  public var name: String
  /// `[N, N]`: row i holds the weights of the spots that spot i listens to.
  public var weights: CSRMatrix

  public init(_ name: String, weights: CSRMatrix) {
    self.name = name
    self.weights = weights
  }
}
