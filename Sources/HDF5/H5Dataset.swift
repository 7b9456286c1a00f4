internal import CHDF5

/// A dataset: an array of any rank, or a single value, or nothing.
public final class H5Dataset: H5Object {
  /// The type of its elements in the file.
  public let type: H5Type
  /// Its extent along each axis; empty for a single value.
  public let shape: [Int]
  /// Whether it has an empty dataspace: no value at all.
  public let isNull: Bool
  public let layout: H5Layout
  /// What its chunks pass through when written, in that order.
  public let filters: [H5Filter]
  /// Bytes it takes in the file; strings of varying length lie elsewhere and are not counted.
  public let storedBytes: Int
  /// Number of elements.
  public let count: Int

  init(opened handle: Handle, in context: FileContext, path: String) throws {
    let failure = { (operation: String) in
      H5Error.library(operation: operation, path: path, detail: H5Library.errorText(), file: context.name)
    }
    guard let typeHandle = Handle(H5Dget_type(handle.id), H5Tclose) else { throw failure("read the type of") }
    guard let space = Handle(H5Dget_space(handle.id), H5Sclose) else { throw failure("read the shape of") }
    guard let plist = Handle(H5Dget_create_plist(handle.id), H5Pclose) else { throw failure("read the layout of") }
    type = H5Type.describe(typeHandle.id)
    isNull = H5Sget_simple_extent_type(space.id) == H5S_NULL
    shape = try H5Dataset.extent(of: space.id, path: path, context: context)
    count = isNull ? 0 : shape.reduce(1, *)
    layout = H5Layout.describe(plist.id, dataset: handle.id)
    filters = H5Filter.describe(plist.id)
    storedBytes = Int(clamping: H5Dget_storage_size(handle.id))
    super.init(context, handle, path: path)
  }

  /// The extent of a dataspace, checked so that its product and bytes can be computed without overflow.
  static func extent(of space: hid_t, path: String, context: FileContext) throws -> [Int] {
    let rank = Int(H5Sget_simple_extent_ndims(space))
    guard rank >= 0, rank <= 32 else {
      throw H5Error.damaged(path: path, detail: "a shape of rank \(rank)", file: context.name)
    }
    var dimensions = [hsize_t](repeating: 0, count: rank)
    if rank > 0 { H5Sget_simple_extent_dims(space, &dimensions, nil) }
    var product = 1
    for dimension in dimensions where dimension > 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: Int(clamping: dimension))
      // 2^46 elements of up to 64 KiB still have a byte count that fits.
      if overflow || next > 1 << 46 {
        throw H5Error.implausibleSize(
          path: path, claim: "a shape of \(dimensions.map(String.init).joined(separator: " x "))",
          fileSize: context.size, file: context.name)
      }
      product = next
    }
    return dimensions.map { Int($0) }
  }

  func wrongType(_ expected: String) -> H5Error {
    .unexpectedType(path: path, expected: expected, found: type.name, file: file)
  }
}

/// How a dataset's elements lie in the file.
public enum H5Layout: Sendable, Equatable {
  case contiguous
  case compact
  /// Cut into blocks of this shape.
  case chunked([Int])
  /// In other files, or composed of other datasets.
  case elsewhere

  static func describe(_ plist: hid_t, dataset: hid_t) -> H5Layout {
    switch H5Pget_layout(plist) {
    case H5D_COMPACT: return .compact
    case H5D_CHUNKED:
      let rank = Int(H5Pget_chunk(plist, 0, nil))
      guard rank > 0, rank <= 32 else { return .elsewhere }
      var dimensions = [hsize_t](repeating: 0, count: rank)
      H5Pget_chunk(plist, Int32(rank), &dimensions)
      return .chunked(dimensions.map { Int(clamping: $0) })
    case H5D_CONTIGUOUS where H5Pget_external_count(plist) == 0: return .contiguous
    default: return .elsewhere
    }
  }
}

/// A step that chunks pass through on their way to the file.
public enum H5Filter: Sendable, Equatable {
  case deflate(level: Int)
  case shuffle(elementBytes: Int)
  case fletcher32
  case lzf
  case other(id: Int, name: String)

  /// The name for people.
  public var name: String {
    switch self {
    case .deflate(let level): "gzip \(level)"
    case .shuffle: "shuffle"
    case .fletcher32: "fletcher32"
    case .lzf: "lzf"
    case .other(_, let name): name
    }
  }

  static func describe(_ plist: hid_t) -> [H5Filter] {
    (0..<UInt32(max(0, H5Pget_nfilters(plist)))).map { index in
      var flags: UInt32 = 0
      var config: UInt32 = 0
      var count = 8
      var values = [UInt32](repeating: 0, count: 8)
      var name = [CChar](repeating: 0, count: 64)
      let id = H5Pget_filter2(plist, index, &flags, &count, &values, name.count, &name, &config)
      switch Int(id) {
      case 1: return .deflate(level: Int(values[0]))
      case 2: return .shuffle(elementBytes: Int(values[0]))
      case 3: return .fletcher32
      case 32000: return .lzf
      default:
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return .other(id: Int(id), name: knownName(Int(id)) ?? String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  /// Registered filters whose own names say little or are missing.
  private static func knownName(_ id: Int) -> String? {
    switch id {
    case 4: "szip"
    case 5: "n-bit"
    case 6: "scale-offset"
    case 305: "LZO"
    case 307: "bzip2"
    case 32001: "blosc"
    case 32004: "lz4"
    case 32008: "bitshuffle"
    case 32013: "zfp"
    case 32015: "zstd"
    case 32026: "blosc2"
    default: nil
    }
  }
}
