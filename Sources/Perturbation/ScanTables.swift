import AnnData
import StomicsCore

/// A scan's results as tab-separated text and as an AnnData of genes.
public enum ScanTables {
  /// One line a gene, the strongest first.
  public static func genes(_ result: ScanResult) -> String {
    let classes = result.classNames
    let header =
      [
        "gene", "rank", "mean_expression", "detection_rate", "expressing_spots", "edited_spots", "reached_spots",
        "changed_spots", "changed_edited_spots", "mean_probability_change", "local_probability_change",
        "spillover_probability_change", "mean_embedding_shift", "towards", "away_from", "p_value", "q_value",
      ] + ["shift_", "own_shift_", "dependence_", "p_", "q_", "first_order_", "gradient_x_input_"].flatMap { name in
        classes.map { name + $0 }
      }
    let rows = result.ranking.enumerated().map { rank, g in
      let effect = result.effects[g]
      let direction = effect.direction
      var row = [
        result.genes[g], "\(rank + 1)", "\(result.meanExpression[g])", "\(result.detectionRate[g])",
        "\(effect.expressingSpots)", "\(effect.editedSpots)", "\(effect.reachedSpots)", "\(effect.changedSpots)",
        "\(effect.changedEditedSpots)", "\(effect.probabilityChange)", "\(effect.localProbabilityChange)",
        "\(effect.spilloverProbabilityChange)", "\(effect.embeddingShift)", direction.map { classes[$0.towards] } ?? "",
        direction.map { classes[$0.awayFrom] } ?? "", number(result.p[g]), number(result.q[g]),
      ]
      row += effect.shift.map { "\($0)" } + effect.ownShift.map { "\($0)" }
      row += (result.dependence[g] + result.domainP[g] + result.domainQ[g]).map(number)
      row += result.firstOrder.shifts.row(g).map { "\($0)" }
      row += result.firstOrder.gradientTimesInput.row(g).map { "\($0)" }
      return row
    }
    return TabSeparated.text([header] + rows)
  }

  /// One line a spot: how many genes' edits change its domain, and which changes its probabilities most.
  public static func spots(_ result: ScanResult, names: [String], domains: [String]) -> String {
    let rows = zip(result.spots, zip(names, domains)).map { spot, labels in
      [
        labels.0, labels.1, "\(spot.changingGenes)",
        spot.strongestGene < 0 ? "" : result.modelGenes[spot.strongestGene], "\(spot.strongestChange)",
      ]
    }
    return TabSeparated.text([["spot", "domain", "changing_genes", "strongest_gene", "strongest_change"]] + rows)
  }

  /// An AnnData with the genes as observations: X the perturbation signatures (mean embedding shift, `[G, D]`), the
  /// numbers of the table in obs, shifts by domain in obsm.
  public static func signatures(_ result: ScanResult) -> AnnData {
    let width = result.effects.first?.signature.count ?? 0
    var obs = DataFrame(index: result.genes)
    func add(_ name: String, _ values: [Float]) { obs[name] = .numeric(.float32(values)) }
    add("mean_expression", result.meanExpression.map(Float.init))
    add("detection_rate", result.detectionRate.map(Float.init))
    add("mean_probability_change", result.effects.map(\.probabilityChange))
    add("mean_embedding_shift", result.effects.map(\.embeddingShift))
    add("p_value", result.p.map(Float.init))
    add("q_value", result.q.map(Float.init))
    obs["changed_spots"] = .numeric(.int32(result.effects.map { Int32($0.changedSpots) }))
    obs["towards"] = .categorical(
      Categorical(
        codes: result.effects.map { $0.direction.map { Int32($0.towards) } ?? -1 }, categories: result.classNames))
    var adata = AnnData(
      x: .array(
        DenseArray(Matrix(rows: result.genes.count, columns: width, values: result.effects.flatMap(\.signature)))),
      obs: obs, var: DataFrame(index: (0..<width).map { "dimension_\($0)" }))
    let classes = result.classNames.count
    func byDomain(_ values: [Float]) -> Element {
      .array(DenseArray(Matrix(rows: result.genes.count, columns: classes, values: values)))
    }
    adata.obsm["shift"] = byDomain(result.effects.flatMap(\.shift))
    adata.obsm["own_shift"] = byDomain(result.effects.flatMap(\.ownShift))
    adata.obsm["dependence"] = byDomain(result.dependence.flatMap { $0.map(Float.init) })
    adata.uns["domains"] = .strings(StringArray(result.classNames))
    return adata
  }

  private static func number(_ value: Double) -> String { value.isNaN ? "" : "\(value)" }
}
