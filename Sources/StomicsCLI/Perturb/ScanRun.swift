import AnnData
import ArgumentParser
import Glibc
import Perturbation
import StomicsCore

/// `stomics perturb --scan` and `--first-order` after the flags are read.
struct ScanRun {
  let flags: ScanFlags
  let experiment: PerturbationExperiment
  let kind: Edit.Kind
  let genes: [String]?
  let positions: [Int]?
  let adata: AnnData
  let folder: String
  let compression: OutputPacking

  private var recordPath: String { folder + "/scan.partial.safetensors" }

  func run(console: Console) throws {
    try makeFolder(folder)
    let scan = try GeneScan(experiment, kind: kind, genes: genes, spots: positions)
    if flags.firstOrder { return try firstOrder(scan, console: console) }
    let start = ContinuousClock.now
    var record = try started(scan, console: console)
    try answer(scan, &record, console: console)
    let result = try console.step("comparing with genes of like expression") {
      try ScanResult(scan, record, nullSize: flags.nullGenes ?? 200)
    }
    let duration = ContinuousClock.now - start
    let domains = experiment.before.codes.map { experiment.before.classNames[Int($0)] }
    try write(ScanTables.genes(result), to: "genes.tsv")
    try write(ScanTables.spots(result, names: adata.obs.index, domains: domains), to: "spots.tsv")
    try ScanTables.signatures(result).write(to: folder + "/signatures.h5ad", compression: compression.compression)
    let summary = ScanSummary(result, spots: scan.spotCount, flops: record.flops, folder: folder)
    try summary.write(to: folder + "/scan.json")
    unlink(recordPath)
    try console.result(summary, text: summary.text(top: flags.top ?? 15, duration: duration))
  }

  /// The record to go on with, or a new one.
  private func started(_ scan: GeneScan, console: Console) throws -> ScanRecord {
    guard flags.resume else { return ScanRecord(spotCount: scan.spotCount) }
    guard PathKind(recordPath) == .file else {
      console.note("Nothing to go on with in \(folder): the scan starts anew.")
      return ScanRecord(spotCount: scan.spotCount)
    }
    guard let record = try ScanRecord(contentsOf: recordPath, of: scan) else {
      throw ScanError.anotherScan(recordPath)
    }
    console.note("Going on after \(record.effects.count.grouped) of \(scan.columns.count.grouped) genes.")
    return record
  }

  private func answer(_ scan: GeneScan, _ record: inout ScanRecord, console: Console) throws {
    let progress = console.progress(
      "scanning", total: scan.columns.count, unit: "genes", startingAt: record.effects.count)
    let classes = experiment.before.classNames.count
    var kept = ContinuousClock.now
    Interruption.listen()
    try scan.run(&record) { record in
      let done = record.effects.count
      progress.update(done, detail: experiment.geneName(scan.columns[done - 1]))
      let isStopped = Interruption.requested
      if isStopped || ContinuousClock.now - kept > .seconds(10) {
        try record.write(to: recordPath, identity: scan.identity, classes: classes)
        kept = .now
      }
      if isStopped && done < scan.columns.count {
        console.note("Stopped; go on with the same command and --resume.")
        throw ExitCode(Interruption.exitCode)
      }
    }
  }

  private func firstOrder(_ scan: GeneScan, console: Console) throws {
    let start = ContinuousClock.now
    let estimates = FirstOrderRanking(scan)
    let duration = ContinuousClock.now - start
    let check = try console.step("checking some exactly") { try estimates.check(genes: 60) }
    try write(estimates.table, to: "first_order.tsv")
    let summary = FirstOrderSummary(estimates, check, duration: duration, folder: folder)
    try console.result(summary, text: summary.text(top: flags.top ?? 15))
  }

  private func write(_ text: String, to name: String) throws {
    try AtomicFile.write([UInt8](text.utf8), to: folder + "/" + name)
  }
}

/// What can be wrong with a scan's folder.
enum ScanError: StomicsError, Equatable {
  case anotherScan(String)

  var kind: ErrorKind { .usage }

  var description: String {
    switch self {
    case .anotherScan(let path):
      "\(path) is of another scan: another model, slice, edit or version. Leave --resume out to start anew, or name another folder with -o."
    }
  }
}
