import Evaluation
import StomicsCore
import Synchronization

/// Shows an evaluation while it runs: how many tasks are done, how long the rest will take, and a table of what there is.
final class EvaluationBoard: Sendable {
  private struct State {
    /// By the place of their task; nil where it is not done.
    var results: [EvaluationResult?]
    var done: Int
    var lastTable: ContinuousClock.Instant
  }

  /// Tasks that are not done.
  let pending: [EvaluationTask]
  private let places: [String: Int]
  private let console: Console
  private let progress: Progress
  private let state: Mutex<State>
  private let interval = Duration.seconds(30)

  /// Takes up what the folder holds.
  init(_ tasks: [EvaluationTask], folder: EvaluationFolder, console: Console) throws {
    let found = try tasks.map { try folder.result(of: $0) }
    let done = found.count { $0 != nil }
    pending = zip(tasks, found).filter { $1 == nil }.map(\.0)
    places = Dictionary(tasks.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    self.console = console
    if done > 0 { console.note("\(done) of \(tasks.count) tasks are done already") }
    progress = console.progress("evaluating", total: tasks.count, unit: "tasks", startingAt: done)
    state = Mutex(State(results: found, done: done, lastTable: .now))
  }

  /// Every finished task's result, in the order of the tasks.
  var results: [EvaluationResult] { state.withLock { $0.results.compactMap { $0 } } }

  func add(_ result: EvaluationResult, of task: EvaluationTask) {
    let (done, due) = state.withLock { state in
      if let place = places[task.key] { state.results[place] = result }
      state.done += 1
      let due = ContinuousClock.Instant.now - state.lastTable >= interval
      if due { state.lastTable = .now }
      return (state.done, due)
    }
    if let failure = result.failure {
      console.warning("\(result.method) on \(result.unit), seed \(result.seed): \(failure)")
    }
    let ari = result.slices.compactMap { Measure.ari.value($0) }
    progress.update(
      done,
      detail: "\(result.method), \(result.unit), seed \(result.seed)"
        + (ari.isEmpty ? "" : ": ARI \(ari.map { $0.formatted(decimals: 3) }.joined(separator: ", "))"))
    if due && !console.isQuiet { console.note(liveTable) }
  }

  func finish() { progress.finish("\(results.count) tasks") }

  /// The table of what there is so far.
  private var liveTable: String {
    var order = [String]()
    var scores: [String: (ari: [Double], accuracy: [Double])] = [:]
    for result in results {
      let name = result.kind.title(result.method)
      if scores[name] == nil {
        order.append(name)
        scores[name] = ([], [])
      }
      scores[name]?.ari += result.slices.compactMap { Measure.ari.value($0) }
      scores[name]?.accuracy += result.slices.compactMap { Measure.accuracy.value($0) }
    }
    func mean(_ values: [Double]) -> String {
      values.isEmpty ? "-" : (values.reduce(0, +) / Double(values.count)).formatted(decimals: 3)
    }
    return TextTable(
      ["so far", "scores", "ARI", "accuracy"],
      rows: order.map { name in
        let own = scores[name] ?? ([], [])
        return [name, "\(own.ari.count)", mean(own.ari), mean(own.accuracy)]
      }
    ).text
  }

  /// The table at the end.
  func table(_ methods: [EvaluationSummary.Method], title: (EvaluationSummary.Method) -> String) -> TextTable {
    func text(_ value: Double?) -> String { value.map { $0.formatted(decimals: 3) } ?? "-" }
    return TextTable(
      ["", "ARI", "sd", "worst", "NMI", "accuracy", "macro F1", "log-loss", "ECE", "over control", "over floor"],
      rows: methods.map { method in
        func value(_ measure: Measure) -> EvaluationSummary.Value? { method.values[measure.rawValue] }
        func mean(_ differences: [EvaluationSummary.Difference]) -> String {
          if differences.isEmpty { return "" }
          let mean = differences.reduce(0) { $0 + $1.mean } / Double(differences.count)
          return (mean >= 0 ? "+" : "") + mean.formatted(decimals: 3)
        }
        let ari = value(.ari)
        return [
          title(method), text(ari?.mean), text(ari?.slicesDeviation ?? ari?.seedsDeviation), text(ari?.worst),
          text(value(.nmi)?.mean), text(value(.accuracy)?.mean), text(value(.macroF1)?.mean),
          text(value(.logLoss)?.mean), text(value(.ece)?.mean), mean(method.aboveControl), mean(method.aboveFloor),
        ]
      })
  }
}
