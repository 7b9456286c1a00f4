import Parquet
import StomicsCore
import TestSupport
import Testing

/// Damaged files end in a table or in a thrown error.
@Suite struct MutationTests {
  private static let names = ParquetFixture.everyEncoding + ParquetFixture.otherWriters + ParquetFixture.rest

  /// Changes a few bytes of the footer or of the pages; the eight bytes at the end stay, so that opening goes on.
  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let end = bytes.count - 8
    let footer = end - (0..<4).reduce(0) { $0 | Int(bytes[end + $1]) << (8 * $1) }
    let range = random.integer(below: 3) == 0 ? footer..<end : 4..<footer
    if range.isEmpty { return }
    for _ in 0..<1 + random.integer(below: 6) {
      let place = range.lowerBound + random.integer(below: range.count)
      let run = min(range.upperBound - place, 1 + random.integer(below: 16))
      switch random.integer(below: 5) {
      case 0, 1: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
      case 2: bytes[place] = [0, 1, 0x7f, 0x80, 0xff][random.integer(below: 5)]
      case 3: for k in 0..<run { bytes[place + k] = 0 }
      default:
        let source = range.lowerBound + random.integer(below: range.count - run + 1)
        bytes.replaceSubrange(place..<place + run, with: Array(bytes[source..<source + run]))
      }
    }
  }

  @Test func everyMutantIsATableOrAnError() throws {
    let files = try MutationTests.names.map(ParquetFixture.bytes)
    var random = SeededGenerator(seed: 20_260)
    var tables = 0
    var pagesReached = 0
    let count = 2000
    for k in 0..<count {
      var bytes = files[k % files.count]
      mutate(&bytes, &random)
      if random.integer(below: 40) == 0 { bytes.removeLast(random.integer(below: bytes.count)) }
      do {
        let table = try ParquetTable.read(bytes, name: "mutant.parquet")
        tables += 1
        for column in table.columns {
          for row in 0..<min(20, table.rowCount) { _ = column.text(row) }
        }
      } catch let error as ParquetError {
        if case .damaged(.some, _, _) = error { pagesReached += 1 }
        #expect(error.description.contains("mutant.parquet"))
      }
    }
    // Both must be common, or the mutants would test the opening alone.
    #expect(tables > count / 20, "\(tables) tables")
    #expect(pagesReached > count / 4, "\(pagesReached) errors of pages")
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = try ParquetFixture.bytes("types")
    for count in stride(from: 0, to: whole.count, by: 7) {
      #expect(throws: ParquetError.self) { try ParquetTable.read(Array(whole.prefix(count)), name: "short.parquet") }
    }
  }
}
