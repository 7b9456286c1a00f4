internal import CHDF5

/// Types of text and truth values for reading and writing.
enum H5Types {
  /// Varying length, UTF-8.
  static func variable() -> Handle? {
    guard let type = Handle(H5Tcopy(stomics_h5t_c_s1()), H5Tclose),
      H5Tset_size(type.id, stomics_h5t_variable()) >= 0, H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0
    else { return nil }
    return type
  }

  /// Half precision, little-endian (IEEE 754 binary16): the library of the distribution has no name for it.
  static let half: hid_t = H5Library.locked {
    let type = H5Tcopy(stomics_h5t_float())
    // Sign in bit 15, five bits of exponent from bit 10, ten bits of mantissa.
    H5Tset_fields(type, 15, 10, 5, 0, 10)
    H5Tset_ebias(type, 15)
    H5Tset_size(type, 2)
    return type
  }

  /// h5py's boolean: int8 with the names FALSE and TRUE.
  static func boolean() -> Handle? {
    guard let type = Handle(H5Tenum_create(stomics_h5t_int8()), H5Tclose) else { return nil }
    var no: Int8 = 0
    var yes: Int8 = 1
    guard H5Tenum_insert(type.id, "FALSE", &no) >= 0, H5Tenum_insert(type.id, "TRUE", &yes) >= 0 else { return nil }
    return type
  }

  /// Calls `body` with an array of C strings, as the library takes them.
  static func withPointers<Result>(
    to strings: [String], _ body: (UnsafeRawPointer?) throws -> Result
  ) rethrows -> Result {
    var text: [UInt8] = []
    var starts: [Int] = []
    text.reserveCapacity(strings.count * 16)
    starts.reserveCapacity(strings.count)
    for string in strings {
      starts.append(text.count)
      text.append(contentsOf: string.utf8)
      text.append(0)
    }
    return try text.withUnsafeBytes { text in
      let pointers = starts.map { offset in text.baseAddress.map { $0 + offset } }
      return try pointers.withUnsafeBytes { try body($0.baseAddress) }
    }
  }
}
