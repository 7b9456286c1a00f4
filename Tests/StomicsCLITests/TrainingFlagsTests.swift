import Testing
import Training

@testable import StomicsCLI

@Suite("Flags of a training")
struct TrainingFlagsTests {
  @Test("every setting has its flag, which hands its text on under the setting's name")
  func everySetting() throws {
    for setting in TrainingSetting.all {
      let flags = try TrainingFlags.parse([setting.flag, "something"])
      #expect(flags.given.map(\.setting) == [setting.name])
      #expect(flags.given.map(\.text) == ["something"])
    }
  }

  @Test("help says each setting's range and default")
  func help() {
    let help = TrainingFlags.helpMessage(columns: 400)
    for setting in TrainingSetting.all {
      #expect(help.contains(setting.flag + " <"))
      if let value = setting.defaultText { #expect(help.contains("(default: \(value))")) }
    }
    #expect(help.contains("One of gated, cross_attention."))
  }
}
