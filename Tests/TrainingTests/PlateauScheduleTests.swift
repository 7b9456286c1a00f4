import Foundation
import TestSupport
import Testing
import Training

@Suite("Learning-rate schedule")
struct PlateauScheduleTests {
  private struct Reference: Decodable {
    let metric: [Double]
    let lr_after_step: [Double]
  }

  @Test("halves where PyTorch's ReduceLROnPlateau does") func reference() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("model/plateau.json")))
    let reference = try JSONDecoder().decode(Reference.self, from: data)
    var schedule = PlateauSchedule(learningRate: 1e-3)
    var rates: [Double] = []
    for value in reference.metric {
      schedule.step(value)
      rates.append(schedule.learningRate)
    }
    #expect(rates == reference.lr_after_step)
    #expect(Set(rates).count > 1)
  }

  @Test("written and read is the same") func coding() throws {
    var schedule = PlateauSchedule(learningRate: 1e-3)
    for step in 0..<3 {
      let copy = try JSONDecoder().decode(PlateauSchedule.self, from: try JSONEncoder().encode(schedule))
      #expect(copy == schedule, "after \(step) epochs")
      schedule.step(0.1)
    }
  }
}
