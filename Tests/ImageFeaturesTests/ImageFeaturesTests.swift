import Images
import StomicsCore
import TestSupport
import Testing

@testable import ImageFeatures

/// Reference values of scikit-image and squidpy: `scripts/golden/image_features.py`.
@Suite("Image features")
struct ImageFeaturesTests {
  private let golden: Golden
  private let image: Image
  private let centres: [SIMD2<Double>]

  init() throws {
    let golden = try Golden.load(Fixtures.path("images/skimage.safetensors"))
    let picture = golden["picture"]
    self.golden = golden
    image = Self.image(picture.ints.map(UInt8.init), width: picture.shape[1], height: picture.shape[0])
    centres = stride(from: 0, to: golden["centres"].doubles.count, by: 2).map {
      SIMD2(golden["centres"].doubles[$0], golden["centres"].doubles[$0 + 1])
    }
  }

  private static func image(_ rgb: [UInt8], width: Int, height: Int) -> Image {
    var pixels = [UInt8]()
    for start in stride(from: 0, to: rgb.count, by: 3) { pixels += rgb[start..<start + 3] + [255] }
    return Image(width: width, height: height, pixels: pixels)
  }

  private func options(_ sides: Int...) -> ImageFeatureOptions {
    ImageFeatureOptions(scales: sides.map { ImageFeatureOptions.Scale(name: "\($0)", side: $0) })
  }

  /// The column of a feature, whose names are one a column.
  private func column(_ name: String, _ options: ImageFeatureOptions) throws -> Int {
    try #require(options.names.firstIndex(of: name))
  }

  @Test("amounts of stain are rgb2hed's, black, white and pure colours too") func stains() {
    let expected = golden["hed"].doubles
    var found = [Double]()
    for y in 0..<image.height {
      for x in 0..<image.width {
        let amounts = Stains.standard.amounts(red: image[x, y][0], green: image[x, y][1], blue: image[x, y][2])
        found += [amounts[0], amounts[1], amounts[2]]
      }
    }
    expectClose(found, expected, relative: 1e-12, "hed")
  }

  @Test("grey levels are rgb2gray's, in bytes; halves go to the even level") func grey() {
    let found = (0..<image.width * image.height).map { place in
      greyLevel(image.pixels[4 * place], image.pixels[4 * place + 1], image.pixels[4 * place + 2])
    }
    #expect(found.map(Int.init) == golden["grey"].ints)
    #expect((0...255).allSatisfy { Int(greyLevel(UInt8($0), UInt8($0), UInt8($0))) == $0 })
    // 2125 * 40 + 7154 * 0 + 721 * 0 = 85,000: 8.5.
    #expect(greyLevel(40, 0, 0) == 8 && greyLevel(120, 0, 0) == 26)
  }

  @Test(
    "features are scikit-image's of patches of every size, cut at the border or beyond it", arguments: [1, 4, 9, 25])
  func patches(side: Int) throws {
    let spots = golden["spots_\(side)"].ints
    let inside = centres.indices.filter {
      Patch(around: centres[$0], side: side, width: image.width, height: image.height) != nil
    }
    #expect(inside == spots)
    let options = options(side)
    let found = imageFeatures(of: image, at: spots.map { centres[$0] }, options: options)
    let expected = golden["features_\(side)"]
    #expect(expected.shape == [found.rows, found.columns] && options.names.count == found.columns)
    // Each column by itself: contrast is in the thousands, an amount of stain in hundredths. Float holds 7 digits.
    for j in 0..<found.columns {
      expectClose(
        (0..<found.rows).map { Double(found[$0, j]) },
        (0..<found.rows).map { expected.doubles[$0 * found.columns + j] }, relative: 2e-7, options.names[j])
    }
  }

  @Test("of the whole picture, features are squidpy's summary and texture") func squidpy() throws {
    let names = try #require(golden.metadata["squidpy_names"]).split(separator: ",").map(String.init)
    let values = Dictionary(uniqueKeysWithValues: zip(names, golden["squidpy"].doubles))
    let side = 200
    let options = options(side)
    let row = imageFeatures(of: image, at: [SIMD2(20, 20)], options: options)
    func expect(_ name: String, _ theirs: String) throws {
      let value = try #require(values[theirs], "\(theirs) of \(names)")
      expectClose([Double(row[0, try column("scale-200_" + name, options)])], [value], relative: 2e-7, name)
    }
    for (channel, name) in ["red", "green", "blue"].enumerated() {
      for statistic in Statistics.names {
        try expect("colour_\(name)_\(statistic)", "summary_ch-\(channel)_\(statistic)")
      }
    }
    for property in Texture.properties {
      for (degrees, radians) in [(0, "0.00"), (45, "0.79"), (90, "1.57"), (135, "2.36")] {
        try expect("texture_\(property)_angle-\(degrees)", "texture_ch-0_\(property)_dist-1_angle-\(radians)")
      }
    }
  }

  @Test("the slide's own stains are Macenko's, and pixels come apart with them") func macenko() throws {
    let whole = try #require(Patch(around: SIMD2(26, 18), side: 100, width: image.width, height: image.height))
    let stains = try Stains.estimated(from: image, in: whole)
    expectClose(stains.vectors.flatMap { $0 }, golden["macenko"].doubles, relative: 1e-9, "stain vectors")
    let found = (0..<image.width * image.height).flatMap { place in
      let amounts = stains.amounts(
        red: image.pixels[4 * place], green: image.pixels[4 * place + 1], blue: image.pixels[4 * place + 2])
      return [amounts[0], amounts[1], amounts[2]]
    }
    expectClose(found, golden["macenko_amounts"].doubles, relative: 1e-9, "amounts")
    // Haematoxylin absorbs more red.
    #expect(stains.vectors[0][0] > stains.vectors[1][0])
  }

  @Test("stains cannot be told from white, from one colour or from grey") func noStains() throws {
    func fails(_ picture: Image, _ error: ImageFeatureError) throws {
      let whole = try #require(Patch(around: SIMD2(16, 16), side: 64, width: picture.width, height: picture.height))
      #expect(throws: error) { try Stains.estimated(from: picture, in: whole, name: "p") }
    }
    try fails(
      Image(width: 32, height: 32, red: 250, green: 250, blue: 250),
      .tooFewStainedPixels(found: 0, needed: 100, image: "p"))
    try fails(Image(width: 32, height: 32, red: 180, green: 90, blue: 140), .oneStain(image: "p"))
    let ramp = (0..<32 * 32).flatMap { (place: Int) in [UInt8](repeating: UInt8(20 + place % 150), count: 3) }
    try fails(Self.image(ramp, width: 32, height: 32), .oneStain(image: "p"))
  }

  @Test("columns are x and rows are y: a picture turned over changes texture as it should") func axes() throws {
    // Stripes that change along x only.
    let stripes = Self.image(
      (0..<20 * 10).flatMap { (place: Int) in [UInt8](repeating: place % 2 == 0 ? 0 : 200, count: 3) }, width: 20,
      height: 10)
    let options = options(6)
    let row = imageFeatures(of: stripes, at: [SIMD2(15, 4)], options: options)
    #expect(row[0, try column("scale-6_texture_contrast_angle-0", options)] == 40_000)
    #expect(row[0, try column("scale-6_texture_contrast_angle-90", options)] == 0)
    let turned = stripes.oriented(Orientation(mirrored: false, quarterTurns: 1))
    let other = imageFeatures(of: turned, at: [SIMD2(6, 15)], options: options)
    #expect(other[0, try column("scale-6_texture_contrast_angle-90", options)] == 40_000)
    #expect(other[0, try column("scale-6_texture_contrast_angle-0", options)] == 0)
  }

  @Test("a patch of one colour has no spread, one pixel has no pairs") func limits() throws {
    let plain = Image(width: 9, height: 9, red: 51, green: 102, blue: 204)
    for side in [1, 5] {
      let options = options(side)
      let row = imageFeatures(of: plain, at: [SIMD2(4, 4)], options: options)
      func value(_ name: String) throws -> Float { row[0, try column("scale-\(side)_" + name, options)] }
      #expect(try value("colour_red_mean") == 0.2)
      #expect(try value("colour_red_std") == 0)
      #expect(try value("colour_blue_quantile-0.9") == 0.8)
      #expect(try value("texture_contrast_angle-45") == 0)
      #expect(try value("texture_correlation_angle-45") == 1)
      #expect(try value("texture_ASM_angle-0") == (side == 1 ? 0 : 1))
    }
  }

  @Test("statistics of numbers in any order are those of the sorted ones, ties and sawteeth too") func quantiles() {
    var generator = SeededGenerator(seed: 4)
    for count in [1, 2, 3, 10, 11, 250, 3000] {
      let orders: [[Double]] = [
        (0..<count).map { _ in generator.uniform() }, (0..<count).map { Double($0) },
        (0..<count).map { Double(count - $0) }, (0..<count).map { Double($0 % 3) },
        (0..<count).map { Double(min($0, count - $0)) }, [Double](repeating: 0.25, count: count),
      ]
      for values in orders {
        var scratch = values
        let found = Statistics.of(&scratch)
        let sorted = values.sorted()
        #expect(Array(found[2...]) == [0.1, 0.5, 0.9].map { quantile(sorted, $0) }, "\(count) values")
        #expect(scratch.sorted() == sorted)
      }
    }
  }

  @Test("a patch of millions of pixels does not overflow its sums") func largePatch() throws {
    var bright = Image(width: 3600, height: 3600, red: 255, green: 255, blue: 255)
    for x in 0..<3600 { bright[x, 5] = SIMD4(0, 0, 0, 255) }
    var options = options(3600)
    options.groups = [.colour, .texture]
    let row = imageFeatures(of: bright, at: [SIMD2(1800, 1800)], options: options)
    let share = 1 / 3600.0
    let deviation = (share * (1 - share)).squareRoot()
    expectClose(
      [Double(row[0, try column("scale-3600_colour_red_std", options)])], [deviation], relative: 1e-6, "deviation")
    #expect(row[0, try column("scale-3600_texture_correlation_angle-0", options)] == 1)
    expectClose(
      [Double(row[0, try column("scale-3600_texture_contrast_angle-90", options)])], [2 * 65025 / 3599.0],
      relative: 1e-6, "contrast")
  }

  @Test("patches keep to whole pixels and to the image") func geometry() {
    func patch(_ x: Double, _ y: Double, _ side: Int) -> Patch? {
      Patch(around: SIMD2(x, y), side: side, width: 10, height: 6)
    }
    #expect(patch(5, 3, 4)?.columns == 3..<7 && patch(5, 3, 4)?.rows == 1..<5)
    #expect(patch(5.4, 3.4, 1)?.columns == 5..<6)
    #expect(patch(9.5, 5.5, 3)?.columns == 8..<10 && patch(9.5, 5.5, 3)?.rows == 4..<6)
    #expect(patch(-2, 3, 4) == nil && patch(-1.4, 3, 4)?.columns == 0..<1)
    #expect(patch(12, 3, 4) == nil && patch(5, 8.6, 4) == nil)
    #expect(patch(.nan, 3, 4) == nil && patch(5, .infinity, 4) == nil && patch(1e300, 3, 4) == nil)
    #expect(patch(5, 3, 4)?.union(patch(9.5, 5.5, 3) ?? patch(5, 3, 4)!).columns == 3..<10)
  }

  @Test("the same bytes for any number of threads; groups and scales stand side by side") func threads() {
    let spots = (0..<300).map { (i: Int) -> SIMD2<Double> in
      let (x, y) = (i * 7 % 53, i * 11 % 37)
      return SIMD2(Double(x), Double(y) + 0.3)
    }
    let many = options(3, 12)
    let before = Threads.count
    defer { Threads.count = before }
    Threads.count = 1
    let one = imageFeatures(of: image, at: spots, options: many)
    Threads.count = 4
    #expect(imageFeatures(of: image, at: spots, options: many) == one)
    #expect(one.columns == 100 && Set(many.names).count == 100)
    var stainOnly = options(12)
    stainOnly.groups = [.stain]
    let part = imageFeatures(of: image, at: spots, options: stainOnly)
    let columns = stainOnly.names.compactMap { many.names.firstIndex(of: $0) }
    #expect(columns.count == 15)
    for i in [0, 150, 299] {
      #expect(Array(part.row(i)) == columns.map { one[i, $0] })
    }
  }
}
