import Models
import StomicsCore

extension ScanRecord {
  /// Writes the record where a later call can go on from it.
  public func write(to path: String, identity: String, classes: Int) throws {
    var file = Safetensors()
    file.metadata = ["scan": identity, "classes": "\(classes)", "flops": "\(flops)"]
    let width = effects.first?.row.count ?? 0
    file.tensors["effects"] = Safetensors.Tensor(shape: [effects.count, width], values: effects.flatMap(\.row))
    file.tensors["spots"] = Safetensors.Tensor(
      shape: [spots.count, 3],
      values: spots.flatMap { [Float($0.changingGenes), Float($0.strongestGene), $0.strongestChange] })
    try file.write(to: path)
  }

  /// Reads a record; nil where the file is of another scan, or damaged in its numbers.
  /// - Throws: `FileError`, `ModelError` where the file cannot be read
  public init?(contentsOf path: String, of scan: GeneScan) throws {
    let (identity, spotCount) = (scan.identity, scan.spotCount)
    let file = try Safetensors(contentsOf: path)
    guard file.metadata["scan"] == identity, let classes = file.metadata["classes"].flatMap(Int.init), classes > 0,
      let flops = file.metadata["flops"].flatMap(Double.init), let rows = file.tensors["effects"],
      let spots = file.tensors["spots"], rows.shape.count == 2,
      spots.shape == [spotCount, 3],
      rows.shape[1] > GeneEffect.width(classes: classes, embedding: 0) || rows.shape[0] == 0,
      (rows.values + spots.values).allSatisfy({ abs($0) <= 1e9 })
    else { return nil }
    self.flops = flops
    let width = rows.shape[1]
    effects = (0..<rows.shape[0]).map {
      GeneEffect(row: rows.values[$0 * width..<($0 + 1) * width], classes: classes)
    }
    self.spots = (0..<spotCount).map { i in
      SpotSensitivity(
        changingGenes: Int(spots.values[3 * i]), strongestGene: Int(spots.values[3 * i + 1]),
        strongestChange: spots.values[3 * i + 2])
    }
    let genes = scan.columns
    guard effects.map(\.column) == Array(genes.prefix(effects.count)),
      self.spots.allSatisfy({ $0.strongestGene >= -1 && $0.strongestGene <= genes.last ?? -1 })
    else { return nil }
  }
}
