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

  @Test("one seed makes one file, byte for byte, at another time and on another number of threads") func sameBytes()
    throws
  {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let arguments = ["--spots", "100", "--genes", "100", "--seed", "3"]
    #expect(Stomics.run(["simulate", "-o", folder + "/a.h5ad"] + arguments).exitCode == 0)
    // Files that store the time store seconds.
    Thread.sleep(forTimeInterval: 1.1)
    #expect(Stomics.run(["simulate", "-o", folder + "/b.h5ad", "--threads", "2"] + arguments).exitCode == 0)
    let files = try ["a", "b"].map { try Data(contentsOf: URL(fileURLWithPath: folder + "/\($0).h5ad")) }
    #expect(files[0] == files[1])
  }

  @Test("the slice in data/ is what its command makes") func committedSlice() throws {
    let committed = try AnnData.read(Fixtures.root + "/data/cortex-small.h5ad")
    let made = try simulateCortex(
      SimulationOptions(spots: 1200, genes: 1500, seed: 1, missingLabels: 0.02, image: true))
    // Not cortical_depth: the last digit of a cosine belongs to the C library and the processor.
    let equal = [
      "obs": committed.obs.index == made.obs.index && committed.obs["layer"] == made.obs["layer"],
      "X": committed.x == made.x, "uns": committed.uns["spatial"] == made.uns["spatial"],
    ]
    for (part, same) in equal { #expect(same, "\(part) of data/cortex-small.h5ad is old: run scripts/make-data") }
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
