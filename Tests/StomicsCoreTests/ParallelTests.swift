import Dispatch
import Testing

@testable import StomicsCore

@Suite("Parallel loops")
struct ParallelTests {
  /// How often each block ran.
  private func counts(_ blocks: Int) -> [Int] {
    var result = [Int](repeating: 0, count: blocks)
    result.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let buffer = buffer
      parallelFor(blocks) { buffer[$0] += 1 }
    }
    return result
  }

  @Test("every block runs exactly once, in thousands of short jobs one after the other") func once() {
    for round in 0..<5000 {
      let blocks = round % 40
      #expect(counts(blocks) == [Int](repeating: 1, count: blocks))
    }
  }

  @Test("callers on several threads all finish") func concurrent() {
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<300 { #expect(counts(17) == [Int](repeating: 1, count: 17)) }
    }
  }
}
