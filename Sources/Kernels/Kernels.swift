import StomicsCore

/// The hot loops of models and training, over contiguous row-major Float.
///
/// Every function cuts its work into blocks that depend on the sizes alone and runs them through `parallelFor`; partial
/// sums are added in block order. So results have the same bytes for any number of threads. "Accumulates" means: adds to
/// what the destination holds. Sizes are the caller's promise: these functions see pointers, no bounds.
public enum Kernels {
  /// Elements that are read.
  public typealias Input = UnsafePointer<Float>
  /// Elements that are written or added to.
  public typealias Output = UnsafeMutablePointer<Float>

  /// Elements a block of an elementwise kernel works on.
  static let elementBlock = 16_384

  /// Rows a block of a row kernel works on: about 16,384 elements.
  static func rowBlock(columns: Int) -> Int { max(1, elementBlock / max(1, columns)) }

  /// Runs `body` over 0..<count in fixed blocks, with the first index and the number of elements of each.
  static func elements(_ count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    parallelRows(count, blockSize: elementBlock) { body($0.lowerBound, $0.count) }
  }

  /// Runs `body` over fixed blocks of rows, each with its own zeroed partial sums `[width]`, then hands the sum of all
  /// partial sums, added in block order, to `finish`.
  static func reducingRows(
    _ rows: Int, blockSize: Int, width: Int, _ body: (Range<Int>, Output) -> Void, finish: (Input) -> Void
  ) {
    let blocks = max(1, (rows + blockSize - 1) / blockSize)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks * width) { buffer in
      buffer.initialize(repeating: 0)
      guard let partial = buffer.baseAddress else { return }
      parallelFor(blocks) { block in
        body(block * blockSize..<min(rows, (block + 1) * blockSize), partial + block * width)
      }
      for block in 1..<max(1, blocks) {
        let row = partial + block * width
        for k in 0..<width { partial[k] += row[k] }
      }
      finish(partial)
    }
  }
}

/// Plain Swift forms of every kernel, block by block: the oracle of the tests, and what runs where no C kernel does.
///
/// Pointers stand at the block's first row or element; `first` is that element's place in the whole array, which
/// dropout counts from.
enum Reference {
  typealias Input = Kernels.Input
  typealias Output = Kernels.Output
}
