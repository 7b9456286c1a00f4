import AnnData
import Foundation
import Images
import OrderedCollections
import StomicsCore
import TestSupport
import Testing

@testable import StomicsCLI

@Suite("image-features")
struct ImageFeaturesCommandTests {
  private let slice: SmallSlice
  private let out: String

  init() throws {
    slice = try SmallSlice(image: true)
    out = slice.folder + "/out.h5ad"
  }

  private func arguments(_ more: String...) -> [String] { arguments(more) }
  private func arguments(_ more: [String]) -> [String] { ["image-features", slice.path, "-o", out] + more }

  private func matrix(_ key: String = "X_image", _ file: String? = nil) throws -> DenseArray {
    guard case .array(let array)? = try AnnData.read(file ?? out).obsm[key] else {
      Issue.record("no obsm/\(key)")
      return DenseArray(shape: [0], values: .float32([]))
    }
    return array
  }

  private func record(_ key: String = "X_image") throws -> OrderedDictionary<String, Element> {
    guard case .dictionary(let records)? = try AnnData.read(out).uns["image_features"],
      case .dictionary(let record)? = records[key]
    else {
      Issue.record("no uns/image_features/\(key)")
      return [:]
    }
    return record
  }

  /// A changed copy of the slice.
  private func changed(_ name: String, _ change: (inout AnnData) throws -> Void) throws -> String {
    var adata = try AnnData.read(slice.path)
    try change(&adata)
    let path = slice.folder + "/" + name
    try adata.write(to: path)
    return path
  }

  /// Edits the only library under uns/spatial.
  private func editLibrary(
    _ adata: inout AnnData, _ edit: (inout OrderedDictionary<String, Element>) -> Void
  ) throws {
    guard case .dictionary(var libraries)? = adata.uns["spatial"], let name = libraries.keys.first,
      case .dictionary(var library)? = libraries[name]
    else {
      Issue.record("no library")
      return
    }
    edit(&library)
    libraries[name] = .dictionary(library)
    adata.uns["spatial"] = .dictionary(libraries)
  }

  @Test("50 named features a spot from the hires image, standardised, on which img_expr and multimodal train")
  func endToEnd() throws {
    let outcome = succeed(arguments())
    #expect(outcome.output.contains("obsm/X_image, 200 spots x 50 features of the image 'hires'"), "\(outcome.output)")
    #expect(outcome.errors.contains("--image takes another"))
    let features = try matrix()
    #expect(features.shape == [200, 50])
    let values = features.values.doubles
    for j in 0..<50 {
      let column = (0..<200).map { values[$0 * 50 + j] }
      let mean = column.reduce(0, +) / 200
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 200
      #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-4, "column \(j)")
    }
    let record = try record()
    guard case .strings(let names)? = record["names"] else {
      Issue.record("no names")
      return
    }
    #expect(names.values.count == 50 && names.values.first == "scale-1_colour_red_mean")
    #expect(names.values.last == "scale-1_texture_ASM_angle-135" && record["stain_vectors"] != nil)
    // Everything else is passed on.
    let before = try AnnData.read(slice.path)
    var after = try AnnData.read(out)
    after.obsm["X_image"] = nil
    after.uns["image_features"] = nil
    #expect(before.obs == after.obs && before.x == after.x && before.obsm == after.obsm && before.uns == after.uns)
    for mode in ["img_expr", "multimodal"] {
      let run = slice.folder + "/" + mode
      succeed(["train", out, "-o", run, "--mode", mode, "--image-features", "obsm:X_image"] + SmallSlice.quick)
      succeed(["predict", run, out, "-o", slice.folder + "/predicted.h5ad", "-q"])
    }
  }

  @Test("the same file for 1 and 4 threads; raw features are what was standardised")
  func threads() throws {
    succeed(arguments("--threads", "1", "--stain", "estimated", "--patch-diameters", "1,2.5"))
    let one = try slice.bytes("out.h5ad")
    succeed(arguments("--threads", "4", "--stain", "estimated", "--patch-diameters", "1, 2.5"))
    #expect(try slice.bytes("out.h5ad") == one)
    let standardised = try matrix().values.doubles
    guard case .array(let means)? = try record()["means"], case .array(let deviations)? = try record()["stds"] else {
      Issue.record("no means")
      return
    }
    succeed(arguments("--no-standardise", "--stain", "estimated", "--patch-diameters", "1,2.5"))
    let raw = try matrix()
    #expect(raw.shape == [200, 100])
    #expect(try record()["means"] == nil)
    let back = standardised.indices.map { place in
      standardised[place] * deviations.values.doubles[place % 100] + means.values.doubles[place % 100]
    }
    for j in 0..<100 {
      expectClose(
        stride(from: j, to: back.count, by: 100).map { back[$0] },
        stride(from: j, to: back.count, by: 100).map { raw.values.doubles[$0] }, relative: 1e-5, "column \(j)")
    }
  }

  @Test("an image by name, from a PNG, and at another scale say the same of the same pixels") func images() throws {
    succeed(arguments("--image", "hires", "--no-standardise"))
    let expected = try matrix()
    let tissue = try #require(try AnnData.read(slice.path).tissueImage())
    let png = slice.folder + "/slide.png"
    try #require(Image(tissue)).writePNG(to: png)
    succeed(arguments("--image-file", png, "--scale-factor", "\(tissue.scale)", "--no-standardise"))
    #expect(try matrix() == expected)
    // Coordinates in pixels of the image itself: the factor is 1.
    let scaled = try changed("scaled.h5ad") { adata in
      let points = try adata.coordinates().flatMap { [$0.x * tissue.scale, $0.y * tissue.scale] }
      adata.obsm["pixels"] = .array(DenseArray(shape: [200, 2], values: .float64(points)))
    }
    let diameter = try #require(tissue.spotDiameterFullres) * tissue.scale
    succeed([
      "image-features", scaled, "-o", out, "--image-file", png, "--spatial-key", "pixels", "--spot-diameter",
      "\(diameter)", "--no-standardise",
    ])
    #expect(try matrix() == expected)
    succeed(arguments("--image", "lowres", "--no-standardise", "--json"))
    #expect(try matrix() != expected)
    // Transparent is white, whatever colour lies under it.
    let clear = slice.folder + "/clear.png"
    var picture = Image(width: 40, height: 40, red: 0, green: 0, blue: 0, alpha: 0)
    picture[0, 0] = SIMD4(0, 0, 0, 255)
    try picture.writePNG(to: clear)
    let spread = "\(20 / (try AnnData.read(slice.path).coordinates().map { max($0.x, $0.y) }.max() ?? 1))"
    succeed(
      arguments("--image-file", clear, "--scale-factor", spread, "--features", "colour", "--no-standardise")
        + ["--spot-diameter", "\(3 / (Double(spread) ?? 1))"])
    #expect(try matrix().values.doubles.max() == 1)
  }

  @Test("x is the column and y the row of the image, each spot in its own row of the matrix") func axes() throws {
    // Red counts columns, green rows.
    var picture = Image(width: 250, height: 250, red: 0, green: 0, blue: 0)
    for y in 0..<250 {
      for x in 0..<250 { picture[x, y] = SIMD4(UInt8(x), UInt8(y), 0, 255) }
    }
    let png = slice.folder + "/ramp.png"
    try picture.writePNG(to: png)
    let points = try AnnData.read(slice.path).coordinates()
    let scale = 240 / (points.map { max($0.x, $0.y) }.max() ?? 1)
    succeed(
      arguments("--image-file", png, "--scale-factor", "\(scale)", "--spot-diameter", "\(4 / scale)")
        + ["--features", "colour", "--no-standardise"])
    let values = try matrix().values.doubles
    for (i, point) in points.enumerated() {
      // The mean of 4 pixels lies half a pixel before the patch's middle, which is at most another half away.
      #expect(abs(values[i * 15] * 255 + 0.5 - point.x * scale) <= 0.51)
      #expect(abs(values[i * 15 + 5] * 255 + 0.5 - point.y * scale) <= 0.51)
    }
  }

  @Test("chosen features, key and an older key") func choices() throws {
    succeed(arguments("--features", "texture, colour", "--key", "X_he"))
    #expect(try matrix("X_he").shape == [200, 35])
    #expect(try record("X_he")["stain"] == nil)
    let again = ["image-features", out, "-o", out, "--key", "X_he", "--features", "stain"]
    let refused = Stomics.run(again)
    #expect(refused.exitCode == 64 && refused.errors.contains("--overwrite"))
    succeed(again + ["--overwrite"])
    succeed(["image-features", out, "-o", out])
    let shapes = (try matrix("X_he").shape, try matrix().shape)
    #expect(shapes == ([200, 15], [200, 50]))
    let records = (try record("X_he"), try record())
    #expect(!records.0.isEmpty && !records.1.isEmpty)
    // One file with several libraries.
    let two = try changed("two.h5ad") { adata in
      guard case .dictionary(var libraries)? = adata.uns["spatial"] else { return }
      libraries["other"] = libraries.values.first
      adata.uns["spatial"] = .dictionary(libraries)
    }
    let unclear = Stomics.run(["image-features", two, "-o", out])
    #expect(unclear.exitCode == 65 && unclear.errors.contains("other. Name one with --library"), "\(unclear.errors)")
    succeed(["image-features", two, "-o", out, "--library", "other"])
    let unknown = Stomics.run(["image-features", two, "-o", out, "--library", "mine"])
    #expect(unknown.exitCode == 65 && unknown.errors.contains("'mine' not found in /uns/spatial"))
  }

  @Test("spots outside of the image are counted, with the likely cause, or dropped") func outside() throws {
    func moved(_ name: String, _ move: (Int, SIMD2<Double>) -> SIMD2<Double>) throws -> String {
      try changed(name) { adata in
        let points = try adata.coordinates().enumerated().flatMap { i, point in
          let there = move(i, point)
          return [there.x, there.y]
        }
        adata.obsm["spatial"] = .array(DenseArray(shape: [200, 2], values: .float64(points)))
      }
    }
    let far = try moved("far.h5ad") { i, point in i < 3 ? point + SIMD2(1e6, 0) : point }
    let refused = Stomics.run(["image-features", far, "-o", out])
    #expect(refused.exitCode == 65 && refused.errors.contains("3 of 200 spots lie outside"), "\(refused.errors)")
    #expect(refused.errors.contains("--outside drop leaves") && !FileManager.default.fileExists(atPath: out))
    let dropped = succeed(["image-features", far, "-o", out, "--outside", "drop"])
    #expect(dropped.output.contains("197 spots x 50") && dropped.output.contains("3 spots outside"))
    let names = try AnnData.read(slice.path).obs.index.dropFirst(3)
    #expect(try AnnData.read(out).obs.index == Array(names))
    let lost = try moved("lost.h5ad") { i, point in i == 7 ? SIMD2(.nan, 1) : point }
    let notFinite = Stomics.run(["image-features", lost, "-o", out])
    #expect(notFinite.exitCode == 65 && notFinite.errors.contains("1 of the 200 spots of \(lost) have coordinates"))
    let none = Stomics.run(arguments("--scale-factor", "100", "--outside", "drop"))
    #expect(none.exitCode == 65 && none.errors.contains("Is the scale factor that of another image"), "\(none.errors)")
    // A wide image, and spots along its width given as rows.
    let png = slice.folder + "/wide.png"
    try Image(width: 300, height: 20, red: 200, green: 150, blue: 180).writePNG(to: png)
    let turned = try moved("turned.h5ad") { i, _ in SIMD2(Double(i % 20), Double(i)) }
    let exchanged = Stomics.run(["image-features", turned, "-o", out, "--image-file", png, "--spot-diameter", "3"])
    #expect(exchanged.exitCode == 65 && exchanged.errors.contains("x and y exchanged"), "\(exchanged.errors)")
  }

  @Test("what is missing or makes no sense is said, and nothing is written") func refused() throws {
    func expect(_ file: String, _ flags: [String], _ words: String, code: Int32 = 65) {
      let outcome = Stomics.run(["image-features", file, "-o", slice.folder + "/no.h5ad"] + flags)
      #expect(outcome.exitCode == code, "\(words): \(outcome)")
      #expect(outcome.errors.contains(words), "\(words): \(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: slice.folder + "/no.h5ad"))
    }
    expect(slice.path, ["--image", "highres"], "'highres' not found in /uns/spatial/")
    expect(slice.path, ["--image", "hires", "--image-file", "a.png"], "exclude each other", code: 64)
    expect(slice.path, ["--image-file", slice.folder + "/absent.png"], "absent.png", code: 74)
    expect(slice.path, ["--image-file", slice.path], "not a PNG image")
    expect(slice.path, ["--patch-diameters", "0.001"], "pixels wide in the image 'hires'")
    expect(slice.path, ["--spot-diameter", "1e9"], "more than any image")
    for list in ["1,1", "0", "x", ",", "-1", "nan"] {
      expect(slice.path, ["--patch-diameters=" + list], "--patch-diameters names", code: 64)
    }
    expect(slice.path, ["--features", "colour,shape"], "--features names 'shape'", code: 64)
    expect(slice.path, ["--features", "colour", "--stain", "estimated"], "--features leaves stain out", code: 64)
    expect(slice.path, ["--scale-factor=-1"], "--scale-factor is -1.0", code: 64)
    expect(slice.path, ["--spot-diameter=nan"], "--spot-diameter is nan", code: 64)
    expect(slice.path, ["--key", "a/b"], "without a slash", code: 64)
    expect(slice.path, ["--spatial-key", "X_pca"], "how large its spots are")
    expect(slice.path, ["--spatial-key", "places"], "'places' not found in /obsm")
    expect(slice.path, ["--genome", "mm10"], "--genome has no effect", code: 64)
    let bare = try changed("bare.h5ad") { $0.uns["spatial"] = nil }
    expect(bare, [], "'spatial' not found in /uns")
    let sizeless = try changed("sizeless.h5ad") { adata in
      try editLibrary(&adata) { library in
        guard case .dictionary(var factors)? = library["scalefactors"] else { return }
        factors["spot_diameter_fullres"] = nil
        factors["tissue_lowres_scalef"] = nil
        library["scalefactors"] = .dictionary(factors)
      }
    }
    expect(sizeless, [], "spot_diameter_fullres")
    expect(sizeless, ["--image", "lowres"], "'tissue_lowres_scalef' not found")
    succeed(["image-features", sizeless, "-o", out, "--spot-diameter", "100"])
    let zero = try changed("zero.h5ad") { adata in
      try editLibrary(&adata) { library in
        guard case .dictionary(var factors)? = library["scalefactors"] else { return }
        factors["tissue_hires_scalef"] = .scalar(.float64([0]))
        library["scalefactors"] = .dictionary(factors)
      }
    }
    expect(zero, [], "scale factor 0.0")
    let odd = try changed("odd.h5ad") { adata in
      try editLibrary(&adata) { library in
        library["images"] = .dictionary([
          "hires": .array(DenseArray(shape: [0, 5, 3], values: .uint8([]))), "words": .string("none"),
          "grey": .array(DenseArray(shape: [2, 2], values: .uint8([1, 2, 3, 4]))),
        ])
      }
    }
    expect(odd, [], "has no pixels")
    expect(odd, ["--image", "grey", "--scale-factor", "1"], "images/grey of")
    expect(odd, ["--image", "words", "--scale-factor", "1"], "is a string where an image")
    let empty = try changed("empty.h5ad") { adata in
      var dropped = [String]()
      adata = adata.subset(observations: [], dropped: &dropped)
    }
    expect(empty, ["--stain", "estimated"], "has no spots")
    // No tissue to estimate stains from.
    let white = slice.folder + "/white.png"
    try Image(width: 3000, height: 3000, red: 250, green: 250, blue: 250).writePNG(to: white)
    let scale = "\((try AnnData.read(slice.path).tissueImage())?.scale ?? 1)"
    expect(
      slice.path, ["--image-file", white, "--scale-factor", scale, "--stain", "estimated"], "stained pixels under")
  }
}
