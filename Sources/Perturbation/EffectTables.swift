import AnnData
import OrderedCollections
import StomicsCore

/// Effects as tab-separated text and as columns of an AnnData.
public enum EffectTables {
  /// One line an edit: what was done, how much changed, in which direction.
  public static func summary(_ effects: [Effect]) -> String {
    let classes = effects.first?.before.classNames ?? []
    let header =
      [
        "genes", "type", "amount", "spots", "expressing_spots", "edited_spots", "changed_spots", "changed_share",
        "mean_probability_change", "mean_embedding_shift", "towards", "away_from",
      ] + classes.map { "shift_" + $0 }
    let rows = effects.map { effect in
      [
        effect.edit.name, effect.edit.kind.name, amount(effect),
        "\(effect.before.codes.count)", "\(effect.expressingSpots)", "\(effect.editedSpots.count)",
        "\(effect.changedSpots.count)",
        "\(share(effect.changedSpots.count, of: effect.before.codes.count))", "\(effect.meanProbabilityChange)",
        "\(effect.meanEmbeddingShift)", effect.direction?.towards ?? "", effect.direction?.awayFrom ?? "",
      ] + effect.meanProbabilityShift.map { "\($0)" }
    }
    return TabSeparated.text([header] + rows)
  }

  /// One line a spot and edit: domains before and after, change of probabilities and of the embedding.
  public static func spots(_ effects: [Effect], names: [String]) -> String {
    let classes = effects.first?.before.classNames ?? []
    let header =
      [
        "genes", "type", "amount", "spot", "hop", "before", "after", "changed", "probability_change", "embedding_shift",
      ]
      + classes.map { "d_" + $0 }
    var rows = [header]
    for effect in effects {
      for i in names.indices {
        let before = Int(effect.before.codes[i])
        let after = Int(effect.after.codes[i])
        rows.append(
          [
            effect.edit.name, effect.edit.kind.name, amount(effect), names[i],
            effect.hops[i] < 0 ? "" : "\(effect.hops[i])", classes[before], classes[after], before == after ? "0" : "1",
            "\(effect.probabilityChange[i])", "\(effect.embeddingShift[i])",
          ]
            + classes.indices.map { "\(effect.after.probabilities[i, $0] - effect.before.probabilities[i, $0])" })
      }
    }
    return TabSeparated.text(rows)
  }

  /// One line a pair of domains between which spots moved, or that they stayed in, and edit.
  public static func transitions(_ effects: [Effect]) -> String {
    var rows = [["genes", "type", "amount", "from", "to", "spots"]]
    for effect in effects {
      let names = effect.before.classNames
      for (from, row) in effect.transitions.enumerated() {
        for (to, count) in row.enumerated() where count > 0 {
          rows.append([effect.edit.name, effect.edit.kind.name, amount(effect), names[from], names[to], "\(count)"])
        }
      }
    }
    return TabSeparated.text(rows)
  }

  /// One line a distance from the edited spots, in hops of the model's graph, and edit.
  /// - Parameter most: how far the model sees
  public static func hops(_ effects: [Effect], upTo most: Int) -> String {
    var rows = [
      [
        "genes", "type", "amount", "hop", "spots", "changed_spots", "mean_probability_change", "mean_embedding_shift",
      ]
    ]
    for effect in effects {
      for ring in effect.rings(upTo: most) {
        rows.append([
          effect.edit.name, effect.edit.kind.name, amount(effect), "\(ring.hop)", "\(ring.spots)",
          "\(ring.changedSpots)", "\(ring.meanProbabilityChange)", "\(ring.meanEmbeddingShift)",
        ])
      }
    }
    return TabSeparated.text(rows)
  }

  private static func amount(_ effect: Effect) -> String { effect.edit.kind.amount.map { "\($0)" } ?? "" }

  /// A name for each edit that can be part of a file's or a column's name: no slashes, no two the same, at most 120
  /// bytes long (file systems allow 255).
  public static func plainNames(_ effects: [Effect]) -> [String] {
    var taken: Set<String> = []
    let isSeries = Set(effects.map { "\($0.edit.kind)" }).count > 1
    return effects.map { effect in
      let genes = effect.edit.genes
      var plain = effect.edit.name
      if plain.utf8.count > 120 {
        plain = String(genes[0].prefix(25)) + "+\(genes.count - 1)_more"
      }
      if isSeries { plain += "_" + effect.edit.kind.name + amount(effect) }
      plain = plain.replacing("/", with: "_")
      var name = plain
      var number = 1
      while !taken.insert(name).inserted {
        number += 1
        name = "\(plain)_\(number)"
      }
      return name
    }
  }

  /// Adds to obs the domain before (`domain`), and for every edit `domain_after_<genes>`, `probability_change_<genes>`
  /// and `embedding_shift_<genes>`; the names are those of `plainNames`.
  public static func annotate(_ adata: inout AnnData, _ effects: [Effect]) {
    effects.first?.before.annotate(&adata)
    for (name, effect) in zip(plainNames(effects), effects) {
      adata.obs["domain_after_\(name)"] = .categorical(
        Categorical(codes: effect.after.codes, categories: effect.after.classNames))
      adata.obs["probability_change_\(name)"] = .numeric(.float32(effect.probabilityChange))
      adata.obs["embedding_shift_\(name)"] = .numeric(.float32(effect.embeddingShift))
    }
  }

  private static func share(_ part: Int, of whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
