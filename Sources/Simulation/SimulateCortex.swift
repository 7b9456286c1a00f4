import AnnData
import OrderedCollections
import StomicsCore

/// Simulates a slice of a laminar cortex on the Visium grid.
///
/// - X: raw counts `[N, G]`, sparse.
/// - obs: `in_tissue`, `array_row`, `array_col`, `layer` (Layer1 to Layer6, WM; missing where asked for),
///   `cortical_depth` (0 pia to 1). With missing labels also `layer_truth`, which has them all.
/// - var: `gene_ids`, `simulated_marker` (the layer in which the gene is highest; missing for genes that follow no
///   layer), `simulated_program` (the smooth program it follows; missing for none).
/// - obsm: `spatial`, pixels of the full-resolution image, x to the right, y down.
/// - uns: `spatial/<library>` with scale factors and, where asked for, the images; `simulation` with the options.
/// - Throws: `SimulationError` for options that make no sense.
/// - Source: docs/simulation.md derives the model and its numbers.
public func simulateCortex(_ options: SimulationOptions) throws -> AnnData {
  try options.validate()
  let tissue = Tissue(options: options)
  let spots = SpotTable(tissue: tissue, seed: options.seed)
  let plans = GenePlan.plans(options: options)
  let counts = sampleCounts(plans: plans, spots: spots, seed: options.seed)

  // Real slices list their spots by barcode, not by place.
  let barcodes = tissue.spots.map(barcode)
  let order = barcodes.indices.sorted { barcodes[$0] < barcodes[$1] }
  var data = AnnData(
    x: .sparse(SparseArray(counts.gatheringRows(order))),
    obs: observations(tissue: tissue, spots: spots, order: order, barcodes: barcodes, options: options),
    var: variables(plans))
  var pixels: [Double] = []
  for i in order {
    let pixel = HexGrid.pixel(tissue.grid.point(tissue.spots[i]))
    pixels += [pixel.x, pixel.y]
  }
  data.obsm[Keys.spatial] = .array(DenseArray(shape: [order.count, 2], values: .float64(pixels)))
  data.uns[Keys.spatial] = .dictionary([
    options.library: .dictionary(spatialRecord(tissue: tissue, options: options))
  ])
  data.uns["simulation"] = .dictionary([
    "spots": .scalar(.int64([Int64(options.spots)])),
    "genes": .scalar(.int64([Int64(options.genes)])),
    "seed": .string(String(options.seed)),
    "gene_seed": .string(String(options.geneSeed ?? options.seed)),
    "missing_labels": .scalar(.float64([options.missingLabels])),
    "depth": .scalar(.float64([options.depth ?? CortexModel.defaultDepth(genes: options.genes)])),
    "version": .string(stomicsVersion),
  ])
  return data
}

private func observations(
  tissue: Tissue, spots: SpotTable, order: [Int], barcodes: [String], options: SimulationOptions
) -> DataFrame {
  let positions = order.map { tissue.grid.position(tissue.spots[$0]) }
  let truth = Categorical(
    codes: order.map { Int32(spots.layers[$0]) }, categories: CortexModel.layers, ordered: true)
  var given = truth
  var generator = SeededGenerator(seed: options.seed, stream: CortexModel.Stream.labels)
  let missing = Int((options.missingLabels * Double(order.count)).rounded())
  for i in generator.permutation(order.count).prefix(missing) { given.codes[i] = -1 }

  var table = DataFrame(index: order.map { barcodes[$0] })
  table[Keys.inTissue] = .numeric(.int64([Int64](repeating: 1, count: order.count)))
  table["array_row"] = .numeric(.int64(positions.map { Int64($0.row) }))
  table["array_col"] = .numeric(.int64(positions.map { Int64($0.column) }))
  table["layer"] = .categorical(given)
  if missing > 0 { table["layer_truth"] = .categorical(truth) }
  table["cortical_depth"] = .numeric(
    .float64(order.map { tissue.relativeDepth(at: tissue.grid.point(tissue.spots[$0])) }))
  return table
}

private func variables(_ plans: [GenePlan]) -> DataFrame {
  var table = DataFrame(index: plans.map(\.symbol))
  table[Keys.geneIDs] = .strings(plans.map(\.id))
  let peaks = plans.map { plan -> Int32 in
    guard let top = plan.profile.max(), let layer = plan.profile.firstIndex(of: top) else { return -1 }
    return Int32(layer)
  }
  table["simulated_marker"] = .categorical(
    Categorical(codes: peaks, categories: CortexModel.layers, ordered: true))
  table["simulated_program"] = .categorical(
    Categorical(
      codes: plans.map { Int32($0.program?.index ?? -1) },
      categories: (1...CortexModel.programs).map { "program\($0)" }))
  return table
}

/// What stands under `uns/spatial/<library>`, as scanpy's reader of Visium folders leaves it.
private func spatialRecord(tissue: Tissue, options: SimulationOptions) -> OrderedDictionary<String, Element> {
  var images: OrderedDictionary<String, Element> = [:]
  var factors: OrderedDictionary<String, Element> = [
    "fiducial_diameter_fullres": number(HexGrid.fiducialDiameterMicrons * HexGrid.pixelsPerMicron),
    "spot_diameter_fullres": number(HexGrid.spotDiameterMicrons * HexGrid.pixelsPerMicron),
  ]
  for (name, longestSide) in [("hires", 600), ("lowres", 200)] {
    let picture = TissuePicture(tissue: tissue, longestSide: longestSide, seed: options.seed)
    factors["tissue_\(name)_scalef"] = number(picture.pixelsPerFullPixel)
    guard options.image else { continue }
    images[name] = .array(
      DenseArray(shape: [picture.height, picture.width, 3], values: .uint8(picture.drawn())))
  }
  return [
    "images": .dictionary(images),
    "metadata": .dictionary(["source": .string("stomics simulate, version \(stomicsVersion)")]),
    "scalefactors": .dictionary(factors),
  ]
}

private func number(_ value: Double) -> Element { .scalar(.float64([value])) }

/// A sixteen-letter barcode of the spot with the given number: another one for every number.
private func barcode(_ number: Int) -> String {
  // An odd factor permutes the 32-bit numbers.
  var bits = UInt32(truncatingIfNeeded: number + 1) &* 0x9E37_79B1
  bits ^= bits >> 15
  let letters: [Character] = ["A", "C", "G", "T"]
  var text = ""
  for _ in 0..<16 {
    text.append(letters[Int(bits & 3)])
    bits >>= 2
  }
  return text + "-1"
}
