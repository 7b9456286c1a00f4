import Parquet
import StomicsCore
import TestSupport
import Testing

@Suite struct ErrorTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func message(_ bytes: [UInt8], columns: [String]? = nil) throws -> String {
    let path = try scratch.file("t.parquet", bytes)
    do {
      _ = try ParquetTable.read(path, columns: columns)
      return "no error"
    } catch let error as any StomicsError {
      return error.description.replacing(scratch.path + "/", with: "")
    }
  }

  @Test func whatIsNoParquetFile() throws {
    #expect(try message([]) == "t.parquet is not a Parquet file: it looks like an empty file")
    #expect(
      try message(Array("barcode,in_tissue\nA,1\n".utf8))
        == "t.parquet is not a Parquet file: it looks like a comma-separated text file (CSV)")
    #expect(try message([0x89] + Array("HDF\r\n\u{1a}\n".utf8)).hasSuffix("it looks like an HDF5 file"))
    #expect(try message([0, 1, 2]) == "t.parquet is not a Parquet file (it does not begin with PAR1)")
    #expect(
      throws: FileError.cannotRead(
        path: scratch.path, reason: "it is not a file (a folder, a device or a pipe)")
    ) { try ParquetTable.read(scratch.path) }
    #expect(throws: FileError.self) { try ParquetTable.read(scratch.path + "/absent.parquet") }
  }

  @Test func truncatedAndEncrypted() throws {
    let whole = try ParquetFixture.bytes("hd_pandas")
    let truncated =
      "t.parquet is truncated: it begins as a Parquet file, but its 1000 bytes do not end as one. "
      + "Copy or download it again."
    #expect(try message(Array(whole.prefix(1000))) == truncated)
    #expect(try message(Array("PAR1".utf8)).hasPrefix("t.parquet is truncated"))
    let secrets: [[UInt8]] = [whole.dropLast() + [69], Array("PARE".utf8) + whole.dropFirst(4)]
    for secret in secrets {
      #expect(
        try message(secret)
          == "t.parquet is encrypted, which this program cannot undo. Write it again without encryption.")
    }
    var long = whole
    long[long.count - 5] = 1
    #expect(try message(long).contains("claims a footer of"))
  }

  @Test func whatIsNotReadHere() throws {
    let again = "Write it again, in Python: import pyarrow.parquet as pq; "
    for (name, codec) in [("zstd", "Zstandard"), ("brotli", "Brotli")] {
      #expect(
        try message(ParquetFixture.bytes(name))
          == "column 'a' of t.parquet is compressed with \(codec), which this program cannot unpack. \(again)"
          + "pq.write_table(pq.read_table(path), new_path, compression='snappy')")
    }
    let bytes = try ParquetFixture.bytes("unreadable")
    #expect(
      try message(bytes)
        == "column 'list' of t.parquet is nested (a list, map or struct), which this program does not read. \(again)"
        + "pq.write_table(pq.read_table(path).drop_columns(['list']), new_path, compression='snappy')")
    func type(_ column: String) throws -> String {
      let text = try message(bytes, columns: [column])
      return String(text.split(separator: " is of the type ").last?.prefix { $0 != "," } ?? "")
    }
    #expect(try message(bytes, columns: ["struct"]).contains("'struct' of t.parquet is nested"))
    #expect(try type("half") == "FLOAT16")
    #expect(try type("huge") == "UINT_64 with values above 9223372036854775807")
    #expect(try type("fixed") == "FIXED_LEN_BYTE_ARRAY of 3 bytes that are no text")
    #expect(try type("decimal") == "DECIMAL in bytes")
    #expect(try message(ParquetFixture.bytes("int96")).contains("of the type INT96 (an old form of times)"))
    #expect(
      try message(bytes, columns: ["god"])
        == "column 'god' not found in t.parquet (found: good, list, struct, half, huge, fixed, decimal, last)."
        + " Did you mean 'good'?")
  }

  @Test func columnsOfAnotherType() throws {
    let table = try ParquetFixture.read("hd_pandas")
    #expect { try table.doubles("barcode") } throws: {
      "\($0)".contains("column 'barcode'") && "\($0)".hasSuffix("holds strings where numbers were expected")
    }
    #expect { try table.strings("in_tissue") } throws: {
      "\($0)".hasSuffix("holds 64-bit whole numbers where strings were expected")
    }
    #expect(throws: ParquetError.self) { try table.column("array_raw") }
  }

  @Test func liesOfAHandMadeFile() throws {
    let numbers: [UInt8] = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]
    let honest = TinyFile(page: numbers)
    let table = try ParquetTable.read(try scratch.file("t.parquet", honest.bytes))
    #expect(try table.doubles("c") == [1, 2, 3])

    func lie(_ change: (inout TinyFile) -> Void) throws -> String {
      var file = honest
      change(&file)
      return try message(file.bytes)
    }
    let damaged = "column 'c' of t.parquet is damaged: "
    #expect(try lie { $0.rows = 4 } == damaged + "a page of 12 bytes announces 4 values")
    #expect(try lie { $0.pageValues = 4 } == damaged + "a page of 4 values where 3 are left")
    #expect(try lie { $0.pageValues = 2 } == damaged + "its pages end early: 1 rows are missing")
    #expect(try lie { $0.rows = 1 << 40 }.contains("claims \(1 << 40) rows of 1 columns, which a file of"))
    #expect(try lie { $0.rows = -1 } == "the footer of t.parquet is damaged: a row group of -1 rows")
    #expect(try lie { $0.unpackedSize = 13 } == damaged + "a page of 12 bytes announces 13 unpacked ones")
    #expect(try lie { $0.codec = 1 }.hasPrefix(damaged + "a page cannot be unpacked: a snappy stream"))
    #expect(try lie { $0.codec = 77 }.contains("compressed with an unknown codec (77)"))
    #expect(try lie { $0.checksum = 1 } == damaged + "the checksum of a page is wrong")
    #expect(try lie { $0.encoding = 6 }.contains("has the encoding DELTA_LENGTH_BYTE_ARRAY, which"))
    #expect(try lie { $0.encoding = 44 }.contains("has the encoding number 44, which"))
    #expect(
      try lie { $0.encoding = 8 } == damaged + "a page of dictionary codes stands in a row group without a dictionary")
    #expect(try lie { $0.path = "other.parquet" } == damaged + "its pages stand in another file")
    #expect(try lie { $0.type = 9 }.contains("of the type of number 9, which is unknown"))
    #expect(
      try lie {
        $0.repetition = 1
        $0.levelEncoding = 4
      }.contains("has the encoding BIT_PACKED of definition levels, which"))
    #expect(try lie { $0.repetition = 1 } == damaged + "a run of a page ends early")
    #expect(
      try lie {
        $0.encoding = 8
        $0.dictionary = (3, numbers)
        $0.page = [2, 6, 3]
      } == damaged + "code 3 in a dictionary of 3 entries")
    #expect(
      try lie {
        $0.encoding = 8
        $0.dictionary = (13, numbers)
      } == damaged + "a dictionary of 13 entries in 12 bytes")
  }

  @Test func expansionIsBounded() throws {
    // A run of equal codes: a million rows in a file of some 200 bytes are taken, 300 million are not.
    var file = TinyFile(rows: 1_000_000, encoding: 8, dictionary: (1, [7, 0, 0, 0]))
    func run(_ count: Int) -> [UInt8] {
      var rest = count << 1
      var bytes: [UInt8] = [1]
      while rest >= 128 {
        bytes.append(UInt8(rest & 127) | 128)
        rest >>= 7
      }
      return bytes + [UInt8(rest), 0]
    }
    file.page = run(file.rows)
    let table = try ParquetTable.read(try scratch.file("t.parquet", file.bytes))
    guard case .int32(let values) = table.columns[0].values else {
      Issue.record("not 32-bit numbers")
      return
    }
    #expect(values.count == 1_000_000 && values.min() == 7 && values.max() == 7)
    file.rows = 300_000_000
    file.page = run(file.rows)
    #expect(try message(file.bytes).contains("claims 300000000 rows of 1 columns"))
  }

  @Test func textsOfOneLength() throws {
    var file = TinyFile(type: 7, typeLength: 2, converted: 0, page: Array("abcdef".utf8))
    func strings() throws -> [String] {
      try Array(ParquetTable.read(try scratch.file("t.parquet", file.bytes)).strings("c"))
    }
    #expect(try strings() == ["ab", "cd", "ef"])
    file.encoding = 9
    #expect(try strings() == ["ad", "be", "cf"])
    file.typeLength = 0
    #expect(try message(file.bytes).contains("FIXED_LEN_BYTE_ARRAY of 0 bytes"))
  }
}
