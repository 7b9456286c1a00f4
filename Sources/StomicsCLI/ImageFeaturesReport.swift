import AnnData
import ImageFeatures
import OrderedCollections
import StomicsCore

extension ImageFeaturesCommand {
  /// What was computed.
  struct Report: Encodable {
    var output: String
    var key: String
    var spots: Int
    var columns: Int
    var image: String
    var imageWidth: Int
    var imageHeight: Int
    var scaleFactor: Double
    var spotDiameterPixels: Double
    /// The side of each scale's patches.
    var patchPixels: [Int]
    var features: [String]
    /// nil without stain features.
    var stain: StainChoice?
    var standardised: Bool
    /// Spots whose patch lay outside of the image.
    var spotsDropped: Int

    var text: String {
      let sides = patchPixels.map { "\($0.grouped) x \($0.grouped)" }.joined(separator: " and ")
      var text =
        "Wrote \(output): obsm/\(key), \(spots.grouped) spots x \(columns.grouped) features of \(image) "
        + "(\(imageWidth.grouped) x \(imageHeight.grouped) pixels), from patches of \(sides) pixels."
      if spotsDropped > 0 { text += " \(spotsDropped.grouped) spots outside of the image are left out." }
      return text
    }
  }

  /// How the features were made, for `uns/image_features/<key>`.
  func record(
    _ picture: SpotPicture, _ options: ImageFeatureOptions, _ diameters: [Double],
    _ scaling: (means: [Float], deviations: [Float])?
  ) -> Element {
    func numbers(_ values: [Double]) -> Element {
      .array(DenseArray(shape: [values.count], values: .float64(values)))
    }
    var record: OrderedDictionary<String, Element> = [
      "names": .strings(StringArray(options.names)),
      "scale_factor": .scalar(.float64([picture.scale])),
      "spot_diameter_pixels": .scalar(.float64([picture.diameter])),
      "patch_diameters": numbers(diameters),
      "patch_pixels": .array(
        DenseArray(shape: [diameters.count], values: .int64(options.scales.map { Int64($0.side) }))),
      "version": .string(stomicsVersion),
    ]
    for (key, value) in picture.origin { record[key] = .string(value) }
    if options.groups.contains(.stain) {
      record["stain"] = .string(stain.rawValue)
      record["stain_names"] = .strings(StringArray(options.stains.names))
      record["stain_vectors"] = .array(
        DenseArray(shape: [3, 3], values: .float64(options.stains.vectors.flatMap { $0 })))
    }
    if let (means, deviations) = scaling {
      record["means"] = .array(DenseArray(shape: [means.count], values: .float32(means)))
      record["stds"] = .array(DenseArray(shape: [deviations.count], values: .float32(deviations)))
    }
    return .dictionary(record)
  }
}

extension AnnData {
  /// Keeps how image features were made, beside the records of other keys.
  mutating func setImageRecord(_ record: Element, key: String) {
    var records: OrderedDictionary<String, Element> = [:]
    if case .dictionary(let existing)? = uns[Keys.imageFeaturesRecord] { records = existing }
    records[key] = record
    uns[Keys.imageFeaturesRecord] = .dictionary(records)
  }
}

extension Matrix {
  /// Brings each column to mean 0 and standard deviation 1 (over n); a column of one value becomes 0.
  /// - Returns: what was taken off, and what was divided by (1 for a column of one value), `[columns]` each.
  mutating func standardiseColumns() -> (means: [Float], deviations: [Float]) {
    var means = [Float](repeating: 0, count: columns)
    var deviations = [Float](repeating: 1, count: columns)
    for j in 0..<columns {
      let column = (0..<rows).map { Double(self[$0, j]) }
      let mean = column.reduce(0, +) / Double(rows)
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
      let isConstant = column.allSatisfy { $0 == column[0] }
      means[j] = Float(mean)
      if !isConstant && variance > 0 { deviations[j] = Float(variance.squareRoot()) }
      for i in 0..<rows { self[i, j] = isConstant ? 0 : Float((column[i] - mean) / Double(deviations[j])) }
    }
    return (means, deviations)
  }
}
