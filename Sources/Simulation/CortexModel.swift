import Glibc

/// The numbers of the simulated cortex, with where they come from.
///
/// "151673" is the human dorsolateral prefrontal cortex slice of Maynard et al. 2021; its numbers are fitted by
/// `scripts/golden/simulate_fit.py`, and docs/simulation.md shows both slices' curves side by side.
enum CortexModel {
  static let layers = ["Layer1", "Layer2", "Layer3", "Layer4", "Layer5", "Layer6", "WM"]

  // Geometry.
  /// Label shares of 151673 are 7.6, 7.0, 27.4, 6.0, 18.6, 19.2 and 14.2 %; here a little of Layer3 goes to the thin ones.
  static let layerShares = [0.080, 0.080, 0.240, 0.070, 0.185, 0.190, 0.155]
  /// Distance from the tissue's middle to the centre about which the layers bend.
  static let curvatureRadiusMicrons = 6500.0
  /// How far the layers wave together, and each border by itself.
  static let sharedWaveMicrons = 220.0
  static let borderWaveMicrons = 50.0
  /// How far single spots stray over a border, and how wide the change of expression across it is.
  static let strayMicrons = 25.0
  static let transitionMicrons = 40.0

  // Composition of a spot: logistic-normal weights over the layers' profiles. Chosen, with the folds below, so that single
  // spots tell their layer in about 60 % of the cases and their neighbourhoods in 95 %.
  static let ownLayerLogit = 3.0
  static let neighbourLayerLogit = 0.5
  static let compositionNoise = 1.2

  // Depth of a spot: log-normal inside a layer.
  /// 151673: median of the counts over all genes, and their log-standard-deviation inside a layer.
  static let medianDepthOfAllGenes = 4120.0
  static let depthLogSD = 0.45
  /// 151673: a layer's geometric mean depth over the slice's.
  static let layerDepths = [0.43, 1.22, 1.32, 1.19, 1.18, 0.81, 0.83]
  /// The power to which they are raised: at 1 the raw count of any strong gene would tell the layers by depth alone.
  static let layerDepthContrast = 0.5
  /// A slice of G of the 33,538 genes holds (G / 33538)^exponent of the counts. The 5,000 most variable genes of 151673
  /// hold 29.5 % of its counts (exponent 0.64), all 8,513 of its file 35.8 % (0.75).
  static let genesOfTheGenome = 33_538.0
  static let depthExponent = 0.65
  /// 151673 has 16.6 % in mitochondrial genes, but not among the genes of its file.
  static let mitochondrialShare = 0.10

  // Levels of the unnamed genes: log-normal.
  /// Log-standard-deviation with which 5,000 genes have 13 % of their counts above zero, as in 151673 (13.2 %) and 151674
  /// (15.4 %); it holds up to as many genes as the file of 151673 has.
  static let subsetRateLogSD = 1.6
  static let subsetGenes = 8_513.0
  /// The same for 33,538 genes: 151673 shows 2,113 of them in a spot of median depth.
  static let genomeRateLogSD = 2.2

  // Dispersion.
  /// Negative-binomial dispersion (1 / shape) of a gene with mean count m at median depth of all genes: floor + slope / m,
  /// with log-normal scatter. Inside the layers of 151673 it is 0.039 + 0.026 / m; composition and programs add to it here.
  static let dispersionFloor = 0.03
  static let dispersionSlope = 0.029
  static let dispersionScatter = 0.35
  static let dispersionMaximum = 15.0

  // Profiles over the layers.
  /// The power to which a gene's profile is raised, by its mean count m at median depth of all genes: contrast ·
  /// (reference / m)^slope within bounds. With real profiles (power 1) MBP alone would tell every second spot's layer; here
  /// no gene tells much, and the many weak ones together do.
  static let contrast = 0.9
  static let contrastReference = 0.5
  static let contrastSlope = 0.4
  static let contrastBounds = 0.2...1.5
  /// Share of the unnamed genes with a laminar profile, and its mean height before the power (natural log).
  static let laminarShare = 0.35
  static let laminarLogFold = 1.05

  /// Smooth programs that follow no layer: how many, the share of unnamed genes in one, their height (natural log a
  /// standard deviation), their wavelengths.
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
