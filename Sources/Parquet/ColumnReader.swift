import Compression
import StomicsCore

/// Reads one column: all its row groups, page after page.
struct ColumnReader {
  private let file: ParquetFile
  private let name: String
  private let type: ColumnType
  private let isOptional: Bool
  private let rows: Int
  private let chunks: [Metadata.Chunk]
  /// Where the footer begins, behind all pages.
  private let end: Int

  /// - Throws: `ParquetError` where the column is of a type or compression that is not read here, or its chunks
  ///   contradict the schema
  init(_ column: Metadata.Column, of metadata: Metadata, in file: ParquetFile, end: Int) throws {
    self.file = file
    self.end = end
    name = column.field.name
    rows = metadata.rows
    isOptional = column.field.repetition != 0
    if column.isNested { throw ParquetError.nested(column: name, file: file.path) }
    type = try ColumnType(column.field, file: file.path)
    chunks = try metadata.rowGroups.compactMap { group in
      let chunk = group.chunks[column.chunk]
      func damaged(_ detail: String) -> ParquetError {
        .damaged(column: column.field.name, detail: detail, file: file.path)
      }
      if chunk.isEncrypted { throw ParquetError.encrypted(column: column.field.name, file: file.path) }
      guard chunk.hasMetadata, !chunk.isElsewhere else { throw damaged("its pages stand in another file") }
      guard chunk.type == column.field.type else { throw damaged("its row groups are of another type than the schema") }
      guard chunk.values == group.rows else {
        throw damaged("\(chunk.values) values in a row group of \(group.rows) rows")
      }
      if group.rows == 0 { return nil }
      guard PageCodec.Kind(rawValue: chunk.codec) != nil else {
        throw ParquetError.unsupportedCodec(
          column: column.field.name, codec: PageCodec.name(chunk.codec), file: file.path)
      }
      return chunk
    }
  }

  /// The bytes of all its chunks in the file.
  var packedSize: Int { chunks.reduce(0) { $0 + $1.packedSize } }

  /// - Throws: `ParquetError`, `FileError`
  func read() throws -> ParquetColumn {
    do {
      return try readValues()
    } catch let damage as Damage {
      throw ParquetError.damaged(column: name, detail: damage.detail, file: file.path)
    } catch let unreadable as UnreadableEncoding {
      throw ParquetError.unsupportedEncoding(column: name, encoding: unreadable.encoding, file: file.path)
    }
  }

  private func readValues() throws -> ParquetColumn {
    func column(_ values: ParquetColumn.Values, _ present: [Bool]?) -> ParquetColumn {
      ParquetColumn(name: name, values: values, present: present)
    }
    // Room is made for what the footer announces, as far as the file makes that likely; the rest comes with the pages.
    let room = min(rows, (1 << 24) + 8 * min(packedSize, file.boundedSize))
    switch type {
    case .boolean:
      let (builder, present) = try filled(BooleanBuilder(rows: room))
      return column(.bool(builder.values), present)
    case .int32:
      let (builder, present) = try filled(NumberBuilder<Int32>(rows: room))
      return column(.int32(builder.values), present)
    case .uint32:
      let (builder, present) = try filled(NumberBuilder<Int32>(rows: room))
      return column(.int64(builder.values.map { Int64(UInt32(bitPattern: $0)) }), present)
    case .int64, .uint64:
      let (builder, present) = try filled(NumberBuilder<Int64>(rows: room))
      if case .uint64 = type, builder.values.contains(where: { $0 < 0 }) {
        throw ParquetError.unsupportedType(
          column: name, type: "UINT_64 with values above \(Int64.max)", file: file.path)
      }
      return column(.int64(builder.values), present)
    case .float:
      let (builder, present) = try filled(NumberBuilder<Float>(rows: room))
      return column(.float(builder.values), present)
    case .double:
      let (builder, present) = try filled(NumberBuilder<Double>(rows: room))
      return column(.double(builder.values), present)
    case .strings(let fixedLength):
      let announced = chunks.reduce(0) { $0 + max(0, min($1.unpackedSize, 8 * min($1.packedSize, file.boundedSize))) }
      let (builder, present) = try filled(
        StringBuilder(
          rows: room, bytes: announced, byteLimit: (1 << 26) + 1024 * file.boundedSize, fixedLength: fixedLength))
      return column(.strings(builder.strings), present)
    }
  }

  /// Reads all pages into a builder and says which rows are present, nil where all are.
  private func filled<Builder: ColumnBuilder>(_ make: @autoclosure () -> Builder) throws -> (Builder, [Bool]?) {
    var builder = make()
    var present: [Bool]?
    var done = 0
    for chunk in chunks {
      var pages = try PageReader(chunk, isOptional: isOptional, in: file, end: end)
      var left = chunk.values
      while left > 0 {
        switch try pages.next(atMost: left) {
        case .dictionary(let values): try builder.setDictionary(values)
        case .data(let values, let rows, let levels):
          try builder.append(values)
          if let levels {
            builder.spread(over: levels)
            if present == nil { present = [Bool](repeating: true, count: done) }
          }
          if present != nil { present?.append(contentsOf: levels ?? [Bool](repeating: true, count: rows)) }
          left -= rows
          done += rows
        case .other: continue
        }
      }
    }
    return (builder, present)
  }
}
