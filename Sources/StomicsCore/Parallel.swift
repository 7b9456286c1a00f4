import Dispatch
import Glibc
import Synchronization

/// The one place that owns threads.
///
/// Work is cut into blocks whose number and borders never depend on the thread count; each block writes its own part of
/// the result, and partial sums are added in block order. So every result has the same bytes for any number of threads.
public enum Threads {
  private static let setting = Atomic<Int>(0)

  /// How many threads `parallelFor` uses: all cores until set.
  public static var count: Int {
    get {
      let value = setting.load(ordering: .relaxed)
      return value > 0 ? value : available
    }
    set {
      precondition(newValue >= 0, "a thread count is positive, or 0 for all cores")
      setting.store(newValue, ordering: .relaxed)
    }
  }

  /// Whether `parallelFor` works through its blocks by itself here.
  @TaskLocal static var isSerial = false

  /// Runs `body` with every `parallelFor` in it on the calling thread alone: for a body that itself is one of many blocks,
  /// each made of many small steps.
  public static func serially(_ body: () -> Void) { $isSerial.withValue(true, operation: body) }

  /// The number of processor cores that are online.
  public static let available = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// Runs `body` for every block in 0..<blocks, on `Threads.count` threads, in no particular order; returns when all are
/// done. A body may call this again: every caller works through blocks itself and needs no thread that it does not get.
public func parallelFor(_ blocks: Int, _ body: (Int) -> Void) {
  let workers = min(Threads.count, blocks)
  if workers <= 1 || Threads.isSerial {
    for block in 0..<blocks { body(block) }
    return
  }
  let next = Atomic<Int>(0)
  withoutActuallyEscaping(body) { body in
    // Blocks write disjoint parts of the result, so the closure may run on several threads though it is not Sendable.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if block >= blocks { return }
        body(block)
      }
    }
  }
}

/// Cuts 0..<count into fixed blocks of `size` rows and runs `body` for the rows of each, in parallel.
public func parallelRows(_ count: Int, blockSize size: Int, _ body: (Range<Int>) -> Void) {
  precondition(size > 0)
  parallelFor((count + size - 1) / size) { block in
    body(block * size..<min(count, (block + 1) * size))
  }
}
