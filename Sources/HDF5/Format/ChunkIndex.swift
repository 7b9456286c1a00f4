/// Where the chunks of a dataset lie.
/// - Source: HDF5 File Format Specification 3.0, III.A (trees), VII.A to E (the other indexes).
struct ChunkIndex {
  /// How the chunks are found.
  enum Kind {
    case tree1
    /// `filtered`: bytes and mask, where the chunk passed filters.
    case single(filtered: (bytes: Int, mask: UInt32)?)
    /// All of one size, one after another.
    case implicit
    case fixedArray
    case extensibleArray
    case tree2

    init(_ reader: inout ByteReader, flags: Int, _ widths: FieldWidths) throws {
      switch try reader.byte() {
      case 1:
        let filtered = flags & 2 != 0
        self = .single(
          filtered: filtered ? (try reader.length(widths), UInt32(try reader.unsigned(4))) : nil)
      case 2: self = .implicit
      case 3:
        try reader.skip(1)
        self = .fixedArray
      case 4:
        try reader.skip(5)
        self = .extensibleArray
      case 5:
        try reader.skip(6)
        self = .tree2
      case let other: throw Malformed("a chunk index of the unknown kind \(other)")
      }
    }
  }

  /// A chunk as it is stored.
  struct Entry {
    /// Its number in the grid, the last axis fastest.
    var index: Int
    var address: Int
    var bytes: Int
    /// A bit for every filter that was left out.
    var mask: UInt32
  }

  /// A stored chunk takes some bytes for its entry in the index, so the file bounds their number.
  static func mostChunks(_ file: FileContext) -> Int { max(1 << 16, file.size / 8) }

  let file: FileContext
  let grid: ChunkGrid
  /// How far the dataset may grow: this decides the numbers of chunks in some indexes.
  let largest: [Int?]
  /// Bytes of a chunk that passed no filter.
  let plainBytes: Int
  let isFiltered: Bool

  /// All stored chunks inside the shape, in the order of the index.
  func entries(_ kind: Kind, at address: Int?) throws -> [Entry] {
    guard let address, grid.count > 0 else { return [] }
    switch kind {
    case .tree1: return try treeOfVersion1(address)
    case .tree2: return try treeOfVersion2(address)
    case .single(let filtered):
      return [Entry(index: 0, address: address, bytes: filtered?.bytes ?? plainBytes, mask: filtered?.mask ?? 0)]
    case .implicit:
      // They lie side by side, so the file bounds their number.
      guard grid.count <= file.size / max(1, plainBytes) else { throw Malformed("\(grid.count) chunks") }
      let numbering = try numbering(unlimitedFirst: false)
      return try (0..<grid.count).map { index in
        let (start, overflow) = numbering.number(of: grid.coordinates(of: index))
          .multipliedReportingOverflow(by: plainBytes)
        guard !overflow, start <= file.size else { throw Malformed("a chunk outside the file") }
        return Entry(index: index, address: address + start, bytes: plainBytes, mask: 0)
      }
    case .fixedArray: return try entries(FixedArray(file, at: address).elements(), unlimitedFirst: false)
    case .extensibleArray: return try entries(ExtensibleArray(file, at: address).elements(), unlimitedFirst: true)
    }
  }

  private func treeOfVersion1(_ address: Int) throws -> [Entry] {
    var result: [Entry] = []
    let tree = BTree1(file: file, kind: 1, keyBytes: 8 + 8 * (grid.shape.count + 1))
    try tree.forEachLeaf(from: address) { key, child in
      let bytes = try key.integer(4)
      let mask = UInt32(try key.unsigned(4))
      var scaled: [Int] = []
      for extent in grid.chunk {
        let start = try key.integer(8)
        guard start % extent == 0 else { throw Malformed("a chunk that begins between two chunks") }
        scaled.append(start / extent)
      }
      if let index = grid.index(of: scaled) {
        result.append(Entry(index: index, address: child, bytes: bytes, mask: mask))
      }
    }
    return result
  }

  private func treeOfVersion2(_ address: Int) throws -> [Entry] {
    var result: [Entry] = []
    let tree = try BTree2(file, at: address)
    guard tree.kind == (isFiltered ? 11 : 10) else { throw Malformed("a tree of another kind") }
    let sizeBytes = tree.recordBytes - file.widths.address - 4 - 8 * grid.shape.count
    try tree.forEach { record in
      let address = try record.address(file.widths)
      let bytes = isFiltered ? try record.integer(sizeBytes) : plainBytes
      let mask = isFiltered ? UInt32(try record.unsigned(4)) : 0
      let scaled = try grid.chunk.map { _ in try record.integer(8) }
      if let address, let index = grid.index(of: scaled) {
        result.append(Entry(index: index, address: address, bytes: bytes, mask: mask))
      }
    }
    return result
  }

  /// Turns the elements of an array index, which count chunks in the largest shape, into entries.
  private func entries(_ elements: [[UInt8]], unlimitedFirst: Bool) throws -> [Entry] {
    var result: [Entry] = []
    let numbering = try numbering(unlimitedFirst: unlimitedFirst)
    for index in 0..<grid.count {
      let number = numbering.number(of: grid.coordinates(of: index))
      guard number < elements.count else { continue }
      var reader = ByteReader(elements[number])
      guard let address = try reader.address(file.widths) else { continue }
      let bytes = isFiltered ? try reader.integer(reader.remaining - 4) : plainBytes
      let mask = isFiltered ? UInt32(try reader.unsigned(4)) : 0
      result.append(Entry(index: index, address: address, bytes: bytes, mask: mask))
    }
    return result
  }

  /// How chunks are counted: row-major in the largest shape, in some indexes with the axis that grows first.
  private struct Numbering {
    var axes: [Int]
    var steps: [Int]

    func number(of coordinates: [Int]) -> Int {
      var number = 0
      for (axis, step) in zip(axes, steps) {
        let (product, overflow) = coordinates[axis].multipliedReportingOverflow(by: step)
        let (sum, beyond) = number.addingReportingOverflow(product)
        if overflow || beyond { return .max }
        number = sum
      }
      return number
    }
  }

  private func numbering(unlimitedFirst: Bool) throws -> Numbering {
    var axes = Array(grid.shape.indices)
    if unlimitedFirst, let unlimited = largest.firstIndex(where: { $0 == nil }) {
      axes.remove(at: unlimited)
      axes.insert(unlimited, at: 0)
    }
    var steps = [Int](repeating: 1, count: axes.count)
    for place in axes.indices.dropLast().reversed() {
      let axis = axes[place + 1]
      guard let extent = largest[axis], extent >= 0 else { throw Malformed("chunks along two axes without a bound") }
      let chunks = extent == 0 ? 0 : (extent - 1) / grid.chunk[axis] + 1
      let (step, overflow) = steps[place + 1].multipliedReportingOverflow(by: chunks)
      steps[place] = overflow ? .max : step
    }
    return Numbering(axes: axes, steps: steps)
  }
}
