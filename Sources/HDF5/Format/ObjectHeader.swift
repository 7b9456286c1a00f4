/// The messages that describe a group, a dataset or a named type.
/// - Source: HDF5 File Format Specification 3.0, IV.A.1 (headers) and IV.A.2 (messages).
struct ObjectHeader {
  /// The kinds of messages that are read here.
  enum Kind: Int {
    case dataspace = 0x01
    case linkInfo = 0x02
    case datatype = 0x03
    case oldFillValue = 0x04
    case fillValue = 0x05
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case groupInfo = 0x0A
    case filters = 0x0B
    case attribute = 0x0C
    case sharedMessageTable = 0x0F
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
  }

  struct Message {
    var kind: Kind
    /// Whether the message itself lies elsewhere and this is where.
    var isShared: Bool
    var body: ByteReader
  }

  let address: Int
  private(set) var messages: [Message] = []

  /// A header in more pieces is taken for a tangle.
  private static let mostPieces = 4096

  init(_ file: FileContext, at address: Int) throws {
    self.address = address
    var head = try file.metadata(at: address, upTo: 64)
    let isNew = (try? head.expect("OHDR")) != nil
    var pieces: [(start: Int, count: Int)] = []
    var carriesOrder = false
    if isNew {
      _ = try head.expectVersion(2...2, of: "an object header")
      let flags = try head.byte()
      carriesOrder = flags & 0x04 != 0
      if flags & 0x20 != 0 { try head.skip(16) }
      if flags & 0x10 != 0 { try head.skip(4) }
      let size = try head.integer(1 << (flags & 3))
      let prefix = head.position
      guard size <= file.size else { throw Malformed("an object header of \(size) bytes") }
      var first = try file.metadata(at: address, count: prefix + size + 4).verified("an object header")
      try first.skip(prefix)
      try read(first, prefix: carriesOrder ? 6 : 4, isNew: true, file, &pieces)
    } else {
      head = try file.metadata(at: address, upTo: 64)
      _ = try head.expectVersion(1...1, of: "an object header")
      try head.skip(7)
      pieces = [(address + 16, try head.integer(4))]
    }
    var next = 0
    var seen: Set<Int> = []
    while next < pieces.count {
      let (start, count) = pieces[next]
      next += 1
      guard next < ObjectHeader.mostPieces, seen.insert(start).inserted else {
        throw Malformed("an object header whose pieces go round in circles")
      }
      var piece = try file.metadata(at: start, count: count)
      if isNew {
        piece = try piece.verified("a piece of an object header")
        try piece.expect("OCHK")
      }
      try read(piece, prefix: isNew ? (carriesOrder ? 6 : 4) : 8, isNew: isNew, file, &pieces)
    }
  }

  private mutating func read(
    _ bytes: ByteReader, prefix: Int, isNew: Bool, _ file: FileContext, _ pieces: inout [(start: Int, count: Int)]
  ) throws {
    var piece = bytes
    while piece.remaining >= prefix {
      let kind = try piece.integer(isNew ? 1 : 2)
      let size = try piece.integer(2)
      let flags = try piece.byte()
      try piece.skip(prefix - (isNew ? 4 : 5))
      var body = try piece.part(size)
      guard let kind = Kind(rawValue: kind) else {
        // Bit 7: whoever does not know the message must not go on.
        if flags & 0x80 != 0 { throw Malformed("a message of kind \(kind), which a newer HDF5 must have written") }
        continue
      }
      if kind == .continuation {
        guard let start = try body.address(file.widths) else { throw Malformed("a header that goes on nowhere") }
        pieces.append((start, try body.length(file.widths)))
      } else {
        messages.append(Message(kind: kind, isShared: flags & 2 != 0, body: body))
      }
    }
  }

  func all(_ kind: Kind) -> [Message] { messages.filter { $0.kind == kind } }

  /// The body of the first message of a kind, wherever it lies; nil where there is none.
  func first(_ kind: Kind, in file: FileContext) throws -> ByteReader? {
    guard let message = messages.first(where: { $0.kind == kind }) else { return nil }
    return message.isShared ? try file.sharedMessage(message.body, kind) : message.body
  }
}
