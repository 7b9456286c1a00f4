import Parquet
import TestSupport
import Testing

@Suite struct EncodingTests {
  /// What a row of a fixture's column holds, as the script that wrote it says.
  private func expected(_ type: String, _ row: Int) -> String {
    switch type {
    case "bool": row % 3 == 0 ? "true" : "false"
    case "int32": "\((row % 7 - 3) * 700_000_000)"
    case "int64": "\((row * row % 11 - 5) * 1_800_000_000_000_000_000)"
    case "float": "\((Float(row % 13) / 8 - 0.5).bitPattern)"
    case "double": "\((Double(row % 13) / 8 - 0.5).bitPattern)"
    default: row % 9 == 0 ? "" : "s_0\(row < 100 ? "0" : "")\(row / 10)" + "_ß" + String(repeating: "x", count: row % 5)
    }
  }

  private func check(_ table: ParquetTable, columns: Int) {
    #expect(table.rowCount == 150)
    #expect(table.columns.count == columns)
    for column in table.columns {
      let parts = column.name.split(separator: "_")
      let type = String(parts[0])
      let hasNulls = parts.last == "nulls"
      #expect(column.nullCount == (hasNulls ? 38 : 0), "\(column.name)")
      #expect((column.present == nil) == !hasNulls, "\(column.name)")
      let found = (0..<150).map { column.text($0) }
      let wanted = (0..<150).map { hasNulls && $0 % 4 == 1 ? nil : expected(type, $0) }
      #expect(found == wanted, "\(column.name)")
    }
  }

  @Test(arguments: ParquetFixture.everyEncoding) func everyTypeEncodingAndUseOfNulls(_ name: String) throws {
    check(try ParquetFixture.read(name), columns: 60)
  }

  @Test func otherWritersToo() throws {
    check(try ParquetFixture.read("polars"), columns: 12)
    check(try ParquetFixture.read("fastparquet"), columns: 10)
  }

  @Test func wholeNumbersOfEveryWidth() throws {
    let table = try ParquetFixture.read("types")
    func texts(_ name: String) throws -> [String?] {
      let column = try table.column(name)
      return (0..<4).map { column.text($0) }
    }
    #expect(try texts("int8") == ["-128", "-1", "0", "127"])
    #expect(try texts("uint8") == ["0", "1", "127", "255"])
    #expect(try texts("int16") == ["-32768", "-1", "0", "32767"])
    #expect(try texts("uint16") == ["0", "1", "32767", "65535"])
    #expect(try texts("int32") == ["-2147483648", "-1", "0", "2147483647"])
    #expect(try texts("uint32") == ["0", "1", "2147483647", "4294967295"])
    #expect(try texts("int64") == ["-9223372036854775808", "-1", "0", "9223372036854775807"])
    #expect(try texts("uint64") == ["0", "1", "9223372036854775807", "9223372036854775807"])
    #expect(try texts("date") == ["0", "1", "20000", "-1"])
    #expect(try texts("time") == ["0", "1", "1700000000000000", "-1"])
    // Decimals come without their point.
    #expect(try texts("decimal") == [nil, "125", "-350", "1"])
    #expect(try texts("category") == ["a", "b", nil, "a"])
    // Bytes that are no text are kept, and repaired when a string is made.
    #expect(try texts("bytes") == ["\u{fffd}\0", "", "ok", nil])
    #expect(try Array(table.strings("bytes").utf8(0)) == [0xff, 0])
  }

  @Test(arguments: ["hd_pandas", "hd_polars"]) func positionsOfVisiumHD(_ name: String) throws {
    let table = try ParquetFixture.read(name)
    #expect(
      table.columnNames == [
        "barcode", "in_tissue", "array_row", "array_col", "pxl_row_in_fullres", "pxl_col_in_fullres",
      ])
    #expect(table.rowCount == 1600)
    let barcodes = try table.strings("barcode")
    let rows = try table.doubles("pxl_row_in_fullres")
    let columns = try table.doubles("pxl_col_in_fullres")
    let inTissue = try table.doubles("in_tissue")
    for r in 0..<40 {
      for c in 0..<40 {
        let k = r * 40 + c
        #expect(barcodes[k] == "s_008um_000\(r < 10 ? "0" : "")\(r)_000\(c < 10 ? "0" : "")\(c)-1")
        #expect(rows[k] == 29.25 * Double(r) + 0.125 * Double(c) + 100)
        #expect(columns[k] == 29.25 * Double(c) - 0.125 * Double(r) + 200)
        #expect(inTissue[k] == ((r - 20) * (r - 20) + (c - 20) * (c - 20) < 300 ? 1 : 0))
      }
    }
    #expect(try table.doubles("array_row") == (0..<1600).map { Double($0 / 40) })
  }

  @Test func columnsComeInTheOrderAskedFor() throws {
    let table = try ParquetFixture.read("hd_pandas", columns: ["array_col", "barcode"])
    #expect(table.columnNames == ["array_col", "barcode"])
    #expect(try table.strings("barcode").count == 1600)
    // What is not asked for may be unreadable.
    let good = try ParquetFixture.read("unreadable", columns: ["last", "good"])
    #expect(try Array(good.strings("last")) == ["x", "y", "z"])
    #expect(try good.doubles("good") == [1, 2, 3])
  }

  @Test func noRows() throws {
    let table = try ParquetFixture.read("empty")
    #expect(table.rowCount == 0)
    #expect(table.columnNames == ["a", "b"])
    #expect(try table.doubles("a").isEmpty && table.strings("b").isEmpty)
    #expect(try ParquetFixture.read("hd_pandas", columns: []).rowCount == 1600)
  }

  @Test func nullsAreNaNAmongDoubles() throws {
    let table = try ParquetFixture.read("arrow_none_v1", columns: ["int32_PLAIN_nulls"])
    let doubles = try table.doubles("int32_PLAIN_nulls")
    #expect(doubles[0] == -2_100_000_000 && doubles[1].isNaN && doubles[2] == -700_000_000)
  }
}
