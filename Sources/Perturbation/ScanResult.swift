import AnnData
import Metrics
import Models
import Preprocessing
import StomicsCore

/// A finished scan: every gene's effect beside its null, its first-order estimate and its gradient times input.
public struct ScanResult: Sendable {
  public let classNames: [String]
  public let kind: Edit.Kind
  /// Names of the scanned genes, `[G]`, in the order of `effects`.
  public let genes: [String]
  public let effects: [GeneEffect]
  public let spots: [SpotSensitivity]
  /// By column of the model's input.
  public let modelGenes: [String]
  /// Mean log-normalised expression, and share of the spots with counts, `[G]`.
  public let meanExpression: [Double]
  public let detectionRate: [Double]
  /// Genes each gene was compared with.
  public let nullSize: Int
  /// Of `probabilityChange` among matched genes, and corrected for the number of genes, `[G]`.
  public let p: [Double]
  public let q: [Double]
  /// How far a gene's `shift` of each domain lies below those of its matched genes, in deviations, `[G][C]`: large where
  /// the edit takes the domain's probability away, more than that of a gene of like expression.
  public let dependence: [[Double]]
  /// P of the size of `shift` of each domain, and corrected, `[G][C]`.
  public let domainP: [[Double]]
  public let domainQ: [[Double]]
  /// `[G, C]`
  public let firstOrder: FirstOrderResponse

  /// - Parameter nullSize: genes a gene is compared with
  /// - Throws: `SparseGraphError` where a gene's expression is not finite
  public init(_ scan: GeneScan, _ record: ScanRecord, nullSize: Int = 200) throws {
    precondition(record.effects.count == scan.columns.count, "the scan is not finished")
    let editable = scan.experiment.editable
    classNames = scan.experiment.before.classNames
    kind = scan.kind
    modelGenes = editable.recipe.genes
    genes = scan.columns.map { editable.recipe.genes[$0] }
    effects = record.effects
    spots = record.spots
    let spotCount = Double(max(1, scan.spotCount))
    meanExpression = scan.meanExpression()
    detectionRate = effects.map { Double($0.expressingSpots) / spotCount }
    let null = try MatchedNull(meanExpression: meanExpression, detectionRate: detectionRate, size: nullSize)
    self.nullSize = null.matches.first?.count ?? 0
    p = null.p(effects.map { Double($0.probabilityChange) })
    q = RankStatistics.benjaminiHochberg(p)
    let byDomain = classNames.indices.map { [effects] c in
      let shifts = effects.map { Double($0.shift[c]) }
      let p = null.p(shifts.map(abs))
      return (z: null.z(shifts.map { -$0 }), p: p, q: RankStatistics.benjaminiHochberg(p))
    }
    let places = genes.indices
    dependence = places.map { g in byDomain.map { $0.z[g] } }
    domainP = places.map { g in byDomain.map { $0.p[g] } }
    domainQ = places.map { g in byDomain.map { $0.q[g] } }
    firstOrder = scan.firstOrder()
  }

  /// How well the first-order estimates follow the exact shifts of the domains' mean probabilities, over all genes.
  public struct Agreement: Sendable, Equatable {
    public let pearson: Double
    public let spearman: Double
  }

  /// Of each domain, `[C]`.
  public var firstOrderAgreement: [Agreement] {
    classNames.indices.map { c in
      let exact = effects.map { Double($0.shift[c]) }
      let estimate = genes.indices.map { Double(firstOrder.shifts[$0, c]) }
      return Agreement(
        pearson: RankStatistics.pearson(exact, estimate), spearman: RankStatistics.spearman(exact, estimate))
    }
  }

  /// Places of the genes, the strongest first: by the change of the probabilities, ties by name.
  public var ranking: [Int] {
    genes.indices.sorted {
      (effects[$1].probabilityChange, genes[$0]) < (effects[$0].probabilityChange, genes[$1])
    }
  }
}

extension GeneScan {
  /// Mean over the spots of each scanned gene's log-normalised expression.
  func meanExpression() -> [Double] {
    let editable = experiment.editable
    let values = Normalise.logNormalised(
      editable.counts, sizes: editable.sizeFactors, targetSum: editable.recipe.targetSum
    ).transposed()
    return columns.map { column in
      values.range(ofRow: column).reduce(0.0) { $0 + Double(values.values[$1]) } / Double(max(1, spotCount))
    }
  }
}
