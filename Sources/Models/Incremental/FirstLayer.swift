import Autodiff
import StomicsCore

/// The first layer of a model on genes, for edits of one gene at a time.
struct FirstLayer {
  /// Y of the slice as it is, `[N, H]`, before any activation.
  let base: [Float]
  let width: Int
  private let genes: Double
  /// W₁ turned round, `[G, H]`: W diag(γ), or W where no LayerNorm comes first.
  private let geneRows: [Float]
  let norm: RowNorm?

  /// What the LayerNorm over the genes needs.
  struct RowNorm {
    /// 1 / deviation and mean of each row, `[N]`.
    let inverseDeviations: [Double]
    let means: [Double]
    /// 1ᵀW₁ᵀ and W β + b, `[H]`.
    let geneSum: [Float]
    let shift: [Float]
  }

  init(_ model: Model, _ data: ModelData) {
    let block = model.parameters
    let tape = Tape()
    tape.beginEvaluation()
    let weightKey: String
    let first: Variable
    if let expression = model.expression {
      weightKey = expression.key(0) + ".weight"
      first = tape.normalisedLinear(data.own, norm: ExpressionEncoder.norm, linear: expression.key(0), of: block)
    } else {
      weightKey = model.graph.map { $0.conv(0) + ".lin.weight" } ?? ""
      first = tape.standardisedLinear(data.own, weight: tape.parameter(weightKey, of: block))
    }
    base = tape.value(first).values
    width = first.columns
    let genes = data.own.columns
    self.genes = Double(genes)
    let weight = block[weightKey]
    let gamma = model.expression == nil ? nil : block[ExpressionEncoder.norm + ".weight"]
    var rows = [Float](repeating: 0, count: genes * width)
    for h in 0..<width {
      for g in 0..<genes { rows[g * width + h] = weight[h * genes + g] * (gamma?[g] ?? 1) }
    }
    geneRows = rows
    guard let expression = model.expression else {
      norm = nil
      return
    }
    let beta = block[ExpressionEncoder.norm + ".bias"]
    var shift = block[expression.key(0) + ".bias"]
    var geneSum = [Float](repeating: 0, count: width)
    for h in 0..<width {
      var (sum, shifted) = (0.0, 0.0)
      for g in 0..<genes {
        sum += Double(rows[g * width + h])
        shifted += Double(weight[h * genes + g]) * Double(beta[g])
      }
      geneSum[h] = Float(sum)
      shift[h] += Float(shifted)
    }
    // -r, -r m, 1: the factors of the rank-one terms.
    let factors = data.own.rowFactors
    norm = RowNorm(
      inverseDeviations: (0..<factors.rows).map { -Double(factors[$0, 0]) },
      means: (0..<factors.rows).map { Double(factors[$0, 1]) / Double(factors[$0, 0]) }, geneSum: geneSum, shift: shift)
  }

  /// W₁ of one gene, `[H]`.
  func geneRow(_ gene: Int) -> ArraySlice<Float> { geneRows[gene * width..<(gene + 1) * width] }

  /// Writes Y' of an edit's spots, `[spots, H]`.
  func write(_ edit: GeneEdit, to destination: UnsafeMutablePointer<Float>) {
    for k in edit.spots.indices { write(edit, place: k, to: destination + k * width) }
  }

  /// Writes Y' of one of an edit's spots, `[H]`.
  func write(_ edit: GeneEdit, place k: Int, to out: UnsafeMutablePointer<Float>) {
    let (old, new) = (Double(edit.old[k]), Double(edit.new[k]))
    let delta = Float(new - old)
    let spot = Int(edit.spots[k])
    let (row, gene) = (spot * width, edit.column * width)
    geneRows.withUnsafeBufferPointer { geneRows in
      base.withUnsafeBufferPointer { base in
        guard let norm else {
          for h in 0..<width { out[h] = base[row + h] + delta * geneRows[gene + h] }
          return
        }
        let r = norm.inverseDeviations[spot]
        let m = norm.means[spot]
        let newMean = m + (new - old) / genes
        let variance = 1 / (r * r) + (new * new - old * old) / genes - newMean * newMean + m * m
        let newR = 1 / max(variance, 1e-5).squareRoot()
        let ratio = Float(newR / r)
        let step = Float(newR) * delta
        let share = step / Float(genes)
        norm.geneSum.withUnsafeBufferPointer { geneSum in
          norm.shift.withUnsafeBufferPointer { shift in
            for h in 0..<width {
              out[h] = ratio * (base[row + h] - shift[h]) + step * geneRows[gene + h] - share * geneSum[h] + shift[h]
            }
          }
        }
      }
    }
  }
}
