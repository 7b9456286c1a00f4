import Glibc
import StomicsCore

/// What every spot brings to its counts, beside its place.
struct SpotTable: Sendable {
  /// Sequencing depth in median spots, median 1, `[N]`.
  let depths: [Double]
  /// Weights of the layers' profiles, layer after layer: `weights[l * N + i]`, `[7, N]`; they sum to 1 over l.
  let weights: [Double]
  /// The layer of each spot, `[N]`.
  let layers: [Int]
  /// Height of each smooth program, program after program, `[P, N]`.
  let programs: [Double]

  init(tissue: Tissue, seed: UInt64) {
    typealias Model = CortexModel
    var generator = SeededGenerator(seed: seed, stream: Model.Stream.spots)
    let n = tissue.spots.count
    let layerCount = Model.layers.count
    var depths: [Double] = []
    var weights = [Double](repeating: 0, count: layerCount * n)
    var layers: [Int] = []
    for i in 0..<n {
      let point = tissue.grid.point(tissue.spots[i])
      let layer = tissue.layer(at: point, straying: tissue.straying[i])
      let mixture = tissue.mixture(at: point, straying: tissue.straying[i])
      layers.append(layer)
      depths.append(
        pow(Model.layerDepths[layer], Model.layerDepthContrast) * exp(Model.depthLogSD * generator.standardNormal()))
      var logits = [Double](repeating: 0, count: layerCount)
      for l in 0..<layerCount {
        logits[l] = Model.ownLayerLogit * mixture[l] + Model.compositionNoise * generator.standardNormal()
        if l > 0 { logits[l] += Model.neighbourLayerLogit * mixture[l - 1] }
        if l + 1 < layerCount { logits[l] += Model.neighbourLayerLogit * mixture[l + 1] }
      }
      let top = logits.reduce(-Double.infinity) { max($0, $1) }
      let exponentials = logits.map { exp($0 - top) }
      let sum = exponentials.reduce(0, +)
      for l in 0..<layerCount { weights[l * n + i] = exponentials[l] / sum }
    }
    let sorted = depths.sorted()
    let median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2
    self.depths = depths.map { $0 / median }
    self.weights = weights
    self.layers = layers

    var programs: [Double] = []
    for _ in 0..<Model.programs {
      let field = SmoothField(wavelengths: Model.programWavelengthsMicrons, using: &generator)
      for spot in tissue.spots { programs.append(field.value(at: tissue.grid.point(spot))) }
    }
    self.programs = programs
  }
}
