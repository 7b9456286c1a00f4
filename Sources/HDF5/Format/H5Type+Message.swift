extension H5Type {
  /// Types nest; more levels than these are taken for damage.
  private static let deepest = 16

  /// Reads a datatype message.
  /// - Source: HDF5 File Format Specification 3.0, IV.A.2.d.
  init(_ reader: inout ByteReader, _ file: FileContext, depth: Int = 0) throws {
    guard depth < H5Type.deepest else { throw Malformed("a type nested deeper than \(H5Type.deepest) levels") }
    let head = try reader.byte()
    let (kind, version) = (head & 15, head >> 4)
    guard (1...5).contains(version) else { throw Malformed("a type of version \(version)") }
    let flags = try reader.integer(3)
    let size = try reader.integer(4)
    guard size > 0 else { throw Malformed("a type of no bytes") }
    switch kind {
    case 0: self = try H5Type.integer(&reader, flags, size)
    case 1: self = try H5Type.float(&reader, flags, size)
    case 2:
      try reader.skip(2)
      self = .other("time", bytes: size)
    case 3: self = .fixedString(bytes: size, try TextForm(padding: flags & 15, characters: flags >> 4 & 15))
    case 4:
      try reader.skip(4)
      self = .other("bit field", bytes: size)
    case 5: self = .opaque(bytes: size, tag: try reader.text(flags & 0xff))
    case 6: self = try H5Type.compound(&reader, file, flags, size, version: version, depth: depth)
    case 7:
      let isOld = flags & 15 == 0 && size == file.widths.address && size == 8
      self = isOld ? .objectReference : .other(flags & 15 == 1 ? "region reference" : "reference", bytes: size)
    case 8: self = try H5Type.enumeration(&reader, file, flags, size, version: version, depth: depth)
    case 9:
      guard size == file.referenceBytes else { throw Malformed("references of \(size) bytes into the heap") }
      let element = try H5Type(&reader, file, depth: depth + 1)
      guard size == GlobalHeap.referenceBytes else {
        self = .other("references with short addresses", bytes: size)
        return
      }
      self =
        flags & 15 == 1
        ? .variableString(try TextForm(padding: flags >> 4 & 15, characters: flags >> 8 & 15))
        : .variableArray(element)
    case 10: self = try H5Type.array(&reader, file, size, version: version, depth: depth)
    default:
      // What follows it cannot be told, so it stands alone or its surroundings are refused.
      guard depth == 0 else { throw Malformed("a type of the unknown class \(kind)") }
      self = .other("type of the unknown class \(kind)", bytes: size)
    }
  }

  private static func integer(_ reader: inout ByteReader, _ flags: Int, _ size: Int) throws -> H5Type {
    let form = IntegerForm(
      isBigEndian: flags & 1 != 0, bitOffset: try reader.integer(2), precision: try reader.integer(2))
    guard form.precision > 0, form.bitOffset + form.precision <= size * 8 else {
      throw Malformed("an integer of \(form.precision) bits in \(size) bytes")
    }
    return .integer(bytes: size, signed: flags & 8 != 0, form)
  }

  private static func float(_ reader: inout ByteReader, _ flags: Int, _ size: Int) throws -> H5Type {
    try reader.skip(4)
    let exponentStart = try reader.byte()
    let exponentBits = try reader.byte()
    let mantissaStart = try reader.byte()
    let mantissaBits = try reader.byte()
    let form = FloatForm(
      isBigEndian: flags & 1 != 0, sign: flags >> 8 & 0xff, exponent: exponentStart..<exponentStart + exponentBits,
      mantissa: mantissaStart..<mantissaStart + mantissaBits, bias: try reader.integer(4),
      hasImpliedOne: flags >> 4 & 3 == 2)
    // Bit 6 with bit 0 is the order of the VAX.
    if flags & 0x40 != 0 { return .other("VAX float", bytes: size) }
    guard size <= 16, exponentBits > 0, exponentBits <= 31, mantissaBits > 0, form.sign < size * 8,
      form.exponent.upperBound <= size * 8, form.mantissa.upperBound <= size * 8
    else { throw Malformed("a floating-point type whose parts do not fit \(size) bytes") }
    return .float(bytes: size, form)
  }

  private static func compound(
    _ reader: inout ByteReader, _ file: FileContext, _ flags: Int, _ size: Int, version: Int, depth: Int
  ) throws -> H5Type {
    let count = flags & 0xffff
    guard count > 0 else { throw Malformed("records without a field") }
    var fields: [Field] = []
    for _ in 0..<count {
      let name = try paddedName(&reader, version)
      let offset = try reader.integer(version >= 3 ? encodedSize(of: size) : 4)
      var dimensions: [Int] = []
      if version == 1 {
        let rank = try reader.byte()
        guard rank <= 4 else { throw Malformed("a field of rank \(rank)") }
        try reader.skip(3 + 4 + 4)
        for axis in 0..<4 {
          let extent = try reader.integer(4)
          if axis < rank { dimensions.append(extent) }
        }
      }
      var type = try H5Type(&reader, file, depth: depth + 1)
      if !dimensions.isEmpty { type = try arrayType(type, dimensions) }
      guard offset <= size, type.fileBytes <= size - offset else {
        throw Malformed("field \(name) reaches beyond its record")
      }
      fields.append(Field(name: name, offset: offset, type: type))
    }
    return .compound(bytes: size, fields: fields)
  }

  private static func enumeration(
    _ reader: inout ByteReader, _ file: FileContext, _ flags: Int, _ size: Int, version: Int, depth: Int
  ) throws -> H5Type {
    let base = try H5Type(&reader, file, depth: depth + 1)
    guard case .integer(let bytes, let signed, let form) = base, bytes == size, bytes <= 8 else {
      throw Malformed("an enumeration of \(base.name)")
    }
    let names = try (0..<flags & 0xffff).map { _ in try paddedName(&reader, version) }
    let converter = NumberForm.integer(bytes: bytes, signed: signed, form)
    let values = try names.map { _ in Int(truncatingIfNeeded: converter.int64(try reader.array(bytes))) }
    return .enumeration(base: base, names: names, values: values)
  }

  private static func array(
    _ reader: inout ByteReader, _ file: FileContext, _ size: Int, version: Int, depth: Int
  ) throws -> H5Type {
    let rank = try reader.byte()
    guard rank > 0, rank <= 32 else { throw Malformed("an array type of rank \(rank)") }
    if version < 3 { try reader.skip(3) }
    let dimensions = try (0..<rank).map { _ in try reader.integer(4) }
    if version < 3 { try reader.skip(4 * rank) }
    let type = try arrayType(try H5Type(&reader, file, depth: depth + 1), dimensions)
    guard type.fileBytes == size else { throw Malformed("an array type of \(size) bytes for \(type.name)") }
    return type
  }

  private static func arrayType(_ element: H5Type, _ dimensions: [Int]) throws -> H5Type {
    var bytes = element.fileBytes
    for extent in dimensions {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow, product <= 1 << 32 else { throw Malformed("an array type of \(dimensions)") }
      bytes = product
    }
    return .array(element, dimensions: dimensions)
  }

  /// A name with its NUL, in the older versions filled up to a multiple of 8 bytes.
  private static func paddedName(_ reader: inout ByteReader, _ version: Int) throws -> String {
    let start = reader.position
    let name = try reader.text()
    if version < 3 { try reader.skip((8 - (reader.position - start) % 8) % 8) }
    return name
  }

  /// Bytes that a number up to `limit` takes.
  static func encodedSize(of limit: Int) -> Int {
    limit <= 1 ? 1 : (Int.bitWidth - limit.leadingZeroBitCount - 1) / 8 + 1
  }
}

extension H5Type.TextForm {
  fileprivate init(padding: Int, characters: Int) throws {
    guard let padding = Padding(rawValue: padding), characters <= 1 else {
      throw Malformed("text of an unknown kind (padding \(padding), character set \(characters))")
    }
    self.init(padding: padding, isUTF8: characters == 1)
  }
}
