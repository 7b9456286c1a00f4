import AnnData
import Foundation
import Simulation
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

/// What users hand to the program by mistake, through the commands: a clear error with its exit code, or a sensible
/// result.
@Suite("Bad and strange input")
final class BadInputTests {
  let folder: String
  private static let slice = try? simulateCortex(SimulationOptions(spots: 120, genes: 150, seed: 5))

  init() throws { folder = try Fixtures.temporaryFolder() }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func path(_ name: String) -> String { folder + "/" + name }

  /// Writes a changed copy of a small simulated slice.
  private func write(_ name: String = "slice.h5ad", _ change: (inout AnnData) throws -> Void = { _ in }) throws
    -> String
  {
    var adata = try #require(Self.slice)
    try change(&adata)
    try adata.write(to: path(name))
    return path(name)
  }

  private func preprocess(_ file: String, _ flags: String...) -> Stomics.Outcome {
    Stomics.run(["preprocess", file, "-o", path("out.h5ad"), "--n-top-genes", "80", "--n-pcs", "5"] + flags)
  }

  private func train(_ flags: String...) -> Stomics.Outcome {
    Stomics.run(["train", path("out.h5ad"), "-o", path("run"), "--overwrite"] + SmallSlice.quick + flags)
  }

  private func expect(
    _ outcome: Stomics.Outcome, _ code: Int32, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.exitCode == code, "\(outcome)", sourceLocation: sourceLocation)
    let text = code == 0 ? outcome.output + outcome.errors : outcome.errors
    for word in words { #expect(text.contains(word), "'\(word)' in: \(text)", sourceLocation: sourceLocation) }
  }

  /// Every command that reads a slice says the same of a file that is none.
  private func expectOfAllReaders(
    of file: String, _ code: Int32, _ word: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = path("made-run")
    if !FileManager.default.fileExists(atPath: run) {
      let good = try SmallSlice(spots: 120, genes: 150)
      succeed(["train", good.path, "-o", run, "-q"] + SmallSlice.quick)
    }
    for command in [
      ["preprocess", file, "-o", path("o.h5ad")], ["train", file, "-o", path("r")],
      ["predict", run, file, "-o", path("o.h5ad")], ["plot", "domains", file, "-o", path("o.png")],
      ["perturb", run, file, "--gene", "MOBP", "-o", path("p")], ["convert", file, path("o.h5ad")],
    ] {
      let outcome = Stomics.run(command)
      #expect(outcome.exitCode == code, "\(command): \(outcome)", sourceLocation: sourceLocation)
      #expect(outcome.errors.contains(word), "\(command): \(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.errors.contains(file.split(separator: "/").last ?? ""), sourceLocation: sourceLocation)
    }
    for leftover in ["o.h5ad", "o.png", "r/model.safetensors"] {
      #expect(!FileManager.default.fileExists(atPath: path(leftover)), sourceLocation: sourceLocation)
    }
  }

  // MARK: - Files that are none

  @Test("a truncated, an empty, a foreign and a missing file") func files() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: try write()))
    func make(_ name: String, _ bytes: Data) throws -> String {
      try bytes.write(to: URL(fileURLWithPath: path(name)))
      return path(name)
    }
    try expectOfAllReaders(of: make("half.h5ad", whole.prefix(whole.count / 2)), 65, "truncated")
    try expectOfAllReaders(of: make("nothing.h5ad", Data()), 65, "empty")
    try expectOfAllReaders(of: make("table.h5ad", Data("gene,spot\nMOBP,3\n".utf8)), 65, "not an HDF5 file")
    try expectOfAllReaders(of: path("absent.h5ad"), 74, "no such file")
    try FileManager.default.createDirectory(atPath: path("empty-folder"), withIntermediateDirectories: false)
    expect(Stomics.run(["preprocess", path("empty-folder"), "-o", path("o.h5ad")]), 74, "folder")
    expect(Stomics.run(["plot", "domains", path("empty-folder"), "-o", path("o.png")]), 74, "no such file")
  }

  @Test("a slice that was not preprocessed, and a run that is none") func wrongStage() throws {
    let raw = try write()
    expect(Stomics.run(["train", raw, "-o", path("r")]), 65, "run stomics preprocess on it first")
    expect(Stomics.run(["predict", folder, raw, "-o", path("o.h5ad")]), 74, "model.safetensors", "--resume")
    expect(Stomics.run(["predict", raw, folder, "-o", path("o.h5ad")]), 74, "The run comes first, then the slice")
    expect(Stomics.run(["predict", path("no"), raw, "-o", path("o.h5ad")]), 74, "no such run folder")
    expect(Stomics.run(["plot", "history", folder, "-o", path("o.png")]), 74, "history.csv")
    expect(Stomics.run(["plot", "history", raw, "-o", path("o.png")]), 65, "no table of text")
  }

  // MARK: - Slices with something missing

  @Test("a slice without coordinates says so; without a graph it trains expr_only, without controls")
  func noCoordinates() throws {
    let file = try write { $0.obsm.removeAll() }
    expect(preprocess(file), 65, "'spatial' not found in obsm", "--spatial-key")
    expect(preprocess(file, "--no-graph", "--label-key", "layer"), 0)
    let trained = train("--mode", "expr_only")
    expect(trained, 0, "the model (expr_only)")
    #expect(!trained.output.contains("coordinates only"))
    expect(train("--mode", "full"), 64, "needs a spatial graph", "--mode expr_only")
    expect(train("--mode", "expr_only", "--json"), 0, "no controls to compare with")
  }

  @Test("spots off the tissue and spots without counts are predicted, and said") func strangeSpots() throws {
    let good = try SmallSlice(spots: 120, genes: 150)
    succeed(["train", good.path, "-o", path("run"), "-q"] + SmallSlice.quick)
    let file = try write {
      try editCounts(&$0) { counts in for k in counts.range(ofRow: 3) { counts.values[k] = 0 } }
      $0.obs["in_tissue"] = .numeric(.int64((0..<120).map { $0 < 20 ? 0 : 1 }))
    }
    let outcome = Stomics.run(["predict", path("run"), file, "-o", path("o.h5ad"), "--missing-share", "1"])
    expect(outcome, 0, "20 of 120 spots lie off the tissue", "1 of 120 spots hold no count")
  }

  @Test("the coordinates' key and the share of missing genes reach perturb") func perturbFlags() throws {
    let good = try SmallSlice(spots: 120, genes: 150)
    succeed(["train", good.path, "-o", path("run"), "-q"] + SmallSlice.quick)
    let gene = try #require(try AnnData.read(good.path).recipe().genes.first)
    let command = ["perturb", path("run"), good.path, "--gene", gene, "-o", path("p"), "--no-maps"]
    expect(Stomics.run(command + ["--spatial-key", "places"]), 65, "'places' not found in /obsm")
    expect(Stomics.run(command + ["--missing-share", "2"]), 64, "--missing-share is 2")
    expect(Stomics.run(command + ["--missing-share", "0"]), 0)
  }

  @Test("numbers are no labels to draw") func numbersAsLabels() throws {
    var slice = try simulateCortex(SimulationOptions(spots: 210, genes: 50, seed: 5))
    slice.obs["count"] = .numeric(.int64((0..<210).map { Int64($0) }))
    try slice.write(to: path("slice.h5ad"))
    let command = ["plot", "domains", path("slice.h5ad"), "-o", path("o.png"), "--truth", "count"]
    expect(Stomics.run(command), 65, "210 different values", "plot genes --obs")
  }

  @Test("a slice without labels cannot train, and says what to name") func noLabels() throws {
    let file = try write { $0.obs.columns.removeValue(forKey: "layer") }
    expect(preprocess(file, "--label-key", "layer"), 65, "'layer' not found in /obs")
    expect(preprocess(file), 0)
    expect(train(), 64, "--label-key")
  }

  @Test("labels that are all missing") func missingLabels() throws {
    let file = try write {
      $0.obs["layer"] = .categorical(Categorical(codes: [Int32](repeating: -1, count: 120), categories: ["a"]))
    }
    let outcome = preprocess(file, "--label-key", "layer")
    expect(outcome, 65, "layer")
  }

  @Test("one class trains, and every score is called trivial") func oneClass() throws {
    let file = try write {
      $0.obs["layer"] = .categorical(Categorical(codes: [Int32](repeating: 0, count: 120), categories: ["cortex"]))
    }
    expect(preprocess(file, "--label-key", "layer"), 0)
    expect(train(), 0, "nothing to tell apart")
  }

  // MARK: - Counts

  /// X with the counts of some places replaced.
  private func editCounts(_ adata: inout AnnData, _ edit: (inout CSRMatrix) -> Void) throws {
    var counts = try adata.matrix()
    edit(&counts)
    adata.x = .sparse(SparseArray(counts))
  }

  @Test("a spot without counts is dropped, or kept as it is and predicted") func emptySpot() throws {
    let file = try write { adata in
      try editCounts(&adata) { counts in
        for k in counts.range(ofRow: 7) { counts.values[k] = 0 }
      }
    }
    expect(preprocess(file, "--label-key", "layer"), 0, "119 of 120")
    expect(preprocess(file, "--label-key", "layer", "--min-counts", "0"), 0, "120 of 120")
    expect(train(), 0)
    expect(Stomics.run(["predict", path("run"), path("out.h5ad"), "-o", path("predicted.h5ad")]), 0)
  }

  @Test("a value that is no count is named with its place", arguments: [Float.nan, Float.infinity, Float(-3)])
  func notACount(value: Float) throws {
    let file = try write { adata in
      try editCounts(&adata) { counts in counts.values[counts.indptr[3]] = value }
    }
    let spot = try #require(Self.slice).obs.index[3]
    expect(preprocess(file), 65, spot)
    expect(Stomics.run(["info", file]), 0)
  }

  @Test("genes of one name are told apart, and that is said") func duplicateGenes() throws {
    let file = try write {
      $0.var.index[1] = $0.var.index[0]
    }
    let name = try #require(Self.slice).var.index[0]
    expect(preprocess(file), 0, "a gene name occurred more than once, numbered: " + name)
    expect(Stomics.run(["info", file]), 0, name)
  }

  @Test("an unknown gene gets near names") func unknownGene() throws {
    let good = try SmallSlice()
    succeed(["train", good.path, "-o", path("run"), "-q"] + SmallSlice.quick)
    let outcome = Stomics.run(["perturb", path("run"), good.path, "--gene", "MOBPP", "-o", path("p")])
    expect(outcome, 64, "MOBPP", "Did you mean")
  }

  // MARK: - Places that cannot be written

  @Test("a folder that cannot be written is a file error, and no half file stays") func unwritable() throws {
    let file = try write()
    try Data().write(to: URL(fileURLWithPath: path("plain")))
    for place in [path("no/such/folder"), path("plain"), "/proc"] {
      expect(Stomics.run(["preprocess", file, "-o", place + "/x.h5ad"]), 74, "x.h5ad")
      expect(Stomics.run(["simulate", "-o", place + "/x.h5ad", "--spots", "60", "--genes", "60"]), 74, "x.h5ad")
      expect(
        Stomics.run(["plot", "genes", file, "--obs", "cortical_depth", "-o", place + "/x.png"]), 74, "x.png")
    }
    expect(preprocess(file, "--label-key", "layer"), 0)
    for place in [path("plain") + "/run", "/proc/run"] {
      expect(Stomics.run(["train", path("out.h5ad"), "-o", place] + SmallSlice.quick), 74, "run")
    }
  }

  @Test("a full disk is a file error; the file that was there stays", .enabled(if: Program.path != nil))
  func fullDisk() throws {
    let file = try write("cortex.h5ad")
    // A limit on the size of files stands for a full disk: writing beyond it fails in the same way.
    let script = """
      trap '' XFSZ
      printf old > out.h5ad
      printf old > out.png
      ulimit -f 8
      stomics preprocess \(file) -o out.h5ad; echo "ended with $?"
      stomics plot genes \(file) --obs cortical_depth -o out.png; echo "ended with $?"
      cat out.h5ad out.png
      ls -A
      """
    let result = try Program.shell(script, in: folder)
    #expect(result.printed.components(separatedBy: "ended with 74").count == 3, "\(result.printed)")
    #expect(result.printed.contains("oldold"))
    #expect(!result.printed.contains(".tmp\n"))
  }
}
