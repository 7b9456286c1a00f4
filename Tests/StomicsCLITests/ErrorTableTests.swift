import AnnData
import Compression
import Foundation
import HDF5
import Images
import Simulation
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

/// docs/errors.md shows what the program says of bad inputs; this makes every one of them and compares the words.
///
/// `STOMICS_UPDATE=1` writes the table anew.
@Suite("The table of bad inputs") final class ErrorTableTests {
  private let inputs: BadInputs

  init() throws { inputs = try BadInputs(folder: try Fixtures.temporaryFolder()) }

  deinit { try? FileManager.default.removeItem(atPath: inputs.folder) }

  private static let document = Fixtures.path("../../docs/errors.md")

  @Test("says what docs/errors.md says, word for word") func table() throws {
    var rows: [String] = []
    for (number, input) in try inputs.all().enumerated() {
      let outcome = Stomics.run(input.command + (input.command[0] == "info" ? [] : ["-q"]))
      #expect(outcome.exitCode != 0, "\(input.fault): \(outcome)")
      #expect(!outcome.errors.contains("it is a bug of stomics"), "\(input.fault): \(outcome.errors)")
      let command = input.command.map(short).joined(separator: " ")
      let lines = short(outcome.errors).split(separator: "\n").joined(separator: " ")
      rows.append("| \(number + 1) | \(input.fault) | `\(command)` | \(outcome.exitCode) | \(escaped(lines)) |")
    }
    #expect(rows.count >= 40)
    let shown = try String(decoding: readFile(Self.document), as: UTF8.self)
    let head = shown.prefix(upTo: shown.range(of: "|---|---|---|---|---|\n")?.upperBound ?? shown.startIndex)
    let made = head + rows.joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["STOMICS_UPDATE"] != nil {
      try AtomicFile.write(Array(made.utf8), to: Self.document)
      return
    }
    let expected = shown.split(separator: "\n").suffix(rows.count)
    for (row, wanted) in zip(rows, expected) { #expect(row == wanted) }
    #expect(made == shown)
  }

  /// Without the scratch folder's name, and what else differs from run to run.
  private func short(_ text: String) -> String { text.replacingOccurrences(of: inputs.folder + "/", with: "") }

  private func escaped(_ text: String) -> String { text.replacingOccurrences(of: "|", with: "\\|") }
}

/// Makes bad inputs in a folder.
private struct BadInputs {
  struct Input {
    var fault: String
    var command: [String]
  }

  let folder: String
  private let slice: AnnData

  init(folder: String) throws {
    self.folder = folder
    slice = try simulateCortex(SimulationOptions(spots: 60, genes: 80, seed: 3))
  }

  func all() throws -> [Input] {
    try files() + contents() + damage() + matrices() + folders() + pictures() + embeddings() + perturbations()
  }

  private func path(_ name: String) -> String { folder + "/" + name }

  /// `stomics preprocess` of an input.
  private func preprocess(_ name: String, _ flags: String...) -> [String] {
    ["preprocess", path(name), "-o", path("out.h5ad")] + flags
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    let parts = path(name).split(separator: "/").dropLast().joined(separator: "/")
    try FileManager.default.createDirectory(atPath: "/" + parts, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  private func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  /// A changed copy of a sound slice.
  private func write(_ name: String, _ change: (inout AnnData) throws -> Void) throws {
    var adata = slice
    try change(&adata)
    try adata.write(to: path(name), compression: .none)
  }

  private func editCounts(_ adata: inout AnnData, _ edit: (inout CSRMatrix) -> Void) throws {
    var counts = try adata.matrix()
    edit(&counts)
    adata.x = .sparse(SparseArray(counts))
  }

  // MARK: Files that are no slices

  private func files() throws -> [Input] {
    try write("whole.h5ad") { _ in }
    let whole = try readFile(path("whole.h5ad"))
    try write("empty.h5ad", "")
    try write("table.h5ad", "gene,spot\nMOBP,3\n")
    try write("packed.h5ad", try Deflater().deflate(whole, format: .gzip))
    try write("page.h5ad", "<!DOCTYPE html>\n<html><body>Not found</body></html>")
    try write("half.h5ad", Array(whole.prefix(whole.count / 2)))
    try write("zeros.h5ad", [UInt8](repeating: 0, count: 3000))
    try write("picture.h5ad", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    try write("seurat.h5ad", "RDX3\n" + String(repeating: "x", count: 40))
    try write("pointer.h5ad", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
    let file = try H5OutputFile.create(path("other.h5"))
    try file.root().write("measurements", [1, 2, 3] as [Float])
    try file.close()
    try write("run/notes.txt", "nothing here")
    return [
      Input(fault: "a file that is not there", command: preprocess("absent.h5ad")),
      Input(fault: "an empty file", command: preprocess("empty.h5ad")),
      Input(fault: "a table of text", command: preprocess("table.h5ad")),
      Input(fault: "a gzipped h5ad", command: preprocess("packed.h5ad")),
      Input(fault: "a web page saved as a file", command: preprocess("page.h5ad")),
      Input(fault: "half a file", command: preprocess("half.h5ad")),
      Input(fault: "zeros", command: preprocess("zeros.h5ad")),
      Input(fault: "a picture", command: preprocess("picture.h5ad")),
      Input(fault: "an R object", command: preprocess("seurat.h5ad")),
      Input(fault: "a Git LFS pointer", command: preprocess("pointer.h5ad")),
      Input(fault: "HDF5 of another kind", command: preprocess("other.h5")),
      Input(fault: "a folder of something else", command: preprocess("run")),
      Input(
        fault: "an output in a folder that does not exist",
        command: ["convert", path("whole.h5ad"), path("no/such/out.h5ad")]),
    ]
  }

  // MARK: Tissue images

  private func pictures() throws -> [Input] {
    func features(_ name: String, _ flags: String...) -> [String] {
      ["image-features", path(name), "-o", path("out.h5ad")] + flags
    }
    try Image(width: 60, height: 40, red: 220, green: 150, blue: 190).writePNG(to: path("slide.png"))
    try write("slide.jpg", [0xFF, 0xD8, 0xFF, 0xE0])
    try write("sizeless.h5ad") { $0.uns["spatial"] = nil }
    return [
      Input(fault: "no tissue image", command: features("whole.h5ad")),
      Input(fault: "an image that is no PNG", command: features("whole.h5ad", "--image-file", path("slide.jpg"))),
      Input(
        fault: "an image at another scale than the spots",
        command: features("whole.h5ad", "--image-file", path("slide.png"))),
      Input(
        fault: "spots smaller than the image's pixels",
        command: features("whole.h5ad", "--image-file", path("slide.png"), "--scale-factor", "0.001")),
      Input(
        fault: "spots of unknown size", command: features("sizeless.h5ad", "--image-file", path("slide.png"))),
    ]
  }

  // MARK: Embeddings

  private func embeddings() throws -> [Input] {
    func embedding(_ name: String, _ flags: String...) -> [String] {
      ["import-embedding", path("whole.h5ad"), "--file", path(name), "--key", "X_new", "-o", path("out.h5ad")] + flags
    }
    func numPy(_ type: String, _ shape: String, _ numbers: Int) -> [UInt8] {
      let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }\n"
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
        + [UInt8](repeating: 0, count: numbers)
    }
    try write("objects.npy", numPy("|O", "60, 2", 10))
    try write("cut.npy", numPy("<f4", "60, 2", 100))
    try write("three.npy", numPy("<f4", "60, 2, 2", 960))
    try write("few.npy", numPy("<f4", "59, 2", 472))
    try write("others.csv", "barcode,a\nAAAC-9,0.5\n")
    try write("words.csv", "barcode,a\nAAAC-9,high\n")
    return [
      Input(fault: "pickled objects", command: embedding("objects.npy")),
      Input(fault: "an array cut short", command: embedding("cut.npy")),
      Input(fault: "an array of three axes", command: embedding("three.npy")),
      Input(fault: "fewer rows than spots", command: embedding("few.npy")),
      Input(fault: "rows of another slice", command: embedding("others.csv")),
      Input(fault: "words for numbers", command: embedding("words.csv")),
    ]
  }

  // MARK: What perturb left

  private func perturbations() throws -> [Input] {
    func folder(_ name: String, _ file: String, _ text: String) throws {
      try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
      try write(name + "/" + file, text)
    }
    try folder("no_domains", "genes.tsv", "gene\tchanged_spots\nMBP\t3\n")
    try folder("words_scan", "genes.tsv", "gene\tshift_WM\nMBP\tmuch\n")
    try folder("edits", "spots.tsv", "genes\tspot\nMBP\tAAAC-1\n")
    try write("direction.csv", "gene,domain,direction\nMBP,WM,lower\n")
    let scan = "gene\tshift_WM\tchanged_spots\tmean_embedding_shift\tgradient_x_input_WM\tmean_expression\n"
    try folder("one_gene", "genes.tsv", scan + "MBP\t-0.1\t3\t0.2\t0.1\t1\n")
    return [
      Input(fault: "a scan without domains", command: ["perturb", "markers", path("no_domains")]),
      Input(fault: "a scan with words for numbers", command: ["perturb", "markers", path("words_scan")]),
      Input(
        fault: "a marker of no known direction",
        command: ["perturb", "markers", path("one_gene"), "--markers", path("direction.csv")]),
      Input(
        fault: "edits that lack columns",
        command: ["perturb", "diff", path("edits"), path("edits"), "-o", path("difference")]),
      Input(
        fault: "a scan beside edits",
        command: ["perturb", "diff", path("one_gene"), path("edits"), "-o", path("difference")]),
      Input(
        fault: "a scan without signatures",
        command: ["perturb", "clusters", path("one_gene"), "-o", path("clusters.tsv")]),
    ]
  }

  // MARK: Slices whose content is wrong

  private func contents() throws -> [Input] {
    try write("no_x.h5ad") { $0.x = nil }
    try write("nowhere.h5ad") { $0.obsm.removeAll() }
    try write("flat.h5ad") {
      $0.obsm["spatial"] = .array(DenseArray(shape: [60], values: .float64(Array(repeating: 1, count: 60))))
    }
    try write("negative.h5ad") { try editCounts(&$0) { $0.values[$0.indptr[3]] = -2 } }
    try write("nan.h5ad") { try editCounts(&$0) { $0.values[$0.indptr[4]] = .nan } }
    try write("text.h5ad") {
      $0.x = .strings(StringArray(shape: [60, 80], values: Array(repeating: "a", count: 4800)))
    }
    try write("long.h5ad") {
      $0.obsm["X_pca"] = .array(DenseArray(shape: [61, 2], values: .float32(Array(repeating: 0, count: 122))))
    }
    try write("unlabelled.h5ad") {
      $0.obs["layer"] = .categorical(Categorical(codes: Array(repeating: -1, count: 60), categories: ["a"]))
    }
    try write("beyond.h5ad") { _ in }
    try edit("beyond.h5ad") { $0 = 4000 }
    return [
      Input(fault: "neither X nor a layer chosen", command: preprocess("no_x.h5ad")),
      Input(fault: "a layer that is not there", command: preprocess("whole.h5ad", "--layer", "spliced")),
      Input(fault: "no raw", command: preprocess("whole.h5ad", "--use-raw")),
      Input(fault: "no coordinates", command: preprocess("nowhere.h5ad")),
      Input(fault: "coordinates of one column", command: preprocess("flat.h5ad")),
      Input(fault: "no such column of labels", command: preprocess("whole.h5ad", "--label-key", "Layer")),
      Input(fault: "labels that are all missing", command: preprocess("unlabelled.h5ad", "--label-key", "layer")),
      Input(fault: "a negative count", command: preprocess("negative.h5ad")),
      Input(fault: "a count that is no number", command: preprocess("nan.h5ad")),
      Input(fault: "a matrix of text", command: preprocess("text.h5ad")),
      Input(fault: "an embedding of other spots", command: preprocess("long.h5ad")),
      Input(fault: "a column index beyond the genes", command: preprocess("beyond.h5ad")),
      Input(fault: "a slice that was not preprocessed", command: ["train", path("whole.h5ad"), "-o", path("r")]),
      Input(
        fault: "a gene that is not there",
        command: ["plot", "genes", path("whole.h5ad"), "--gene", "MOBPP", "-o", path("o.png")]),
      Input(
        fault: "a slice where a run belongs", command: ["report", path("whole.h5ad"), "-o", path("report.html")]),
      Input(fault: "a folder that is no finished run", command: ["report", path("run"), "-o", path("report.html")]),
    ]
  }

  /// Changes the first number of X/indices where the file has it.
  private func edit(_ name: String, _ change: (inout Int32) -> Void) throws {
    guard case .sparse(let matrix)? = try AnnData.read(path(name)).x else { return }
    var bytes = try readFile(path(name))
    let pattern = matrix.indices.prefix(64).withUnsafeBytes { Array($0) }
    guard let place = bytes.indices.dropLast(pattern.count).first(where: { bytes[$0...].starts(with: pattern) }) else {
      return
    }
    var index = matrix.indices[0]
    change(&index)
    withUnsafeBytes(of: index) { for k in 0..<4 { bytes[place + k] = $0[k] } }
    try write(name, bytes)
  }

  // MARK: Damage

  private func damage() throws -> [Input] {
    try slice.write(to: path("gzip.h5ad"), compression: .gzip(level: 4))
    let packed = try readFile(path("gzip.h5ad"))
    func damaged(_ name: String, at start: Int?, _ bytes: [UInt8]) throws {
      var copy = packed
      let start = try #require(start)
      copy.replaceSubrange(start..<start + bytes.count, with: bytes)
      try write(name, copy)
    }
    func first(_ pattern: [UInt8]) -> Int? { packed.indices.first { packed[$0...].starts(with: pattern) } }
    let stored = try slice.matrix().nonzeroCount
    let extent = withUnsafeBytes(of: (Int64(stored), Int64(stored))) { Array($0) }
    try damaged("chunk.h5ad", at: first([0x78, 0x5e]).map { $0 + 20 }, [UInt8](repeating: 0, count: 40))
    try damaged("heap.h5ad", at: first(Array("GCOL".utf8)).map { $0 + 8 }, [0xff, 0xff, 0xff])
    try damaged("tree.h5ad", at: first(Array("TREE".utf8) + [1]).map { $0 + 5 }, [99])
    // The root's header lies right behind the superblock.
    try damaged("header.h5ad", at: 96, [9])
    try damaged("shape.h5ad", at: first(extent).map { $0 + 6 }, [0x10])
    return [
      Input(fault: "a damaged chunk", command: preprocess("chunk.h5ad")),
      Input(fault: "a damaged heap of strings", command: preprocess("heap.h5ad")),
      Input(fault: "a damaged index of chunks", command: preprocess("tree.h5ad")),
      Input(fault: "a damaged object header", command: preprocess("header.h5ad")),
      Input(fault: "an array that claims 2^52 values", command: preprocess("shape.h5ad")),
    ]
  }

  // MARK: 10x and Visium

  private func matrices() throws -> [Input] {
    for name in ["v2.h5", "v3.h5"] {
      try write(name, try Inflater().inflate(try readFile(Fixtures.path("tenx/\(name).gz")), format: .gzip))
    }
    func market(
      _ name: String, matrix: String = "%%MatrixMarket matrix coordinate integer general\n3 2 3\n1 1 5\n3 1 1\n2 2 7\n",
      features: String = "E1\tA\tGene Expression\nE2\tB\tGene Expression\nE3\tC\tGene Expression\n",
      barcodes: String? = "AAA-1\nCCC-1\n"
    ) throws {
      try write(name + "/matrix.mtx", matrix)
      try write(name + "/features.tsv", features)
      if let barcodes { try write(name + "/barcodes.tsv", barcodes) }
    }
    let head = "%%MatrixMarket matrix coordinate integer general\n3 2 3\n"
    try market("no_barcodes", barcodes: nil)
    try market("short", features: "E1\tA\nE2\tB\n")
    try market("outside", matrix: head + "1 1 5\n4 1 1\n2 2 7\n")
    try market("banner", matrix: "3 2 3\n1 1 5\n3 1 1\n2 2 7\n")
    try market("fewer", matrix: head + "1 1 5\n3 1 1\n")
    try market("cut")
    let text = Array((head + "1 1 5\n3 1 1\n2 2 7\n").utf8)
    try FileManager.default.removeItem(atPath: path("cut/matrix.mtx"))
    try write("cut/matrix.mtx.gz", Array(try Deflater().deflate(text, format: .gzip).dropLast(12)))
    return [
      Input(fault: "several genomes", command: preprocess("v2.h5", "--no-graph")),
      Input(fault: "a genome that is not there", command: preprocess("v2.h5", "--no-graph", "--genome", "mm11")),
      Input(fault: "a flag that would do nothing", command: preprocess("whole.h5ad", "--genome", "mm10")),
      Input(fault: "no barcodes", command: preprocess("no_barcodes", "--no-graph")),
      Input(fault: "fewer features than rows", command: preprocess("short", "--no-graph")),
      Input(fault: "an entry outside the matrix", command: preprocess("outside", "--no-graph")),
      Input(fault: "no Matrix Market banner", command: preprocess("banner", "--no-graph")),
      Input(fault: "fewer entries than announced", command: preprocess("fewer", "--no-graph")),
      Input(fault: "a gzip file cut short", command: preprocess("cut", "--no-graph")),
    ]
  }

  private func folders() throws -> [Input] {
    func visium(_ name: String, _ change: (String) throws -> Void) throws {
      let source = Fixtures.path("tenx/visium2")
      for part in try FileManager.default.subpathsOfDirectory(atPath: source) {
        if PathKind(source + "/" + part) == .folder { continue }
        let bytes = try readFile(source + "/" + part)
        if part.hasSuffix(".h5.gz") {
          try write(name + "/" + part.dropLast(3), try Inflater().inflate(bytes, format: .gzip))
        } else {
          try write(name + "/" + part, bytes)
        }
      }
      try change(name + "/spatial/")
    }
    try visium("other_slide") { try write($0 + "tissue_positions.csv", "NNN-1,1,0,0,10,20\nMMM-1,1,0,2,10,30\n") }
    try visium("bad_line") { try write($0 + "tissue_positions.csv", "AACTCG-1,1,0,0,10,20\nAACGCG-1,yes,0,2,10,30\n") }
    try visium("twice") { try write($0 + "tissue_positions.csv", "AACTCG-1,1,0,0,10,20\nAACTCG-1,1,0,2,10,30\n") }
    try visium("no_json") { try write($0 + "scalefactors_json.json", "spot_diameter_fullres: 89.4") }
    try visium("parquet") {
      try FileManager.default.removeItem(atPath: path($0 + "tissue_positions.csv"))
      try write($0 + "tissue_positions.parquet", "PAR1xxxxPAR1")
    }
    return [
      Input(fault: "positions of another slide", command: preprocess("other_slide")),
      Input(fault: "a line that is no spot", command: preprocess("bad_line")),
      Input(fault: "a barcode with two positions", command: preprocess("twice")),
      Input(fault: "scale factors that are no JSON", command: preprocess("no_json")),
      Input(fault: "a damaged Parquet table", command: preprocess("parquet")),
    ]
  }
}
