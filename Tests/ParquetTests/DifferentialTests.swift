import Foundation
import Parquet
import StomicsCore
import Testing

/// Compares with what pyarrow reads: scripts/golden/parquet_differential.py writes the tables and runs this.
@Suite struct DifferentialTests {
  private static let folder = ProcessInfo.processInfo.environment["STOMICS_PARQUET_TABLES"]

  /// The table as that script writes it: a line with a column's name, then one line a row. A null is "-", a number its
  /// digits or its bits, a string its bytes in hexadecimal behind an "x".
  private func dump(_ table: ParquetTable) -> String {
    var lines: [String] = []
    for column in table.columns {
      lines.append("column \(column.name)")
      for row in 0..<table.rowCount {
        if case .strings(let strings) = column.values, column.present?[row] ?? true {
          lines.append("x" + strings.utf8(row).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        } else {
          lines.append(column.text(row) ?? "-")
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test(.enabled(if: DifferentialTests.folder != nil)) func tablesEqualThoseOfPyarrow() throws {
    let folder = DifferentialTests.folder ?? ""
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".parquet") }.sorted()
    #expect(!names.isEmpty)
    for name in names {
      let path = folder + "/" + name
      let expected = String(decoding: try readFile(path + ".txt"), as: UTF8.self)
      #expect(try dump(ParquetTable.read(path)) == expected, "\(name)")
    }
  }
}
