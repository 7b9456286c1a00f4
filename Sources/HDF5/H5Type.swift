internal import CHDF5

/// The type of a dataset's or attribute's elements, as the file has it.
public indirect enum H5Type: Sendable, Equatable {
  /// `isNative`: little-endian, all bits used.
  case integer(bytes: Int, signed: Bool, isNative: Bool)
  /// `isNative`: IEEE 754, little-endian, 4 or 8 bytes.
  case float(bytes: Int, isNative: Bool)
  case fixedString(bytes: Int)
  case variableString
  case enumeration(base: H5Type, names: [String], values: [Int])
  case compound(bytes: Int, fields: [Field])
  case array(H5Type, dimensions: [Int])
  case objectReference
  /// Sequences of varying length.
  case variableArray(H5Type)
  case other(String, bytes: Int)

  /// One field of a compound type.
  public struct Field: Sendable, Equatable {
    public var name: String
    /// Where it starts in a record in the file.
    public var offset: Int
    public var type: H5Type
  }

  /// A boolean as h5py writes it: an enumeration FALSE = 0, TRUE = 1.
  public var isBoolean: Bool {
    guard case .enumeration(.integer(1, _, _), let names, let values) = self, names.count == 2 else { return false }
    return Dictionary(zip(names, values)) { a, _ in a } == ["FALSE": 0, "TRUE": 1]
  }

  /// Bytes an element takes in the file.
  var fileBytes: Int {
    switch self {
    case .integer(let bytes, _, _), .float(let bytes, _), .fixedString(let bytes), .compound(let bytes, _),
      .other(_, let bytes):
      return bytes
    case .variableString, .variableArray: return 16
    case .objectReference: return 8
    case .enumeration(let base, _, _): return base.fileBytes
    case .array(let element, let dimensions):
      // A damaged file may claim anything; what is out of all bounds stays so and is refused where it is read.
      return dimensions.reduce(element.fileBytes) { product, extent in
        let (next, overflow) = product.multipliedReportingOverflow(by: extent)
        return overflow ? 1 << 40 : min(next, 1 << 40)
      }
    }
  }

  /// Whether elements hold references into the file's heap: strings or lists of varying length, at any depth.
  var usesHeap: Bool {
    switch self {
    case .variableString, .variableArray: true
    case .compound(_, let fields): fields.contains { $0.type.usesHeap }
    case .array(let element, _): element.usesHeap
    default: false
    }
  }

  /// The type's name for people, close to numpy's.
  public var name: String {
    switch self {
    case .integer(let bytes, let signed, let isNative):
      return (signed ? "int" : "uint") + "\(bytes * 8)" + (isNative ? "" : " (big-endian)")
    case .float(let bytes, let isNative): return "float\(bytes * 8)" + (isNative || bytes == 2 ? "" : " (big-endian)")
    case .fixedString(let bytes): return "string of \(bytes) bytes"
    case .variableString: return "string"
    case .enumeration: return isBoolean ? "bool" : "enumeration"
    case .compound(_, let fields):
      return "records (" + fields.prefix(4).map(\.name).joined(separator: ", ") + (fields.count > 4 ? ", …)" : ")")
    case .array(let element, let dimensions): return "\(element.name)\(dimensions)"
    case .objectReference: return "object reference"
    case .variableArray(let element): return "lists of \(element.name)"
    case .other(let name, _): return name
    }
  }
}

extension H5Type {
  /// Describes a type of the library. Types nest; deeper than 16 levels is taken for damage.
  static func describe(_ id: hid_t, depth: Int = 0) -> H5Type {
    let bytes = Int(clamping: H5Tget_size(id))
    guard depth < 16 else { return .other("deeply nested type", bytes: bytes) }
    switch H5Tget_class(id) {
    case H5T_INTEGER:
      let native = H5Tget_order(id) == H5T_ORDER_LE || bytes == 1
      let full = H5Tget_precision(id) == bytes * 8 && H5Tget_offset(id) == 0
      return .integer(bytes: bytes, signed: H5Tget_sign(id) == H5T_SGN_2, isNative: native && full)
    case H5T_FLOAT:
      let native = H5Tequal(id, stomics_h5t_float()) > 0 || H5Tequal(id, stomics_h5t_double()) > 0
      return .float(bytes: bytes, isNative: native)
    case H5T_STRING: return H5Tis_variable_str(id) > 0 ? .variableString : .fixedString(bytes: bytes)
    case H5T_ENUM: return describeEnumeration(id, depth: depth)
    case H5T_COMPOUND: return describeCompound(id, bytes: bytes, depth: depth)
    case H5T_ARRAY:
      let rank = Int(H5Tget_array_ndims(id))
      guard rank > 0, rank <= 32, let element = Handle(H5Tget_super(id), H5Tclose) else { break }
      var dimensions = [hsize_t](repeating: 0, count: rank)
      H5Tget_array_dims2(id, &dimensions)
      return .array(describe(element.id, depth: depth + 1), dimensions: dimensions.map { Int(clamping: $0) })
    case H5T_REFERENCE where H5Tequal(id, stomics_h5t_std_ref_obj()) > 0: return .objectReference
    case H5T_VLEN:
      guard let element = Handle(H5Tget_super(id), H5Tclose) else { break }
      return .variableArray(describe(element.id, depth: depth + 1))
    case H5T_OPAQUE: return .other("opaque bytes", bytes: bytes)
    case H5T_BITFIELD: return .other("bit field", bytes: bytes)
    default: break
    }
    return .other("unknown type", bytes: bytes)
  }

  private static func describeEnumeration(_ id: hid_t, depth: Int) -> H5Type {
    guard let base = Handle(H5Tget_super(id), H5Tclose) else { return .other("enumeration", bytes: 1) }
    let baseType = describe(base.id, depth: depth + 1)
    var names: [String] = []
    var values: [Int] = []
    for member in 0..<UInt32(max(0, H5Tget_nmembers(id))) {
      guard let name = H5Tget_member_name(id, member) else { continue }
      // Wide enough for every integer base; the low bytes hold the value.
      var value: (Int64, Int64) = (0, 0)
      if H5Tget_size(id) <= 8, H5Tget_member_value(id, member, &value) >= 0 {
        names.append(String(cString: name))
        values.append(Int(value.0))
      }
      H5free_memory(name)
    }
    return .enumeration(base: baseType, names: names, values: values)
  }

  /// The library tells offsets in memory, where a reference to the heap is narrower than in the file; here they become
  /// those in the file, as the library itself computes them.
  private static func describeCompound(_ id: hid_t, bytes: Int, depth: Int) -> H5Type {
    var fields: [(field: Field, memoryBytes: Int)] = []
    for member in 0..<UInt32(max(0, H5Tget_nmembers(id))) {
      guard let name = H5Tget_member_name(id, member) else { continue }
      defer { H5free_memory(name) }
      guard let type = Handle(H5Tget_member_type(id, member), H5Tclose) else { continue }
      let field = Field(
        name: String(cString: name), offset: Int(clamping: H5Tget_member_offset(id, member)),
        type: describe(type.id, depth: depth + 1))
      fields.append((field, Int(clamping: H5Tget_size(type.id))))
    }
    var shift = 0
    for place in fields.indices.sorted(by: { fields[$0].field.offset < fields[$1].field.offset }) {
      fields[place].field.offset += shift
      shift += fields[place].field.type.fileBytes - fields[place].memoryBytes
    }
    return .compound(bytes: bytes + shift, fields: fields.map(\.field))
  }
}
