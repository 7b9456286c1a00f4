import AnnData
import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

@Suite("report") struct ReportCommandTests {
  /// A finished run of a small slice, and its prediction with attention.
  private final class Finished {
    let slice: SmallSlice
    let run: String
    let predicted: String
    let output: String

    init() throws {
      slice = try SmallSlice(image: true)
      run = slice.folder + "/run"
      predicted = slice.folder + "/predicted.h5ad"
      output = slice.folder + "/report.html"
      succeed(["train", slice.path, "-o", run, "--mode", "full"] + SmallSlice.quick)
      succeed(["predict", run, slice.path, "-o", predicted, "--attention"])
    }

    var page: String { get throws { String(decoding: try readFile(output), as: UTF8.self) } }

    func fails(
      _ code: Int32, _ words: [String], _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let outcome = Stomics.run(["report"] + arguments + ["-o", output])
      #expect(outcome.exitCode == code, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
      for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation) }
    }
  }

  @Test("a run alone gives settings, maps, scores, history; with its slice also genes and attention") func contents()
    throws
  {
    let made = try Finished()
    let alone = succeed(["report", made.run, "-o", made.output])
    #expect(alone.output.contains("200 spots") && !alone.output.contains("genes"))
    let plain = try made.page
    for words in [
      "training.lr", "coordinates only: kernel ridge", "Total counts", "6 nearest, symmetric", "data:image/png",
      "SHA-256", try SHA256.hexadecimal(ofFile: made.run + "/model.safetensors"), "stomics report",
    ] {
      #expect(plain.contains(words), "\(words)")
    }
    for barcode in try AnnData.read(made.slice.path).obs.index.prefix(3) { #expect(plain.contains(barcode)) }
    #expect(!plain.contains("id=\"attention\""))

    let full = succeed(["report", made.run, made.predicted, "-o", made.output, "--json"])
    #expect(full.output.contains("cross-attention, layer 1") && full.output.contains("\"scanned_genes\"") == false)
    let page = try made.page
    #expect(page.contains("<section id=\"attention\"") && page.contains("log-normalised counts"))
    #expect(page.utf8.count > plain.utf8.count)
    let first = try readFile(made.output)
    succeed(["report", made.run, made.predicted, "-o", made.output, "--threads", "1"])
    #expect(try readFile(made.output) == first, "the report differs between two runs")

    let named = succeed(
      ["report", made.run, made.predicted, "-o", made.output, "--gene", "MOBP", "--gene", "PCP4"]
        + ["--no-image", "--title", "A <b>"])
    #expect(named.output.contains("genes MOBP, PCP4"))
    let titled = try made.page
    #expect(titled.contains("<h1>A &lt;b&gt;</h1>") && !titled.contains("data:image/png"))
  }

  @Test("a scan is read by its columns' names; what is missing is named with its file") func scan() throws {
    let made = try Finished()
    let folder = made.slice.folder + "/scan"
    try makeFolder(folder)
    let header = [
      "gene", "expressing_spots", "changed_spots", "mean_probability_change", "mean_embedding_shift", "towards",
      "away_from", "p_value", "q_value", "local_effect", "shift_WM", "shift_Layer1", "shift_odd", "dependence_WM",
      "dependence_Layer1", "dependence_odd",
    ].joined(separator: "\t")
    let rows = [
      "MOBP\t50\t3\t0.02\t0.4\tLayer1\tWM\t0.005\t0.01\t0.7\t-0.1\t0.2\t0\t3\t1\t1",
      "PCP4\t9\t0\t0.01\t\t\t\t0.5\t0.5\t\t0\t0\t0\t\t\t",
    ]
    func write(_ lines: [String]) throws {
      try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder + "/genes.tsv")
    }
    try write([header] + rows)
    let outcome = succeed(["report", made.run, made.predicted, "-o", made.output, "--scan", folder + "/"])
    #expect(outcome.output.contains("a scan of 2 genes"))
    let page = try made.page
    #expect(page.contains("<section id=\"perturbation\"") && page.contains("local effect"))
    // In the model's order, not the file's; the unknown one last.
    #expect(page.contains("\"domains\":[\"Layer1\",\"WM\",\"odd\"]"))
    #expect(page.contains("\"title\":\"dependence\""))
    #expect(!page.contains("Strongest response"))
    try AtomicFile.write(
      Array("spot\tchanging_genes\tstrongest_change\nnobody\t1\t0.5\n".utf8), to: folder + "/spots.tsv")
    try AtomicFile.write(Array("{\"type\": \"knockout\", \"null_genes\": 200}".utf8), to: folder + "/scan.json")
    succeed(["report", made.run, made.predicted, "-o", made.output, "--scan", folder])
    #expect(try made.page.contains("by itself: knockout, and the slice") && made.page.contains("Strongest response"))
    #expect(try made.page.contains("comparison with 200 genes"))
    try AtomicFile.write(Array("{\"type\": 3}".utf8), to: folder + "/scan.json")
    made.fails(65, ["scan/scan.json is no record"], [made.run, "--scan", folder])
    try FileManager.default.removeItem(atPath: folder + "/scan.json")
    // Without a slice the ranking has no maps, but it is there.
    succeed(["report", made.run, "-o", made.output, "--scan", folder])

    try write([header])
    made.fails(65, ["genes.tsv lists no gene"], [made.run, "--scan", folder])
    try write(["gene\texpressing_spots", "MOBP\t4"])
    made.fails(65, ["scan/genes.tsv", "'changed_spots'"], [made.run, "--scan", folder])
    try write([header.replacingOccurrences(of: "gene\t", with: "name\t")] + rows)
    made.fails(65, ["scan/genes.tsv", "column 'gene'", "columns: name"], [made.run, "--scan", folder])
    try write([header, rows[0].replacingOccurrences(of: "0.02", with: "much")])
    made.fails(65, ["'mean_probability_change' of numbers"], [made.run, "--scan", folder])
    try write([header.replacingOccurrences(of: "WM", with: "a").replacingOccurrences(of: "Layer1", with: "b")] + rows)
    made.fails(65, ["of another model", "a, b, odd"], [made.run, "--scan", folder])
    made.fails(74, ["nowhere/genes.tsv"], [made.run, "--scan", made.slice.folder + "/nowhere"])
  }

  @Test("runs that are none, slices of others and damaged tables are errors, and leave the old report") func errors()
    throws
  {
    let made = try Finished()
    succeed(["report", made.run, "-o", made.output])
    let before = try readFile(made.output)
    made.fails(74, ["no such run folder"], [made.slice.folder + "/absent"])
    made.fails(74, ["The run comes first"], [made.slice.path])
    made.fails(64, ["'MOPB'", "MOBP"], [made.run, made.predicted, "--gene", "MOPB"])
    made.fails(64, ["--gene needs the slice"], [made.run, "--gene", "MOBP"])
    made.fails(65, ["'nope'"], [made.run, "--spatial-key", "nope"])
    var other = try AnnData.read(made.predicted)
    other.obs.index[4] = "somebody"
    try other.write(to: made.slice.folder + "/other.h5ad")
    made.fails(65, ["other.h5ad has no spot"], [made.run, made.slice.folder + "/other.h5ad"])

    let table = made.run + "/predictions.csv"
    let good = try readFile(table)
    let text = String(decoding: good, as: UTF8.self)
    let row = text.split(separator: "\n")[1].split(separator: ",")
    for (from, to, words) in [
      ("split,", "part,", "column 'split'"), ("p_\(row[3]),", "q,", "predicts '\(row[3])'"),
      ("\(row[0]),", "x,", "has no spot"),
    ] {
      let damaged = text.replacingOccurrences(of: from, with: to)
      try AtomicFile.write(Array(damaged.utf8), to: table)
      made.fails(65, ["predictions.csv", words], [made.run])
    }
    try AtomicFile.write(Array(text.prefix(text.count / 2).utf8), to: table)
    made.fails(65, ["predictions.csv"], [made.run])
    try AtomicFile.write(good, to: table)
    try FileManager.default.removeItem(atPath: made.run + "/history.csv")
    made.fails(74, ["history.csv", "--resume"], [made.run])
    #expect(try readFile(made.output) == before)
  }
}
