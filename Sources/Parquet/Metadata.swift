/// What the footer says: the columns, and where their parts stand in the file.
///
/// Source: parquet.thrift of Apache Parquet; the numbers of the fields are those of that file.
struct Metadata {
  /// One column as the schema describes it.
  struct Field {
    var name = ""
    /// Nil for a group.
    var type: Int?
    var typeLength = 0
    /// 0 required, 1 optional, 2 repeated.
    var repetition = 0
    var children = 0
    var converted: Int?
    var logical: Logical?
  }

  /// The newer form of a column's meaning.
  struct Logical {
    /// The number of the union's member: 1 a string, 5 a decimal, 10 a whole number, …
    var member = 0
    var bits = 0
    var isSigned = true
  }

  /// A column at the top of the schema, and which chunk of a row group is its own.
  struct Column {
    var field: Field
    var chunk: Int
    var isNested: Bool
  }

  /// One column's part of a row group.
  struct Chunk {
    var type = -1
    var codec = 0
    var values = 0
    var packedSize = 0
    var unpackedSize = 0
    var dataOffset = 0
    var dictionaryOffset: Int?
    var isEncrypted = false
    var isElsewhere = false
    var hasMetadata = false
  }

  struct RowGroup {
    var rows = 0
    var chunks: [Chunk] = []
  }

  private(set) var rows = 0
  private(set) var columns: [Column] = []
  private(set) var rowGroups: [RowGroup] = []
  private(set) var isEncrypted = false

  /// - Throws: `Damage`
  init(_ footer: [UInt8]) throws {
    var reader = ThriftReader(footer)
    var fields: [Field] = []
    try reader.structure { reader, field in
      switch field.id {
      case 2: try reader.structures(field) { fields.append(try Metadata.field(&$0)) }
      case 3: rows = try reader.integer(field)
      case 4: try reader.structures(field) { rowGroups.append(try Metadata.rowGroup(&$0)) }
      case 8:
        isEncrypted = true
        try reader.skip(field)
      default: try reader.skip(field)
      }
    }
    try setColumns(fields)
    try checkRows()
  }

  /// The schema is a tree in the order of its leaves; the leaves are the chunks of a row group.
  private mutating func setColumns(_ fields: [Field]) throws {
    guard let root = fields.first, root.type == nil || root.children > 0 else { throw Damage("it has no schema") }
    var next = 1
    var leaves = 0
    for _ in 0..<max(0, root.children) {
      guard next < fields.count else { throw Damage("its schema ends early") }
      let field = fields[next]
      let chunk = leaves
      // The element and all below it.
      var pending = 1
      while pending > 0 {
        guard next < fields.count, fields[next].children >= 0, fields[next].children < fields.count else {
          throw Damage("its schema ends early")
        }
        if fields[next].type != nil { leaves += 1 }
        pending += fields[next].children - 1
        next += 1
      }
      columns.append(Column(field: field, chunk: chunk, isNested: field.type == nil || field.repetition == 2))
    }
    guard next == fields.count else { throw Damage("its schema has \(fields.count - next) columns too many") }
    for group in rowGroups where group.chunks.count != leaves {
      throw Damage("a row group has \(group.chunks.count) columns where the schema has \(leaves)")
    }
  }

  private func checkRows() throws {
    var sum = 0
    for group in rowGroups {
      let (next, overflow) = sum.addingReportingOverflow(group.rows)
      guard group.rows >= 0, !overflow else { throw Damage("a row group of \(group.rows) rows") }
      sum = next
    }
    guard sum == rows else { throw Damage("its row groups have \(sum) rows together, but the table \(rows)") }
  }

  private static func field(_ reader: inout ThriftReader) throws -> Field {
    var result = Field()
    try reader.structure { reader, field in
      switch field.id {
      case 1: result.type = try reader.integer(field)
      case 2: result.typeLength = try reader.integer(field)
      case 3: result.repetition = try reader.integer(field)
      case 4: result.name = try reader.text(field)
      case 5: result.children = try reader.integer(field)
      case 6: result.converted = try reader.integer(field)
      case 10: result.logical = try logical(&reader, field)
      default: try reader.skip(field)
      }
    }
    if result.children > 0 { result.type = nil }
    return result
  }

  private static func logical(_ reader: inout ThriftReader, _ field: ThriftReader.Field) throws -> Logical {
    guard field.kind == .structure else { throw Damage("its field 10 is of the type \(field.kind)") }
    var result = Logical()
    try reader.structure { reader, member in
      result.member = member.id
      guard member.id == 10, member.kind == .structure else { return try reader.skip(member) }
      try reader.structure { reader, part in
        switch part.id {
        case 1: result.bits = try reader.integer(part)
        case 2: result.isSigned = try reader.boolean(part)
        default: try reader.skip(part)
        }
      }
    }
    return result
  }

  private static func rowGroup(_ reader: inout ThriftReader) throws -> RowGroup {
    var result = RowGroup()
    try reader.structure { reader, field in
      switch field.id {
      case 1: try reader.structures(field) { result.chunks.append(try chunk(&$0)) }
      case 3: result.rows = try reader.integer(field)
      default: try reader.skip(field)
      }
    }
    return result
  }

  private static func chunk(_ reader: inout ThriftReader) throws -> Chunk {
    var result = Chunk()
    try reader.structure { reader, field in
      switch field.id {
      case 1: result.isElsewhere = try !reader.text(field).isEmpty
      case 3 where field.kind == .structure:
        result.hasMetadata = true
        try reader.structure { reader, field in
          switch field.id {
          case 1: result.type = try reader.integer(field)
          case 4: result.codec = try reader.integer(field)
          case 5: result.values = try reader.integer(field)
          case 6: result.unpackedSize = try reader.integer(field)
          case 7: result.packedSize = try reader.integer(field)
          case 9: result.dataOffset = try reader.integer(field)
          case 11: result.dictionaryOffset = try reader.integer(field)
          default: try reader.skip(field)
          }
        }
      case 8:
        result.isEncrypted = true
        try reader.skip(field)
      default: try reader.skip(field)
      }
    }
    return result
  }
}
