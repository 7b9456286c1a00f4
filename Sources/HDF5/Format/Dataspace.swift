/// The shape of a dataset or attribute.
/// - Source: HDF5 File Format Specification 3.0, IV.A.2.b.
struct Dataspace {
  /// Empty for a single value.
  var shape: [Int]
  /// How far each axis may grow; nil without a bound.
  var largest: [Int?]
  /// No value at all.
  var isNull = false
  /// Number of elements.
  var count: Int

  init(_ reader: inout ByteReader, _ widths: FieldWidths) throws {
    let version = try reader.expectVersion(1...2, of: "a shape")
    let rank = try reader.byte()
    guard rank <= 32 else { throw Malformed("a shape of rank \(rank)") }
    let flags = try reader.byte()
    let kind = try reader.byte()
    if version == 1 { try reader.skip(4) } else { isNull = kind == 2 }
    shape = try (0..<rank).map { _ in try reader.length(widths) }
    largest = shape.map { $0 }
    if flags & 1 != 0 {
      largest = try (0..<rank).map { _ in
        let value = try reader.unsigned(widths.length)
        return value == UInt64.max >> UInt64(64 - 8 * widths.length) ? nil : Int(exactly: value)
      }
    }
    // 2^46 elements of up to 64 KiB still have a byte count that fits.
    var product = 1
    for extent in shape where extent > 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, next <= 1 << 46 else {
        throw Malformed("a shape of \(shape.map(String.init).joined(separator: " x "))")
      }
      product = next
    }
    count = isNull || shape.contains(0) ? 0 : product
  }
}
