/// Rows of a slice as it is, `[N, columns]`, followed by the rows of edited copies of some of its spots.
///
/// One block of memory, so that a kernel's source index tells an edited row from an unedited one by its place alone.
final class RowStore {
  let columns: Int
  /// N
  let baseRows: Int
  private(set) var values: UnsafeMutablePointer<Float>
  /// The slice's own rows and the edited ones.
  private(set) var rows: Int
  private var capacity: Int

  init(baseRows: Int, columns: Int) {
    self.baseRows = baseRows
    self.columns = columns
    rows = baseRows
    capacity = baseRows
    values = Self.allocate(baseRows * columns)
  }

  deinit { values.deallocate() }

  /// Makes room for so many edited rows; those of an earlier call are lost.
  func reserve(editedRows: Int) {
    rows = baseRows + editedRows
    guard baseRows + editedRows > capacity else { return }
    capacity = baseRows + editedRows + editedRows / 4
    let larger = Self.allocate(capacity * columns)
    larger.update(from: values, count: baseRows * columns)
    values.deallocate()
    values = larger
  }

  /// Where a row begins.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { values + index * columns }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }
}
