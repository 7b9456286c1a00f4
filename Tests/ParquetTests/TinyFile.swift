/// Writes Parquet files of one column and one page by hand, so that a test can make each claim of theirs a lie.
struct TinyFile {
  var type = 1
  var typeLength: Int?
  /// 0 required, 1 optional.
  var repetition = 0
  var converted: Int?
  var codec = 0
  var rows = 3
  /// What the page's head says; `rows` when nil.
  var pageValues: Int?
  var encoding = 0
  var levelEncoding = 3
  var checksum: Int?
  /// The page's body; also its unpacked size unless that is given.
  var page: [UInt8] = []
  var unpackedSize: Int?
  /// A dictionary page in front.
  var dictionary: (count: Int, body: [UInt8])?
  var path = ""

  var bytes: [UInt8] {
    var file = Array("PAR1".utf8)
    let dictionaryStart = file.count
    if let dictionary {
      file += structure([
        (1, int(2)), (2, int(dictionary.body.count)), (3, int(dictionary.body.count)),
        (7, nested([(1, int(dictionary.count)), (2, int(0))])),
      ])
      file += dictionary.body
    }
    let start = file.count
    var head: [(Int, Value)] = [(1, int(0)), (2, int(unpackedSize ?? page.count)), (3, int(page.count))]
    if let checksum { head.append((4, int(checksum))) }
    head.append(
      (
        5,
        nested([
          (1, int(pageValues ?? rows)), (2, int(encoding)), (3, int(levelEncoding)), (4, int(3)),
        ])
      ))
    file += structure(head) + page
    var column: [(Int, Value)] = [(1, int(type))]
    if let typeLength { column.append((2, int(typeLength))) }
    column += [(3, int(repetition)), (4, text("c"))]
    if let converted { column.append((6, int(converted))) }
    var chunk: [(Int, Value)] = [
      (1, int(type)), (4, int(codec)), (5, long(rows)), (6, long(file.count)), (7, long(file.count - dictionaryStart)),
      (9, long(start)),
    ]
    if dictionary != nil { chunk.append((11, long(dictionaryStart))) }
    var columnChunk: [(Int, Value)] = path.isEmpty ? [] : [(1, text(path))]
    columnChunk += [(2, long(0)), (3, nested(chunk))]
    let group = structure([(1, list([structure(columnChunk)])), (3, long(rows))])
    let footer = structure([
      (1, int(2)), (2, list([structure([(4, text("root")), (5, int(1))]), structure(column)])), (3, long(rows)),
      (4, list([group])),
    ])
    return file + footer + little(footer.count) + Array("PAR1".utf8)
  }

  /// Four bytes, least significant first.
  func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  // Thrift's compact protocol: a type and the bytes of each value.
  typealias Value = (type: UInt8, bytes: [UInt8])

  private func varint(_ value: Int) -> [UInt8] {
    var rest = UInt64(bitPattern: Int64(value))
    var bytes: [UInt8] = []
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
  private func int(_ value: Int) -> Value { (5, varint(value << 1 ^ value >> 63)) }
  private func long(_ value: Int) -> Value { (6, varint(value << 1 ^ value >> 63)) }
  private func text(_ value: String) -> Value { (8, varint(value.utf8.count) + Array(value.utf8)) }
  private func nested(_ fields: [(Int, Value)]) -> Value { (12, structure(fields)) }
  private func list(_ structures: [[UInt8]]) -> Value {
    (9, [UInt8(structures.count) << 4 | 12] + structures.flatMap { $0 })
  }
  private func structure(_ fields: [(Int, Value)]) -> [UInt8] {
    var last = 0
    var bytes: [UInt8] = []
    for (id, value) in fields {
      bytes += [UInt8(id - last) << 4 | value.type] + value.bytes
      last = id
    }
    return bytes + [0]
  }
}
