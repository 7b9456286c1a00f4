import Images
import StomicsCore
import TestSupport
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite struct PNGTests {
  /// Noise, so that nothing is symmetric; `channels` as a PNG counts them.
  func noise(width: Int, height: Int, channels: Int) -> Image {
    var generator = SeededGenerator(seed: 7)
    var pixels = [UInt8]()
    for _ in 0..<width * height {
      let value = UInt8(truncatingIfNeeded: generator.next())
      if channels == 1 {
        pixels += [value, value, value, 255]
      } else {
        pixels += [value, UInt8(truncatingIfNeeded: generator.next()), 3]
        pixels.append(channels == 4 ? UInt8(truncatingIfNeeded: generator.next()) : 255)
      }
    }
    return Image(width: width, height: height, pixels: pixels)
  }

  @Test(
    "Grey, RGB and RGBA come back pixel for pixel, each in its own colour type", arguments: [(1, 0), (3, 2), (4, 6)])
  func roundTrip(channels: Int, colourType: UInt8) throws {
    let image = noise(width: 37, height: 11, channels: channels)
    let bytes = try image.pngBytes()
    #expect(bytes[24] == 8)
    #expect(bytes[25] == colourType)
    #expect(try Image(png: bytes) == image)
  }

  @Test("Text and resolution stand in the file, and the picture still reads") func text() throws {
    let entries = [
      PNGText(keyword: "Software", text: "stomics 1"), PNGText(keyword: "Description", text: "Schicht 1–6, µm, 脳"),
    ]
    let image = noise(width: 5, height: 4, channels: 3)
    let bytes = try image.pngBytes(text: entries, dotsPerInch: 300)
    #expect(PNGText.entries(ofPNG: bytes) == entries)
    #expect(try Image(png: bytes) == image)
    #expect(bytes[37..<41].elementsEqual("pHYs".utf8))
    #expect(bytes[41..<45].elementsEqual([0, 0, 0x2E, 0x23]))  // 11811 pixels a metre
    #expect(throws: PNGError.self) { try image.pngBytes(text: [PNGText(keyword: "", text: "x")]) }
  }

  @Test("Two encodings of one picture have the same bytes") func deterministic() throws {
    let image = noise(width: 64, height: 64, channels: 3)
    #expect(try image.pngBytes() == image.pngBytes())
  }

  @Test("Bytes that are no PNG, cut or damaged are errors that name the file") func damaged() throws {
    let bytes = try noise(width: 40, height: 40, channels: 3).pngBytes()
    #expect(throws: PNGError.notPNG(file: "a.png", firstBytes: [])) { try Image(png: [], name: "a.png") }
    #expect(throws: PNGError.notPNG(file: "a.png", firstBytes: [0xFF, 0xD8, 0xFF])) {
      try Image(png: [0xFF, 0xD8, 0xFF], name: "a.png")
    }
    for length in [8, 20, 33, 60, bytes.count / 2] {
      #expect(throws: PNGError.self) { try Image(png: Array(bytes.prefix(length)), name: "a.png") }
    }
    var flipped = bytes
    flipped[29] ^= 1  // the header's CRC
    #expect(throws: PNGError.self) { try Image(png: flipped, name: "a.png") }
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<200 {  // whatever stands in the file: a picture or an error, never a crash
      var random = bytes
      for _ in 0..<4 { random[8 + generator.integer(below: bytes.count - 8)] = UInt8(generator.integer(below: 256)) }
      do {
        let image = try Image(png: random, name: "a.png")
        #expect(image.pixels.count == image.width * image.height * 4)
      } catch let error as PNGError {
        #expect(error.description.hasPrefix("a.png"))
      }
    }
  }

  @Test("A size that the bytes cannot hold is refused before memory is taken") func falseSize() throws {
    var bytes = try noise(width: 4, height: 4, channels: 3).pngBytes()
    bytes.replaceSubrange(16..<24, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])  // 16384 x 16384
    #expect(throws: PNGError.sizeNotInFile(file: "a", width: 16384, height: 16384, bytes: bytes.count)) {
      try Image(png: bytes, name: "a")
    }
    bytes.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
    #expect(throws: PNGError.tooLarge(file: "a", width: 0x7FFF_FFFF, height: 0x7FFF_FFFF, limit: 1 << 28)) {
      try Image(png: bytes, name: "a")
    }
  }

  @Test("A file that is missing or may not be written is a file error") func files() throws {
    #expect(throws: FileError.self) { try Image(pngFile: "/no/such.png") }
    #expect(throws: FileError.self) { try noise(width: 2, height: 2, channels: 3).writePNG(to: "/no/such/a.png") }
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let image = noise(width: 9, height: 2, channels: 4)
    try image.writePNG(to: folder + "/a.png")
    #expect(try Image(pngFile: folder + "/a.png") == image)
  }

  @Test("The tissue image of a Visium slice reads", .enabled(if: realTissueImage != nil)) func realImage() throws {
    let image = try Image(pngFile: try #require(realTissueImage))
    #expect(max(image.width, image.height) == 600)
  }
}

private let realTissueImage = Fixtures.realData("dlpfc/spatial-151673/tissue_lowres_image.png")

@Suite struct ImageTests {
  /// a b c
  /// d e f
  let letters: Image = {
    var image = Image(width: 3, height: 2, red: 0, green: 0, blue: 0)
    for y in 0..<2 {
      for x in 0..<3 { image[x, y] = SIMD4(UInt8(97 + y * 3 + x), 0, 0, 255) }
    }
    return image
  }()

  func rows(_ image: Image) -> [String] {
    (0..<image.height).map { y in
      String(decoding: (0..<image.width).map { image[$0, y][0] }, as: UTF8.self)
    }
  }

  @Test("Mirroring and quarter turns move pixels where they should, and points with them") func orientation() {
    #expect(rows(letters.oriented(Orientation(mirrored: true, quarterTurns: 0))) == ["cba", "fed"])
    #expect(rows(letters.oriented(Orientation(mirrored: false, quarterTurns: 1))) == ["da", "eb", "fc"])
    #expect(rows(letters.oriented(Orientation(mirrored: false, quarterTurns: 2))) == ["fed", "cba"])
    #expect(rows(letters.oriented(Orientation(mirrored: false, quarterTurns: -1))) == ["cf", "be", "ad"])
    #expect(rows(letters.oriented(Orientation(mirrored: true, quarterTurns: 2))) == ["def", "abc"])
    for turns in 0..<4 {
      for mirrored in [false, true] {
        let orientation = Orientation(mirrored: mirrored, quarterTurns: turns)
        let turned = letters.oriented(orientation)
        for y in 0..<2 {
          for x in 0..<3 {
            let point = orientation.apply(SIMD2(Double(x) + 0.5, Double(y) + 0.5), width: 3, height: 2)
            #expect(turned[Int(point.x), Int(point.y)] == letters[x, y])
          }
        }
      }
    }
  }

  @Test("Cropping takes the named part") func crop() {
    #expect(rows(letters.cropped(columns: 1..<3, rows: 1..<2)) == ["ef"])
  }

  @Test("Reducing averages blocks, by their alpha") func reduce() {
    var image = Image(width: 3, height: 2, red: 10, green: 20, blue: 30)
    image[0, 0] = SIMD4(50, 20, 30, 255)
    image[2, 0] = SIMD4(200, 200, 200, 0)
    let small = image.reduced(by: 2)
    #expect(small.width == 2 && small.height == 1)
    #expect(small[0, 0] == SIMD4(20, 20, 30, 255))
    #expect(small[1, 0] == SIMD4(10, 20, 30, 128))
  }
}
