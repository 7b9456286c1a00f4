import AnnData
import StomicsCore
import Training

/// What a command that draws is given: a file, or the folder of a run.
struct RunInput {
  let path: String
  /// The run; nil where a file was given.
  let run: RunFolder?

  init(_ path: String) {
    let folder = RunFolder(path)
    self.path = folder.path
    // The folder of an instrument's run is no run of ours; reading it says what to do.
    let isOurs = PathKind(path) == .folder && (PathKind(folder.results) == .file || (try? SliceInput(path)) == nil)
    run = isOurs ? folder : nil
  }

  /// The slice to draw.
  var slice: String { run?.results ?? path }
  var history: String { run?.history ?? path }
  /// The last part of the path.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The run's scores on its test spots, where it has them.
  var testScores: String? {
    guard let run, let test = try? RunMetrics(contentsOf: run.metrics).test, let ari = test.ari,
      let accuracy = test.accuracy
    else { return nil }
    return "test spots: ARI \(ari.formatted(decimals: 3)) · accuracy \(accuracy.formatted(decimals: 3))"
  }
}
