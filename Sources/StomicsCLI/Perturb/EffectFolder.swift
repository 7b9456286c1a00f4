import AnnData
import Models
import Perturbation
import Plotting
import StomicsCore

/// The folder that `stomics perturb` leaves: tables, an annotated slice, a map for each edit.
struct EffectFolder {
  let path: String
  /// The slice's file, for the pictures' provenance.
  let slice: String
  let options: SliceOptions
  let dpi: Double

  init(_ path: String, slice: String, options: SliceOptions, dpi: Double) {
    self.path = path
    self.slice = slice
    self.options = options
    self.dpi = dpi
  }

  /// - Parameter hops: how far the model sees along its graph
  func write(
    _ effects: [Effect], _ slice: AnnData, maps: Bool, hops: Int, compression: OutputPacking
  ) throws {
    var adata = slice
    try makeFolder(path)
    try write(EffectTables.summary(effects), to: "effects.tsv")
    try write(EffectTables.spots(effects, names: adata.obs.index), to: "spots.tsv")
    try write(EffectTables.transitions(effects), to: "transitions.tsv")
    try write(EffectTables.hops(effects, upTo: hops), to: "hops.tsv")
    if maps, adata.obsm[options.spatialKey] != nil {
      for (name, effect) in zip(EffectTables.plainNames(effects), effects) { try draw(effect, adata, name: name) }
    }
    EffectTables.annotate(&adata, effects)
    try adata.bindLabelColors(Keys.predictedDomain, known: knownColors(adata))
    try adata.write(to: path + "/perturbed.h5ad", compression: compression.compression)
  }

  private func write(_ text: String, to name: String) throws {
    try AtomicFile.write([UInt8](text.utf8), to: path + "/" + name)
  }

  /// The colours of the labels the model was trained on, where the slice has them.
  private func knownColors(_ adata: AnnData) -> [String: Color] {
    adata.truthColumn(nil).map { adata.labelColors($0) } ?? [:]
  }

  private func draw(_ effect: Effect, _ adata: AnnData, name: String) throws {
    let known = knownColors(adata)
    let classes = effect.before.classNames
    let colors = Palette.bind(classes, known: known)
    func labels(_ prediction: Prediction) -> Labels {
      Labels(codes: prediction.codes.map(Int.init), names: classes, colors: classes.map { colors[$0] ?? .missing })
    }
    let before = labels(effect.before)
    let after = labels(effect.after)
    var panels: [SpatialMap.Panel] = [
      .init("Before", .labels(before)), .init("After", .labels(after)),
      .init("Changed domain", .difference(before, after, style: .changes)),
      .init(
        "Change of probabilities",
        .values(
          effect.probabilityChange.map(Double.init), ValueScale(.reds, lower: .value(0), label: "total variation"))),
    ]
    if effect.edit.spots != nil {
      let edited = Set(effect.editedSpots)
      panels.insert(
        .init(
          "Edited spots",
          .labels(
            Labels(
              codes: effect.hops.indices.map { edited.contains($0) ? 0 : 1 }, names: ["edited", "as it was"],
              colors: [.changed, .unchanged]))), at: 0)
    }
    let figure = SpatialMap(
      try options.tissue(adata), panels: panels, title: "\(effect.edit.name): \(effect.edit.kind.words)",
      columns: options.columns ?? (panels.count == 4 ? 2 : 3), spotScale: options.spotScale,
      spotOpacity: options.spotOpacity)
    try figure.write(
      to: "\(path)/\(name).png", dotsPerInch: dpi,
      provenance: Provenance(title: "perturbation of \(effect.edit.name)", source: slice))
  }
}

extension Edit.Kind {
  /// As a title says it.
  var words: String { name + (amount.map { " \($0)" } ?? "") }
}

/// What a perturbation changed, one entry an edit.
struct PerturbationSummary: Encodable {
  struct Entry: Encodable {
    let genes: [String]
    let type: String
    let amount: Double?
    let expressingSpots: Int
    let editedSpots: Int
    let changedSpots: Int
    let spots: Int
    let meanProbabilityChange: Double
    let meanEmbeddingShift: Double
    let towards: String?
    let awayFrom: String?
  }

  let folder: String
  let effects: [Entry]

  init(_ effects: [Effect], folder: String) {
    self.folder = folder
    self.effects = effects.map { effect in
      Entry(
        genes: effect.edit.genes, type: effect.edit.kind.name, amount: effect.edit.kind.amount,
        expressingSpots: effect.expressingSpots, editedSpots: effect.editedSpots.count,
        changedSpots: effect.changedSpots.count, spots: effect.before.codes.count,
        meanProbabilityChange: effect.meanProbabilityChange, meanEmbeddingShift: effect.meanEmbeddingShift,
        towards: effect.direction?.towards, awayFrom: effect.direction?.awayFrom)
    }
  }

  var text: String {
    var table = TextTable([
      "genes", "edit", "expressed in", "edited", "changed domain", "probability change", "embedding shift", "moves to",
    ])
    for effect in effects {
      table.rows.append([
        effect.genes.joined(separator: "+"), effect.type + (effect.amount.map { " \($0)" } ?? ""),
        "\(effect.expressingSpots.grouped) spots", "\(effect.editedSpots.grouped)",
        "\(effect.changedSpots.grouped) of \(effect.spots.grouped)",
        effect.meanProbabilityChange.formatted(significantDigits: 3),
        effect.meanEmbeddingShift.formatted(significantDigits: 3),
        effect.towards.map { "\($0) (from \(effect.awayFrom ?? "?"))" } ?? "-",
      ])
    }
    return table.text
      + "\nThe model's responses, not causal claims. Tables, maps and perturbed.h5ad are in \(folder)."
  }
}
