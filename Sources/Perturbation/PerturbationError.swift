import StomicsCore

/// What can be wrong with a perturbation that is asked for.
public enum PerturbationError: StomicsError, Equatable {
  case unknownGene(String, near: [String], modelled: Int)
  case notModelled(String, file: String, modelled: Int)
  case countsDoNotEnter(mode: String, key: String)
  case noGenes
  case noSpots
  case scanRenormalises
  case factor(Double)
  case quantile(Double)

  public var kind: ErrorKind { .usage }

  public var description: String {
    switch self {
    case .unknownGene(let gene, let near, let modelled):
      "gene '\(gene)' is neither among the \(modelled) genes of the model nor in the slice."
        + (near.isEmpty ? "" : " Did you mean \(near.joined(separator: ", "))?")
    case .notModelled(let gene, let file, let modelled):
      "gene '\(gene)' is in \(file), but not among the \(modelled) highly variable genes the model sees: editing it cannot change a prediction. Preprocess with a larger --n-top-genes and train again to include it."
    case .countsDoNotEnter(let mode, let key):
      "the model (\(mode)) reads obsm/\(key) and no counts: editing a gene cannot change its predictions. Perturb a model whose mode reads the genes, such as full."
    case .noGenes: "no gene to perturb: name one with --gene"
    case .noSpots: "no spot to edit: none is as asked for"
    case .scanRenormalises:
      "a scan answers genes by what changes in the first layer, with size factors as measured. Edit single genes with --gene to let size factors follow the counts."
    case .factor(let factor): "a factor of \(factor): counts are multiplied by a number of 0 to 1e9"
    case .quantile(let quantile): "a quantile of \(quantile): it lies between 0 and 1"
    }
  }
}
