import AnnData
import Foundation
import Simulation
import Testing

@testable import StomicsCLI

@Suite("annotate")
struct AnnotateCommandTests {
  /// A slice with labels at every third spot (`some`), the last ten spots off the tissue.
  private static func partly(_ folder: String) throws -> (path: String, data: AnnData) {
    var data = try simulateCortex(SimulationOptions(spots: 300, genes: 200, seed: 3))
    var some = try data.labels("layer")
    some.codes = some.codes.indices.map { $0 % 3 == 0 ? some.codes[$0] : -1 }
    data.obs["some"] = .categorical(some)
    data.obs["in_tissue"] = .numeric(.int64((0..<300).map { $0 < 290 ? 1 : 0 }))
    let path = folder + "/partly.h5ad"
    try data.write(to: path)
    return (path, data)
  }

  private static func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  @Test("a partly labelled slice is written whole, with a domain for every spot on the tissue, for any threads")
  func partlyLabelled() throws {
    let slice = try SmallSlice()
    let (path, data) = try Self.partly(slice.folder)
    let output = slice.folder + "/whole.h5ad"
    let outcome = succeed(["annotate", path, "--label-key", "some", "-o", output, "--threads", "1"])
    #expect(outcome.output.contains("of the 97 labelled spots got another domain than their label"))
    #expect(outcome.errors.contains("10 of 300 spots off the tissue are left out. They get no domain."))
    let written = try AnnData.read(output)
    #expect(written.observationCount == 300 && written.variableCount == 200)
    #expect(try written.matrix() == data.matrix())
    let domains = try written.labels("domain")
    #expect((0..<300).allSatisfy { (domains.codes[$0] < 0) == ($0 >= 290) })
    #expect(try written.numbers("domain_confidence")[295].isNaN)
    let truth = try data.labels("layer").labels
    let right = (0..<290).count { domains.labels[$0] == truth[$0] }
    #expect(right > 200, "\(right)")
    guard case .dictionary(let record)? = written.uns["stomics_annotation"], case .string(let mode)? = record["mode"]
    else {
      Issue.record("no record")
      return
    }
    #expect(mode == "kriging" && written.uns["domain_colors"] != nil)
    let first = try Self.bytes(output)
    succeed(["annotate", path, "--label-key", "some", "-o", output, "--threads", "3"])
    #expect(try Self.bytes(output) == first)
    succeed(["annotate", path, "--label-key", "some", "-o", output, "--mode", "rings", "--seed", "7"])
    #expect(try Self.bytes(output) != first)
  }

  @Test(
    "a slice without labels from labelled ones, and with labels scored by them", arguments: [[], ["--other-donor"]])
  func fromOthers(_ flags: [String]) throws {
    let slice = try SmallSlice(spots: 400)
    var other = try simulateCortex(SimulationOptions(spots: 400, genes: 200, seed: 4))
    let labelled = slice.folder + "/labelled.h5ad"
    try other.write(to: labelled)
    other.obs.columns["layer"] = nil
    let bare = slice.folder + "/bare.h5ad"
    try other.write(to: bare)
    let command = ["annotate", "--from", slice.raw, "--label-key", "layer"] + flags
    let scored = succeed(command + [labelled, "-o", slice.folder + "/a.h5ad"])
    #expect(scored.output.contains("labelled spots, from which nothing was learned"))
    #expect(scored.output.contains(flags.isEmpty ? "layers" : "rings"))
    let unscored = succeed(command + [bare, "-o", slice.folder + "/b.h5ad"])
    #expect(!unscored.output.contains("Scores"))
    let domains = try AnnData.read(slice.folder + "/a.h5ad").labels("domain")
    #expect(try AnnData.read(slice.folder + "/b.h5ad").labels("domain") == domains)
    let truth = try AnnData.read(labelled).labels("layer").labels
    #expect((0..<400).count { domains.labels[$0] == truth[$0] } > 200)
  }

  @Test("what cannot be asked for")
  func refused() throws {
    let slice = try SmallSlice()
    let output = slice.folder + "/out.h5ad"
    func fails(_ code: Int32, _ words: String, _ flags: String...) {
      let outcome = Stomics.run(["annotate", slice.raw, "-o", output] + flags)
      #expect(outcome.exitCode == code && outcome.errors.contains(words), "\(flags): \(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: output))
    }
    fails(64, "--label-key")
    fails(65, "layr", "--label-key", "layr")
    fails(64, "--other-donor needs", "--label-key", "layer", "--other-donor")
    fails(64, "inside one slice", "--label-key", "layer", "--mode", "kriging", "--from", slice.path)
    fails(64, "sections to lay onto", "--label-key", "layer", "--mode", "sections")
    fails(
      64, "one block of tissue", "--label-key", "layer", "--mode", "sections", "--other-donor", "--from", slice.path)
    fails(64, "two slices are called", "--label-key", "layer", "--from", slice.raw)
    fails(64, "--seed", "--label-key", "layer", "--seed", "-1")
    fails(74, "missing.h5ad", "--label-key", "layer", "--from", slice.folder + "/missing.h5ad")
  }
}
