import AnnData
import Foundation
import Testing

@testable import StomicsCLI

@Suite("evaluate")
struct EvaluateCommandTests {
  static func arguments(_ slice: SmallSlice, _ more: String...) -> [String] {
    ["evaluate", slice.raw, "--label-key", "layer", "-o", slice.folder + "/table", "--n-top-genes", "60"]
      + SmallSlice.quick + more
  }

  @Test("tables and figures, gone on with by more seeds, and refused with other settings")
  func resumed() throws {
    let slice = try SmallSlice(spots: 300)
    let first = succeed(Self.arguments(slice, "--modes", "gcn_only,rings", "--seeds", "2"))
    #expect(first.output.contains("gcn_only k=6") && first.output.contains("coordinates: kernel ridge"))
    #expect(first.output.contains("linear floor") && first.output.contains("rings"))
    #expect(first.errors.contains("as published"))
    for name in ["results.csv", "results.json", "table.md", "ari.png", "reliability.png", "confusion.png"] {
      #expect(FileManager.default.fileExists(atPath: slice.folder + "/table/" + name), "\(name) is missing")
    }
    // In a new folder, one by one, three seeds give what two seeds and one more give here.
    let whole = Self.arguments(slice, "--modes", "gcn_only,rings", "--seeds", "3", "--jobs", "1")
      .map { $0 == slice.folder + "/table" ? slice.folder + "/other" : $0 }
    succeed(whole)
    let resumed = succeed(
      Self.arguments(slice, "--modes", "gcn_only,rings", "--seeds", "3", "--resume"))
    #expect(resumed.errors.contains("10 of 15 tasks are done already"))
    for name in ["results.csv", "results.json", "table.md"] {
      #expect(try slice.bytes("table/" + name) == slice.bytes("other/" + name), "\(name)")
    }
    // A file that is none of ours is named.
    let tasks = slice.folder + "/table/tasks"
    let task = tasks + "/" + (try FileManager.default.contentsOfDirectory(atPath: tasks)[0])
    try Data("{}".utf8).write(to: URL(fileURLWithPath: task))
    let damaged = Stomics.run(Self.arguments(slice, "--modes", "gcn_only,rings", "--seeds", "3", "--resume"))
    #expect(damaged.exitCode == 65 && damaged.errors.contains(task))
    let again = Stomics.run(Self.arguments(slice, "--modes", "rings"))
    #expect(again.exitCode == 74 && again.errors.contains("--resume"))
    let other = Stomics.run(Self.arguments(slice, "--modes", "rings", "--lr", "0.5", "--resume"))
    #expect(other.exitCode == 64 && other.errors.contains("settings of training"))
  }

  @Test("blocks keep the distance of the model's own graph, whichever kind it is")
  func otherGraphs() throws {
    let slice = try SmallSlice(spots: 300)
    let outcome = succeed(
      Self.arguments(
        slice, "--modes", "gcn_only,expr_only", "--graph", "grid", "--n-rings", "1", "--seeds", "7", "--protocol",
        "blocks", "--buffer", "1"))
    #expect(outcome.output.contains("gcn_only (1 ring)"))
    #expect(outcome.output.contains("coordinates: kernel ridge (2 hops, 1 ring)"))
  }

  @Test("spots that a graph leaves alone are said, once a graph")
  func alone() throws {
    let slice = try SmallSlice(spots: 300)
    var adata = try AnnData.read(slice.raw)
    guard case .array(var places)? = adata.obsm["spatial"], case .float64(var values) = places.values else {
      Issue.record("no coordinates")
      return
    }
    values[0] = -9000
    places.values = .float64(values)
    adata.obsm["spatial"] = .array(places)
    try adata.write(to: slice.raw)
    let outcome = succeed(
      Self.arguments(slice, "--modes", "gcn_only,gat_only,expr_only", "--graph", "grid", "--seeds", "1"))
    #expect(
      outcome.errors.contains(
        ": 1 of 300 spots have no neighbours in the graph of gcn_only (1 ring), gat_only (1 ring), which see nothing"))
    let help = Stomics.run(["evaluate", "--help"]).output
    for flag in ["--knn-k", "--mode ", "--seed ", "--train-ratio", "--checkpoint-interval"] {
      #expect(!help.contains(flag), "\(flag) does nothing here")
    }
    #expect(help.contains("--weight-decay") && help.contains("--graph-direction"))
  }

  @Test("several k make a picture, and a fusion is chosen after a colon")
  func sweep() throws {
    let slice = try SmallSlice(spots: 300)
    let outcome = succeed(
      Self.arguments(
        slice, "--modes", "gcn_only,full:gated@4,expr_only", "--k", "4,8", "--seeds", "7", "--protocol", "blocks",
        "--buffer", "1"))
    for name in ["gcn_only k=4", "gcn_only k=8", "full gated k=4", "expr_only"] {
      #expect(outcome.output.contains(name))
    }
    #expect(FileManager.default.fileExists(atPath: slice.folder + "/table/k.png"))
    // What is replaced leaves no picture behind.
    succeed(Self.arguments(slice, "--modes", "expr_only", "--seeds", "7", "--overwrite"))
    #expect(!FileManager.default.fileExists(atPath: slice.folder + "/table/k.png"))
  }

  @Test(
    "what cannot be asked for",
    arguments: [
      (["--modes", "ful"], "did you mean full"),
      (["--modes", "full:mean"], "no fusion 'mean'"),
      (["--modes", "expr_only:gated"], "fuses nothing"),
      (["--modes", "expr_only@6"], "has no graph"),
      (["--modes", "gcn_only@x"], "no number of neighbours"),
      (["--modes", "rings:1+1"], "different radii"),
      (["--modes", "rings@6"], "no graph of k"),
      (["--modes", "layers@6"], "layers has no graph of k"),
      (["--modes", "gcn_only", "--graph", "delaunay", "--k", "4,6"], "--k is a sweep of --graph knn"),
      (["--modes", "gcn_only", "--graph", "knn", "--n-rings", "2"], "--n-rings belongs to --graph grid"),
      (["--modes", "kriging", "--protocol", "leave-one-slice-out"], "use --protocol random or blocks"),
      (["--modes", "sections", "--protocol", "blocks"], "use --protocol leave-one-slice-out"),
      (["--modes", "gcn_only@5000"], "cortex.h5ad: A graph of the 5000 nearest"),
      (["--modes", "rings,rings"], "is there twice"),
      (["--modes", "rings", "--seeds", "0"], "1 to 10,000"),
      (["--modes", "rings", "--seeds", "1,1"], "is there twice"),
      (["--modes", "rings", "--k", "6,x"], "no number of neighbours"),
      (["--modes", "rings", "--protocol", "leave-one-slice-out"], "at least 2 slices"),
      (["--modes", "rings", "--protocol", "leave-one-donor-out"], "donor"),
      (["--modes", "rings", "--donors", "a,b"], "2 donors for 1 slices"),
      (["--modes", "rings", "--blocks", "1x1", "--protocol", "blocks"], "3 to 10,000 blocks"),
      (["--modes", "rings", "--protocol", "blocks", "--fit-on", "all"], "belongs to --protocol random"),
      (["--modes", "rings", "--only", "other"], "no slice 'other'"),
      (["--modes", "rings", "--mode", "full"], "use --modes"),
      (["--modes", "rings", "--checkpoint-interval", "5"], "does nothing here"),
      (["--modes", "scgpt,geneformer"], "one matrix for all"),
      (["--modes", "rings", "--donor-key", "layer"], "should name one donor"),
      (["--modes", "rings", "--ratios", "1,2"], "three shares"),
    ])
  func refused(_ flags: [String], _ words: String) throws {
    let slice = try SmallSlice()
    let outcome = Stomics.run(Self.arguments(slice) + flags)
    #expect(outcome.exitCode == 64 || outcome.exitCode == 65)
    #expect(outcome.errors.contains(words), "\(flags): \(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: slice.folder + "/table/results.csv"))
  }
}
