import Dispatch
import StomicsCore
import Synchronization

/// Does the tasks of a grid, several side by side where there are cores for it.
///
/// A task's result does not depend on which others run beside it: each has its own random numbers and buffers.
public struct EvaluationRunner: Sendable {
  public let grid: EvaluationGrid
  public let set: SliceSet

  public init(_ grid: EvaluationGrid, _ set: SliceSet) {
    self.grid = grid
    self.set = set
  }

  /// - Parameters:
  ///   - jobs: how many tasks run at once; the cores are shared among them
  ///   - onResult: called with each result, one at a time, in the order they end
  ///   - interrupted: asked between tasks
  /// - Returns: whether all tasks were done.
  /// - Throws: what `onResult` throws; tasks that have begun end first.
  public func run(
    _ tasks: [EvaluationTask], jobs: Int, onResult: @Sendable (EvaluationTask, EvaluationResult) throws -> Void,
    interrupted: @Sendable () -> Bool = { false }
  ) throws -> Bool {
    let jobs = max(1, min(jobs, tasks.count))
    let threads = Threads.count
    Threads.count = max(1, threads / jobs)
    defer { Threads.count = threads }
    let next = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    let stopped = Atomic<Bool>(false)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while true {
        if interrupted() { stopped.store(true, ordering: .relaxed) }
        if stopped.load(ordering: .relaxed) { return }
        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if number >= tasks.count { return }
        let result = tasks[number].run(grid, set)
        failure.withLock { failure in
          if failure != nil { return }
          do { try onResult(tasks[number], result) } catch {
            failure = error
            stopped.store(true, ordering: .relaxed)
          }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return !stopped.load(ordering: .relaxed)
  }
}
