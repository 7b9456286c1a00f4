import AnnData
import Foundation
import Images
import Models
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

/// `stomics perturb` and what draws its results, on one small slice and model.
@Suite("perturb", .serialized)
final class PerturbCommandTests {
  private let slice: SmallSlice
  private let run: String
  /// Of the model, the widely expressed first.
  private let genes: [String]
  private let spots: Int

  init() throws {
    slice = try SmallSlice()
    run = slice.folder + "/run"
    succeed(["train", slice.path, "-o", run, "--fusion", "cross-attention", "-q"] + SmallSlice.quick)
    let adata = try AnnData.read(slice.path)
    spots = adata.observationCount
    let counts = try adata.matrix(layer: Keys.counts).transposed()
    let modelled = Set(try adata.recipe().genes)
    // The widely expressed first.
    let order = adata.var.index.indices.filter { modelled.contains(adata.var.index[$0]) }
      .sorted { counts.range(ofRow: $0).count > counts.range(ofRow: $1).count }
    genes = order.map { adata.var.index[$0] }
  }

  private func path(_ name: String) -> String { slice.folder + "/" + name }

  private func table(_ name: String) throws -> CSVTable {
    try CSVTable(contentsOf: path(name), separator: "\t")
  }

  private func expectPicture(_ name: String) throws {
    let image = try Image(pngFile: path(name))
    let colors = Set((0..<image.width * image.height).map { image[$0 % image.width, $0 / image.width] })
    #expect(image.width > 100 && colors.count > 10, "\(name)")
  }

  @Test("a dose series, the same as single edits; its curves and its doses compared") func doses() throws {
    let gene = genes[0]
    succeed(["perturb", run, slice.path, "--gene", gene, "--dose", "4,0,0.5", "-o", path("doses"), "--dpi", "40", "-q"])
    succeed(["perturb", run, slice.path, "--gene", gene, "-o", path("single"), "--no-maps", "-q"])
    let doses = try table("doses/effects.tsv")
    #expect(doses.column("amount") == ["0.0", "0.5", "4.0"])
    let change = "mean_probability_change"
    #expect(try doses.numbers(change)?[0] == table("single/effects.tsv").numbers(change)?[0])
    try expectPicture("doses/\(gene)_factor0.5.png")
    succeed(["plot", "perturbation", path("doses"), "--dose-curve", "-o", path("curve.png"), "--dpi", "60", "-q"])
    try expectPicture("curve.png")
    let edits = ["--edit-a", "\(gene) factor 0.0", "--edit-b", "\(gene) factor 4.0"]
    let diff = succeed(["perturb", "diff", path("doses"), path("doses"), "-o", path("diff"), "--dpi", "40"] + edits)
    #expect(diff.output.contains("\(gene) factor 4.0"))
    #expect(try table("diff/spots.tsv").rows.count == self.spots)
    try expectPicture("diff/map.png")
    let open = Stomics.run(["perturb", "diff", path("doses"), path("single"), "-o", path("d")])
    #expect(open.exitCode == 65 && open.errors.contains("--edit-a and --edit-b"), "\(open.errors)")
    let wrong = Stomics.run(["perturb", "diff", path("doses"), path("single"), "-o", path("d"), "--edit-a", "NO"])
    #expect(wrong.exitCode == 65 && wrong.errors.contains("has no edit 'NO' (found: '\(gene) factor 0.0'"))
    let none = Stomics.run(["plot", "perturbation", path("single"), "--dose-curve", "-o", path("x.png")])
    #expect(none.exitCode == 65 && none.errors.contains("--dose 0,0.5,2,4"))
  }

  @Test("an edit of some spots spills over by hops and no farther than the model sees") func some() throws {
    let gene = genes[0]
    let names = try AnnData.read(slice.path).obs.index
    let list = path("list.txt")
    try Data((names[3] + "\n\n " + names[10] + "\n").utf8).write(to: URL(fileURLWithPath: list))
    succeed(["perturb", run, slice.path, "--gene", gene, "--spots", list, "-o", path("two"), "--dpi", "40", "-q"])
    let spots = try table("two/spots.tsv")
    let hops = try #require(spots.numbers("hop"))
    let change = try #require(spots.numbers("embedding_shift"))
    for i in hops.indices where hops[i] == 0 { #expect([3, 10].contains(i)) }
    #expect(zip(hops, change).allSatisfy { $0.isNaN || $0 > 3 ? $1 == 0 : true })
    let rings = try table("two/hops.tsv")
    #expect(rings.numbers("hop")?.first == 0 && (rings.numbers("hop")?.last ?? 9) <= 3)
    #expect((rings.numbers("mean_embedding_shift")?[1] ?? 0) > 0, "neighbours feel it")
    let panels = ["--panels", "before,after,changed,probabilities,embedding,hops"]
    succeed(["plot", "perturbation", path("two"), "-o", path("two.png"), "--dpi", "60", "-q"] + panels)
    try expectPicture("two.png")

    let domain = try #require(try table("two/spots.tsv").column("before")?.first)
    succeed([
      "perturb", "edit", run, slice.path, "--gene", gene, "--where", "domain=\(domain)", "-o", path("where"),
      "--no-maps", "-q",
    ])
    let edited = try table("where/spots.tsv")
    let before = try #require(edited.column("before"))
    for (hop, own) in zip(edited.numbers("hop") ?? [], before) where hop == 0 { #expect(own == domain) }
    succeed([
      "perturb", run, slice.path, "--gene", gene, "--around", names[0], "--radius", "1", "-o", path("one"),
      "--no-maps", "-q",
    ])
    #expect((try table("one/effects.tsv").numbers("edited_spots")?[0] ?? 9) <= 1)

    for (flags, code, words) in [
      (["--where", "domain=Layer99"], Int32(64), "no spot of"), (["--where", "nothing"], 64, "domain=Layer5"),
      (["--where", "no_column=a"], 65, "no_column"), (["--around", "AAA", "--radius", "1"], 64, "is no spot"),
      (["--around", names[0]], 64, "belong together"), (["--spots", path("no.txt")], 74, "no.txt"),
      (["--where", "layer=Layer1", "--around", names[0], "--radius", "-1"], 64, "--radius"),
    ] {
      let outcome = Stomics.run(["perturb", run, slice.path, "--gene", gene, "-o", path("x"), "-q"] + flags)
      #expect(outcome.exitCode == code && outcome.errors.contains(words), "\(flags): \(outcome)")
    }
    try Data("no-such-barcode\n".utf8).write(to: URL(fileURLWithPath: list))
    let unknown = Stomics.run(["perturb", run, slice.path, "--gene", gene, "--spots", list, "-o", path("x"), "-q"])
    #expect(unknown.exitCode == 64 && unknown.errors.contains("1 of the 1 barcodes"))
  }

  @Test("a scan's tables, pictures, clusters and markers; the same from two threads and after a stop") func scan()
    throws
  {
    let scan = path("scan")
    let outcome = succeed(["perturb", run, slice.path, "--scan", "-o", scan, "--null-genes", "40", "--top", "5"])
    #expect(outcome.output.contains("First order against exact") && outcome.output.contains("not causal"))
    let found = try table("scan/genes.tsv")
    #expect(found.rows.count == genes.count && Set(found.column("gene") ?? []) == Set(genes))
    #expect(try table("scan/spots.tsv").rows.count == self.spots)
    #expect(!FileManager.default.fileExists(atPath: scan + "/scan.partial.safetensors"))
    let gene = try #require(found.column("gene")?.first)
    succeed(["perturb", run, slice.path, "--gene", gene, "-o", path("one"), "--no-maps", "-q"])
    let exact = try #require(try table("one/effects.tsv").numbers("mean_probability_change")?.first)
    let scanned = try #require(found.numbers("mean_probability_change")?.first)
    #expect(abs(exact - scanned) < 1e-3 * exact)

    // What was kept is gone on with; what is of another scan is not.
    succeed(["perturb", run, slice.path, "--scan", "--resume", "-o", path("scan2"), "--null-genes", "40", "-q"])
    for name in ["genes.tsv", "spots.tsv"] {
      #expect(try readFile(scan + "/" + name) == readFile(path("scan2/" + name)), "\(name)")
    }

    succeed(["perturb", "clusters", scan, "--top", "30", "--clusters", "4", "-o", path("clusters.tsv"), "-q"])
    let clusters = try table("clusters.tsv")
    #expect(clusters.rows.count == 30 && Set(clusters.column("cluster") ?? []) == ["1", "2", "3", "4"])
    let pictures: [(String, [String])] = [
      ("bars.png", ["perturbation", scan]), ("domains.png", ["perturbation", scan, "--domain", "WM", "--top", "5"]),
      ("heat.png", ["signatures", scan, "--top", "30"]),
      ("ward.png", ["signatures", scan, "--top", "20", "--method", "ward", "--absolute"]),
      ("land.png", ["signatures", scan, "--as", "landscape", "--layout", "pca", "--top", "40"]),
    ]
    for (name, flags) in pictures {
      succeed(["plot"] + flags + ["-o", path(name), "--dpi", "60", "-q"])
      try expectPicture(name)
    }
    let markers = path("markers.csv")
    try Data("gene,domain,direction\n\(gene),WM,\n\(genes[1]),Layer1/Layer2,depleted\nNOPE,WM,\n".utf8)
      .write(to: URL(fileURLWithPath: markers))
    let checked = succeed(["perturb", "markers", scan, "--markers", markers, "-o", path("m.tsv")])
    #expect(checked.output.contains("Not among the scanned genes: NOPE.") && checked.output.contains("(depleted)"))
    #expect(try table("m.tsv").rows.count == 2)
    let diff = succeed(["perturb", "diff", scan, path("scan2"), "-o", path("same")])
    #expect(diff.output.contains("Spearman's correlation of the changes 1.000"))
  }

  @Test("first order alone, checked on some genes") func firstOrder() throws {
    let outcome = succeed(["perturb", run, slice.path, "--first-order", "-o", path("first"), "--top", "3"])
    #expect(outcome.output.contains("the exact answers correlate"))
    #expect(try table("first/first_order.tsv").rows.count == genes.count)
  }

  @Test("a record that is damaged, or of another scan, is refused by its name") func resumed() throws {
    try FileManager.default.createDirectory(atPath: path("record"), withIntermediateDirectories: true)
    let record = path("record/scan.partial.safetensors")
    let command = ["perturb", run, slice.path, "--scan", "--resume", "-o", path("record"), "-q"]
    try Data("no record".utf8).write(to: URL(fileURLWithPath: record))
    let damaged = Stomics.run(command)
    #expect(damaged.exitCode == 65 && damaged.errors.contains("scan.partial.safetensors"), "\(damaged)")
    var other = Safetensors()
    other.metadata = ["scan": "another", "classes": "3"]
    try other.write(to: record)
    let strange = Stomics.run(command)
    #expect(strange.exitCode == 64 && strange.errors.contains("is of another scan"), "\(strange)")
    #expect(FileManager.default.fileExists(atPath: record), "what was kept stays")
  }

  @Test("what a folder cannot give says so") func unfit() throws {
    let gene = genes[0]
    succeed(["perturb", run, slice.path, "--gene", gene, "-o", path("a"), "--no-maps", "-q"])
    succeed(["perturb", run, slice.path, "--gene", genes[1], "-o", path("b"), "--no-maps", "-q"])
    succeed(["perturb", run, slice.path, "--scan", "--gene", gene, "-o", path("few"), "-q"])
    succeed(["perturb", run, slice.path, "--scan", "--gene", genes[1], "-o", path("other"), "-q"])
    var damaged = try AnnData.read(path("few/signatures.h5ad"))
    damaged.x = nil
    try FileManager.default.createDirectory(atPath: path("bare"), withIntermediateDirectories: true)
    try damaged.write(to: path("bare/signatures.h5ad"))
    var renamed = try String(contentsOfFile: path("b/spots.tsv"), encoding: .utf8)
    let names = try AnnData.read(slice.path).obs.index
    for name in names { renamed = renamed.replacingOccurrences(of: "\t\(name)\t", with: "\tno \(name)\t") }
    try FileManager.default.createDirectory(atPath: path("c"), withIntermediateDirectories: true)
    try Data(renamed.utf8).write(to: URL(fileURLWithPath: path("c/spots.tsv")))
    for (name, text) in [
      ("empty.txt", "\n"), ("none.csv", "gene,domain\nNOPE,WM\n"), ("half.csv", "gene,domain\n,WM\n"),
    ] { try Data(text.utf8).write(to: URL(fileURLWithPath: path(name))) }
    let edit = ["perturb", run, slice.path, "--gene", gene, "-o", path("x"), "-q"]
    let layers = try AnnData.read(slice.path).labels("layer").labels
    let elsewhere = try #require(layers.compactMap { $0 }.first { $0 != layers[0] })
    for (command, code, words) in [
      (["perturb", "diff", path("few"), path("other"), "-o", path("x")], 65, "no gene in common"),
      (["perturb", "diff", path("a"), path("c"), "-o", path("x")], 65, "no spot in common"),
      (["perturb", "clusters", path("few"), "-o", path("x.tsv")], 65, "1 gene whose edit moves"),
      (["perturb", "clusters", path("bare"), "-o", path("x.tsv")], 65, "no matrix of numbers"),
      (["perturb", "markers", path("few"), "--markers", path("none.csv")], 65, "none of the markers"),
      (["perturb", "markers", path("few"), "--markers", path("half.csv")], 65, "lacks a gene or a domain"),
      (["plot", "perturbation", path("few"), "--dose-curve", "-o", path("x.png")], 64, "holds a scan"),
      (["plot", "perturbation", path("a"), "--domain", "WM", "-o", path("x.png")], 64, "holds edits"),
      (edit + ["--spots", path("empty.txt")], 64, "lists no barcode"),
      (edit + ["--where", "layer=\(elsewhere)", "--around", names[0], "--radius", "0"], 64, "nothing would be edited"),
    ] as [([String], Int32, String)] {
      let outcome = Stomics.run(command)
      #expect(outcome.exitCode == code && outcome.errors.contains(words), "\(command): \(outcome)")
    }
  }

  @Test("flags that contradict each other say so") func contradictions() {
    for (flags, words) in [
      ([], "--gene"), (["--scan", "--first-order"], "--scan or --first-order"),
      (["--scan", "--dose", "0,1"], "--dose"),
      (["--scan", "--renormalise"], "--renormalise"), (["--gene", "A", "--top", "3"], "--top goes with --scan"),
      (["--gene", "A", "--together"], "two genes"), (["--gene", "A", "--dose", "1,x"], "'x'"),
      (["--gene", "A", "--dose", "1", "--type", "mean"], "--dose is a series"),
      (["--scan", "--null-genes", "0"], "1 or more"),
      (["--first-order", "--resume"], "--resume"), (["--scan", "--no-maps"], "--no-maps"),
    ] as [([String], String)] {
      let outcome = Stomics.run(["perturb", run, slice.path, "-o", path("x")] + flags)
      #expect(outcome.exitCode == 64 && outcome.errors.contains(words), "\(flags): \(outcome.errors)")
    }
    for command in [
      ["perturb", "diff", slice.folder, run, "-o", path("x")], ["perturb", "clusters", run, "-o", path("x.tsv")],
      ["plot", "perturbation", run, "-o", path("x.png")], ["plot", "signatures", run, "-o", path("x.png")],
    ] {
      let outcome = Stomics.run(command)
      #expect(outcome.exitCode == 65 && outcome.errors.contains("stomics perturb"), "\(command): \(outcome.errors)")
    }
    #expect(Stomics.run(["perturb", "markers", run]).exitCode == 74)
  }
}
