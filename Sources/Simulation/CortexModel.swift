import Glibc

/// The numbers of the simulated cortex, with where they come from.
///
/// "151673" is the human dorsolateral prefrontal cortex slice of Maynard et al. 2021; its numbers are fitted by
/// `scripts/golden/simulate_fit.py`, and docs/simulation.md shows both slices' curves side by side.
enum CortexModel {
  static let layers = ["Layer1", "Layer2", "Layer3", "Layer4", "Layer5", "Layer6", "WM"]

  // Geometry: label shares as in 151673 (7.6, 7.0, 27.4, 6.0, 18.6, 19.2, 14.2 %), a little of Layer3 given to its thin
  // neighbours.
  static let layerShares = [0.080, 0.080, 0.240, 0.070, 0.185, 0.190, 0.155]
  /// Distance from the tissue's middle to the centre about which the layers bend.
  static let curvatureRadiusMicrons = 6500.0
  /// How far the layers wave together, and each border by itself.
  static let sharedWaveMicrons = 220.0
  static let borderWaveMicrons = 50.0
  /// How far single spots stray over a border, and how wide the change of expression across it is.
  static let strayMicrons = 25.0
  static let transitionMicrons = 40.0

  // Composition of a spot: logistic-normal weights over the layers' profiles.
  static let ownLayerLogit = 3.0
  static let neighbourLayerLogit = 0.5
  static let compositionNoise = 1.2

  // Depth of a spot, 151673: all-gene total counts, log-normal inside a layer.
  static let medianDepthOfAllGenes = 4120.0
  static let depthLogSD = 0.45
  /// A layer's geometric mean depth over the slice's.
  static let layerDepths = [0.43, 1.22, 1.32, 1.19, 1.18, 0.81, 0.83]
  static let layerDepthContrast = 0.5
  /// A slice of G of the 33,538 genes holds (G/33538)^0.75 of the counts: the 8,513 genes of 151673 hold 35.8 %.
  static let genesOfTheGenome = 33_538.0
  static let depthExponent = 0.65
  static let mitochondrialShare = 0.10

  // Genes.
  /// The power to which a gene's profile over the layers is raised, by its mean count m at median depth of all genes:
  /// contrast · (reference / m)^slope within bounds. With the real profiles (power 1) MBP alone would tell every second
  /// spot's layer; here no gene may tell much, and the many weak ones together do.
  static let contrast = 0.9
  static let contrastReference = 0.5
  static let contrastSlope = 0.4
  static let contrastBounds = 0.2...1.5
  /// Log-standard-deviation of the genes' mean counts in 151673 (8,513 genes), and the one with which a log-normal
  /// transcriptome of 33,538 genes shows its 2,113 genes in a spot of median depth.
  static let subsetRateLogSD = 1.6
  static let genomeRateLogSD = 2.2
  static let subsetGenes = 8_513.0
  /// Negative-binomial dispersion (1/shape) of a gene with mean count m at median depth: floor + slope / m, with
  /// log-normal scatter.
  static let dispersionFloor = 0.03
  static let dispersionSlope = 0.029
  static let dispersionScatter = 0.35
  static let dispersionMaximum = 15.0
  /// Share of the unnamed genes with a laminar profile, and the standard deviation of its height (natural log).
  static let laminarShare = 0.35
  static let laminarLogFold = 1.05
  /// Smooth programs that follow no layer: how many, the share of genes in one, their height, their wavelengths.
  static let programs = 6
  static let programShare = 0.25
  static let programLogFold = 0.28
  static let programWavelengthsMicrons = 1500.0...5000.0

  /// The streams of random numbers drawn from one seed.
  enum Stream {
    static let tissue: UInt64 = 1
    static let spots: UInt64 = 2
    static let genes: UInt64 = 3
    static let labels: UInt64 = 4
    static let image: UInt64 = 5
    /// Gene g draws its counts from stream `counts + g`.
    static let counts: UInt64 = 1 << 20
  }

  /// Median counts a spot over as many genes of 151673.
  static func defaultDepth(genes: Int) -> Double {
    medianDepthOfAllGenes * countShare(genes: genes)
  }

  /// The share of a spot's counts that as many genes hold.
  static func countShare(genes: Int) -> Double {
    min(1, pow(Double(genes) / genesOfTheGenome, depthExponent))
  }
}
