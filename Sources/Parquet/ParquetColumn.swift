/// One column of a Parquet table.
public struct ParquetColumn: Sendable {
  /// The values, one a row; a null is 0, false or "" here.
  public enum Values: Sendable {
    case int32([Int32])
    /// 64-bit numbers, and unsigned ones of 32 bits.
    case int64([Int64])
    case float([Float])
    case double([Double])
    case bool([Bool])
    case strings(ParquetStrings)
  }

  public let name: String
  public let values: Values
  /// False where a row is null; nil where none is.
  public let present: [Bool]?

  /// How many rows are null.
  public var nullCount: Int { present?.count { !$0 } ?? 0 }

  /// What the column holds, in words.
  public var typeName: String {
    switch values {
    case .int32: "32-bit whole numbers"
    case .int64: "64-bit whole numbers"
    case .float: "32-bit floating-point numbers"
    case .double: "64-bit floating-point numbers"
    case .bool: "booleans"
    case .strings: "strings"
    }
  }

  /// The numbers as Double, a null as NaN; nil for a column of booleans or strings.
  public var doubles: [Double]? {
    var numbers: [Double]
    switch values {
    case .int32(let values): numbers = values.map(Double.init)
    case .int64(let values): numbers = values.map(Double.init)
    case .float(let values): numbers = values.map(Double.init)
    case .double(let values): numbers = values
    case .bool, .strings: return nil
    }
    if let present {
      for k in numbers.indices where !present[k] { numbers[k] = .nan }
    }
    return numbers
  }
}
