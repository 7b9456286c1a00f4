import AnnData
import Foundation
import Simulation
import TestSupport
import Testing

@testable import StomicsCLI

@Suite("stomics simulate") struct SimulateCommandTests {
  @Test("the file holds the simulated slice, and the summary describes it") func file() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/cortex.h5ad"
    let outcome = Stomics.run([
      "simulate", "-o", path, "--spots", "300", "--genes", "400", "--seed", "1", "--missing-labels", "0.02", "--image",
      "--depth", "300",
    ])
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    for part in ["300 spots x 400 genes", "Layer1", "WM", "(no label)      6", "5 nearest labelled spots", "ARI"] {
      #expect(outcome.output.contains(part), "'\(part)' is missing in: \(outcome.output)")
    }
    let options = SimulationOptions(
      spots: 300, genes: 400, seed: 1, missingLabels: 0.02, image: true, depth: 300)
    var read = try AnnData.read(path)
    read.source = ""
    let made = try simulateCortex(options)
    // Compared before #expect, which would print millions of values.
    let equal = [
      "obs": read.obs == made.obs, "var": read.var == made.var, "X": read.x == made.x,
      "obsm": read.obsm == made.obsm, "spatial": read.uns["spatial"] == made.uns["spatial"],
    ]
    for (part, same) in equal { #expect(same, "\(part) was read otherwise than it was made") }
  }

  @Test("the summary as JSON") func json() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = Stomics.run([
      "simulate", "-o", folder + "/cortex.h5ad", "--spots", "300", "--genes", "100", "--json",
    ])
    let summary = try JSONDecoder().decode(SimulationSummary.self, from: Data(outcome.output.utf8))
    #expect(summary.spots == 300)
    #expect(summary.layers.map(\.spots).reduce(0, +) == 300)
    #expect(summary.unlabelled == 0)
    #expect(try #require(summary.controls?.nearestSpots.accuracy) > 0.5)
  }

  @Test("settings that make no sense are usage errors; nothing is written") func errors() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/cortex.h5ad"
    for arguments in [["--spots", "3"], ["--genes", "0"], ["--missing-labels", "2"], ["--seed", "-1"]] {
      let outcome = Stomics.run(["simulate", "-o", path] + arguments)
      #expect(outcome.exitCode == 64)
      #expect(outcome.errors.contains(arguments[0]))
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    #expect(Stomics.run(["simulate"]).exitCode == 64)
    #expect(
      Stomics.run(["simulate", "-o", folder + "/no/such/cortex.h5ad", "--spots", "50", "--genes", "50"]).exitCode == 74)
  }

  @Test("the smallest tissue is described too") func smallest() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outcome = Stomics.run([
      "simulate", "-o", folder + "/cortex.h5ad", "--spots", "50", "--genes", "50", "--missing-labels", "0.98",
    ])
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("too few spots are labelled"))
  }
}
