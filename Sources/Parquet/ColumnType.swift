/// What a column becomes here.
enum ColumnType {
  case boolean, int32, uint32, int64, uint64, float, double
  /// `fixedLength` is nil where each string has a length of its own.
  case strings(fixedLength: Int?)

  /// - Throws: `ParquetError.unsupportedType`
  init(_ field: Metadata.Field, file: String) throws {
    func unsupported(_ type: String) -> ParquetError {
      .unsupportedType(column: field.name, type: type, file: file)
    }
    // ConvertedType 13 and 14 are unsigned numbers, 5 is a decimal; LogicalType 5 a decimal, 10 a whole number.
    let isUnsigned = field.logical.map { $0.member == 10 && !$0.isSigned } ?? false
    let isDecimal = field.converted == 5 || field.logical?.member == 5
    switch field.type {
    case 0: self = .boolean
    case 1:
      let isWide = field.converted == 13 || isUnsigned && field.logical?.bits == 32
      self = isWide ? .uint32 : .int32
    case 2: self = field.converted == 14 || isUnsigned ? .uint64 : .int64
    case 3: throw unsupported("INT96 (an old form of times)")
    case 4: self = .float
    case 5: self = .double
    case 6:
      if isDecimal { throw unsupported("DECIMAL in bytes") }
      self = .strings(fixedLength: nil)
    case 7:
      if isDecimal { throw unsupported("DECIMAL in bytes") }
      if field.logical?.member == 15 { throw unsupported("FLOAT16") }
      guard field.converted == 0 || field.logical?.member == 1, field.typeLength > 0 else {
        throw unsupported("FIXED_LEN_BYTE_ARRAY of \(field.typeLength) bytes that are no text")
      }
      self = .strings(fixedLength: field.typeLength)
    default: throw unsupported("of number \(field.type ?? -1), which is unknown")
    }
  }
}
