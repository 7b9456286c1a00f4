import ArgumentParser

/// Flags of a scan over genes.
struct ScanFlags: ParsableArguments {
  @Flag(help: "Edit every gene of the model by itself (or those of --gene), each exactly, and rank them.")
  var scan = false

  @Flag(help: "Rank every gene by gradients in one backward pass a domain, checked exactly on some of them.")
  var firstOrder = false

  @Option(
    help: ArgumentHelp(
      "Genes of like mean expression and detection rate that a gene's effect is compared with.", valueName: "n"))
  var nullGenes: Int?

  @Flag(help: "Go on with a scan that was stopped.")
  var resume = false

  @Option(help: ArgumentHelp("How many genes the printed table shows.", valueName: "n"))
  var top: Int?

  var isAsked: Bool { scan || firstOrder }

  func validate() throws {
    if scan && firstOrder {
      throw ValidationError("--scan holds the first-order estimates too; give --scan or --first-order.")
    }
    if let nullGenes, nullGenes < 1 { throw ValidationError("--null-genes is \(nullGenes); give 1 or more.") }
    if let top, top < 0 { throw ValidationError("--top is \(top); give 0 or more.") }
    if firstOrder && (resume || nullGenes != nil) {
      throw ValidationError("--resume and --null-genes go with --scan.")
    }
  }

  /// The flags that mean nothing for single edits.
  func refuseWithoutScan() throws {
    for (isGiven, flag) in [(nullGenes != nil, "--null-genes"), (resume, "--resume"), (top != nil, "--top")]
    where isGiven { throw ValidationError("\(flag) goes with --scan.") }
  }
}
