import StomicsCore

/// Does damage to the bytes of one file.
struct Mutator {
  private(set) var bytes: [UInt8]
  private(set) var history: [String] = []
  private let other: [UInt8]
  private let map: StructureMap
  private let format: Kind.Format
  private var random: SeededGenerator
  /// Bytes were inserted or removed: what the map says of places no longer holds.
  private var isShifted = false

  init(_ file: SeedFile, other: SeedFile, format: Kind.Format, seed: UInt64) {
    bytes = file.bytes
    self.other = other.bytes
    map = file.map
    self.format = format
    random = SeededGenerator(seed: seed, stream: file.digest)
  }

  /// One to four pieces of damage of one strategy; then, mostly, the checksums are made right again.
  mutating func run() {
    let strategy = random.integer(below: 100)
    let isText = format == .text || (format == .safetensors && strategy < 35)
    for _ in 0...random.integer(below: 4) where !bytes.isEmpty {
      if isText {
        damageText()
      } else if strategy < 45 && !map.places.isEmpty {
        damageStructure()
      } else if strategy < 80 || (format == .text && strategy < 90) {
        damageField(at: map.guarded + random.integer(below: max(1, bytes.count - map.guarded)))
      } else if strategy < 96 {
        damageBlock()
      } else {
        truncate()
        break
      }
    }
    if !isShifted && random.integer(below: 4) > 0 {
      let repaired = map.repair(&bytes)
      if repaired > 0 { history.append("\(repaired) checksums made right") }
    }
  }

  // MARK: Places

  /// In or shortly behind the head of a structure.
  private mutating func damageStructure() {
    let place = map.places[random.integer(below: map.places.count)]
    // Small distances are likelier: heads are short.
    let reach = 1 << (2 + random.integer(below: 9))
    damageField(at: place + random.integer(below: reach))
  }

  /// A number of 1, 2, 4 or 8 bytes, or a bit.
  private mutating func damageField(at wanted: Int) {
    guard !bytes.isEmpty else { return }
    let place = min(max(0, wanted), bytes.count - 1)
    let width = 1 << random.integer(below: 4)
    let start = max(0, min(place / width * width, bytes.count - width))
    let end = min(bytes.count, start + width)
    let before = Array(bytes[start..<end])
    switch random.integer(below: 4) {
    case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: bytes[place] = UInt8(random.integer(below: 256))
    case 2:
      let value = number(start..<end)
      put(value &+ UInt64(bitPattern: Int64(random.integer(below: 9) - 4)), at: start..<end)
    default: put(interesting(), at: start..<end)
    }
    history.append("\(hex(before)) to \(hex(Array(bytes[start..<end]))) at \(start)")
  }

  private func number(_ range: Range<Int>) -> UInt64 {
    bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private mutating func put(_ value: UInt64, at range: Range<Int>) {
    for (k, i) in range.enumerated() { bytes[i] = UInt8(truncatingIfNeeded: value >> UInt64(8 * k)) }
  }

  private mutating func interesting() -> UInt64 {
    let size = UInt64(bytes.count)
    let values: [UInt64] = [
      0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 32, 1 << 40,
      .max >> 1, .max, .max - 1, size, size - 1, size / 2, UInt64(random.integer(below: max(1, bytes.count))) & ~7,
    ]
    return values[random.integer(below: values.count)]
  }

  // MARK: Blocks

  private mutating func damageBlock() {
    let length = min(1 << random.integer(below: 11), max(1, bytes.count / 4))
    let start = min(map.guarded + random.integer(below: max(1, bytes.count - map.guarded)), bytes.count - 1)
    let end = min(bytes.count, start + length)
    switch random.integer(below: 6) {
    case 0, 1:
      for i in start..<end { bytes[i] = 0 }
      history.append("zeros in \(start)..<\(end)")
    case 2:
      let source = random.integer(below: max(1, bytes.count - length))
      copy(Array(bytes[source..<min(bytes.count, source + length)]), from: source, of: "itself", to: start)
    case 3 where !other.isEmpty:
      let source = random.integer(below: max(1, other.count - length))
      copy(Array(other[source..<min(other.count, source + length)]), from: source, of: "another file", to: start)
    case 4:
      bytes.removeSubrange(start..<end)
      isShifted = true
      history.append("\(end - start) bytes removed at \(start)")
    default:
      bytes.insert(contentsOf: bytes[start..<end], at: start)
      isShifted = true
      history.append("\(end - start) bytes doubled at \(start)")
    }
  }

  private mutating func copy(_ block: [UInt8], from source: Int, of name: String, to start: Int) {
    for (k, byte) in block.enumerated() where start + k < bytes.count { bytes[start + k] = byte }
    history.append("\(block.count) bytes from \(source) of \(name) to \(start)")
  }

  private mutating func truncate() {
    let length = random.integer(below: bytes.count)
    bytes.removeSubrange(length...)
    isShifted = true
    history.append("cut to \(length) bytes")
  }

  // MARK: Text

  private static let words = [
    "", "0", "-1", "1", "nan", "inf", "-inf", "1e308", "1e-320", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "0.1", "null", "true", "[", "]", "{", "}", "\"", "'", ",", ":", ": ", "\n", "\r", "\t", "#",
    "&a ", "*a", "- ", "!!int ", "|", "\\u0000", "\u{FEFF}", "\u{0}", "\u{1F9E0}", "e\u{301}",
  ]

  /// Replaces a number or a word by something else, or drops or doubles a line.
  private mutating func damageText() {
    let area = map.text ?? 0..<bytes.count
    guard !area.isEmpty, area.upperBound <= bytes.count else { return }
    var text = Array(bytes[area])
    let start = random.integer(below: text.count)
    switch random.integer(below: 8) {
    case 0: text[start] = UInt8(random.integer(below: 256))
    case 1:
      let line = lineRange(of: text, around: start)
      text.insert(contentsOf: text[line], at: line.lowerBound)
    case 2: text.removeSubrange(lineRange(of: text, around: start))
    default:
      var end = start
      while end < text.count, isWord(text[end]) { end += 1 }
      var begin = start
      while begin > 0, isWord(text[begin - 1]) { begin -= 1 }
      let word = Self.words[random.integer(below: Self.words.count)]
      text.replaceSubrange(begin..<max(begin, end), with: Array(word.utf8))
    }
    history.append("text near \(area.lowerBound + start)")
    replaceText(area, with: text)
  }

  private func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+")].contains(byte)
  }

  /// A line, or in one long line the part between two commas.
  private func lineRange(of text: [UInt8], around place: Int) -> Range<Int> {
    let end = text[place...].firstIndex { $0 == 10 || $0 == UInt8(ascii: ",") }.map { $0 + 1 } ?? text.count
    let start = text[..<place].lastIndex { $0 == 10 || $0 == UInt8(ascii: ",") }.map { $0 + 1 } ?? 0
    return start..<max(start, end)
  }

  /// In a safetensors file the header stays as long as it says, or says how long it now is.
  private mutating func replaceText(_ area: Range<Int>, with text: [UInt8]) {
    guard format == .safetensors else {
      bytes = text
      return
    }
    if text.count <= area.count {
      let padding = [UInt8](repeating: UInt8(ascii: " "), count: area.count - text.count)
      bytes.replaceSubrange(area, with: text + padding)
    } else {
      bytes.replaceSubrange(area, with: text)
      put(UInt64(text.count), at: 0..<8)
      isShifted = true
    }
  }
}

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
