/// The type of a dataset's or attribute's elements, as the file has it.
public indirect enum H5Type: Sendable, Equatable {
  case integer(bytes: Int, signed: Bool, IntegerForm)
  case float(bytes: Int, FloatForm)
  case fixedString(bytes: Int, TextForm)
  case variableString(TextForm)
  case enumeration(base: H5Type, names: [String], values: [Int])
  case compound(bytes: Int, fields: [Field])
  case array(H5Type, dimensions: [Int])
  case objectReference
  /// Sequences of varying length.
  case variableArray(H5Type)
  /// Bytes without a meaning of their own, under a tag that their writer chose.
  case opaque(bytes: Int, tag: String)
  case other(String, bytes: Int)

  /// Which of an integer's bits count, and in which order its bytes come.
  public struct IntegerForm: Sendable, Equatable {
    public var isBigEndian = false
    public var bitOffset = 0
    /// How many bits from `bitOffset` on are the number.
    public var precision: Int

    /// All bits of the number, in the machine's order.
    public static func native(bytes: Int) -> IntegerForm { IntegerForm(precision: bytes * 8) }
  }

  /// Where the parts of a binary floating-point number lie, in bits from the lowest.
  public struct FloatForm: Sendable, Equatable {
    public var isBigEndian = false
    public var sign: Int
    public var exponent: Range<Int>
    public var mantissa: Range<Int>
    public var bias: Int
    /// Whether the mantissa's leading 1 is left out.
    public var hasImpliedOne = true

    public static let half = FloatForm(sign: 15, exponent: 10..<15, mantissa: 0..<10, bias: 15)
    public static let single = FloatForm(sign: 31, exponent: 23..<31, mantissa: 0..<23, bias: 127)
    public static let double = FloatForm(sign: 63, exponent: 52..<63, mantissa: 0..<52, bias: 1023)
  }

  public struct TextForm: Sendable, Equatable {
    public enum Padding: Int, Sendable { case nulTerminated, nulPadded, spacePadded }

    public var padding = Padding.nulTerminated
    public var isUTF8 = true
  }

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

  /// Whether numbers lie in the file as in memory: little-endian, all bits used, IEEE 754.
  public var isNative: Bool {
    switch self {
    case .integer(let bytes, _, var form):
      if bytes == 1 { form.isBigEndian = false }
      return form == .native(bytes: bytes)
    case .float(2, let form): return form == .half
    case .float(4, let form): return form == .single
    case .float(8, let form): return form == .double
    case .enumeration(let base, _, _): return base.isNative
    default: return false
    }
  }

  /// Bytes an element takes in a file with addresses of 8 bytes.
  var fileBytes: Int {
    switch self {
    case .integer(let bytes, _, _), .float(let bytes, _), .fixedString(let bytes, _), .compound(let bytes, _),
      .opaque(let bytes, _), .other(_, let bytes):
      return bytes
    case .variableString, .variableArray: return GlobalHeap.referenceBytes
    case .objectReference: return 8
    case .enumeration(let base, _, _): return base.fileBytes
    case .array(let element, let dimensions): return dimensions.reduce(element.fileBytes, *)
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
    case .integer(let bytes, let signed, let form):
      let bits = form.precision == bytes * 8 ? "" : " (\(form.precision) bits used)"
      return (signed ? "int" : "uint") + "\(bytes * 8)" + (form.isBigEndian && bytes > 1 ? " (big-endian)" : "") + bits
    case .float(let bytes, var form):
      let order = form.isBigEndian ? " (big-endian)" : ""
      form.isBigEndian = false
      let isKnown = form == (bytes == 2 ? .half : bytes == 4 ? .single : .double)
      return "float\(bytes * 8)" + order + (isKnown ? "" : " (of another form than IEEE 754's)")
    case .fixedString(let bytes, _): return "string of \(bytes) bytes"
    case .variableString: return "string"
    case .enumeration: return isBoolean ? "bool" : "enumeration"
    case .compound(_, let fields):
      return "records (" + fields.prefix(4).map(\.name).joined(separator: ", ") + (fields.count > 4 ? ", …)" : ")")
    case .array(let element, let dimensions): return "\(element.name)\(dimensions)"
    case .objectReference: return "object reference"
    case .variableArray(let element): return "lists of \(element.name)"
    case .opaque(_, let tag): return tag.isEmpty ? "opaque bytes" : "opaque bytes (\(tag))"
    case .other(let name, _): return name
    }
  }
}
