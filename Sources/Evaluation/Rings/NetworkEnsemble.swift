import Metrics
import StomicsCore

/// A few small networks over the same rows, each begun from its own seed.
struct NetworkEnsemble {
  private static let networkCount = 5
  private let networks: [SmallNetwork]

  /// - Parameters:
  ///   - features: `[N, F]`, standardised
  ///   - spots: rows to learn from, each labelled
  ///   - labels: `[N]`, codes in 0..<C at `spots`
  init(_ features: Matrix, spots: [Int], labels: [Int32], classCount: Int, seed: Int) {
    let rows = features.gatheringRows(spots)
    let own = spots.map { labels[$0] }
    networks = (0..<Self.networkCount).map { number in
      SmallNetwork(rows, labels: own, classCount: classCount, seed: seed &* 1000 &+ number)
    }
  }

  var parameterCount: Int { networks.reduce(0) { $0 + $1.parameterCount } }

  /// The mean of the networks' probabilities, `[rows, C]`.
  func probabilities(_ features: Matrix) -> Matrix {
    var sum = networks[0].probabilities(features)
    for network in networks.dropFirst() {
      let own = network.probabilities(features)
      for i in sum.values.indices { sum.values[i] += own.values[i] }
    }
    for i in sum.values.indices { sum.values[i] /= Float(networks.count) }
    return sum
  }
}
