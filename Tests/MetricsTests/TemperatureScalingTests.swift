import Metrics
import StomicsCore
import Testing

@Suite("Temperature scaling")
struct TemperatureTests {
  @Test("the temperature that made the labels is found, and the log-loss does not rise")
  func recovers() {
    var generator = SeededGenerator(seed: 8)
    var logits = Matrix(rows: 6000, columns: 4)
    for i in logits.values.indices { logits.values[i] = Float(generator.uniform(-3, 3)) }
    let truth = (0..<logits.rows).map { i -> Int32 in
      let p = TemperatureScaling.none.probabilities(logits.gatheringRows([i]))
      let draw = Float(generator.uniform())
      var sum: Float = 0
      for c in 0..<4 {
        sum += p[0, c]
        if draw < sum { return Int32(c) }
      }
      return 3
    }
    var overconfident = logits
    for i in overconfident.values.indices { overconfident.values[i] *= 3 }
    let scaling = TemperatureScaling(logits: overconfident, truth: truth)
    #expect(abs(scaling.temperature - 3) < 0.2)
    let before = logLoss(truth: truth, probabilities: TemperatureScaling.none.probabilities(overconfident))
    let after = logLoss(truth: truth, probabilities: scaling.probabilities(overconfident))
    #expect(after < before)
    #expect(TemperatureScaling(logits: Matrix(rows: 0, columns: 4), truth: []).temperature == 1)
  }
}
