import CKernels

extension Reference {
  /// The Swift twins in the form of one level's C kernels: what the tests compare with, and what runs on processors that
  /// there are no C kernels for.
  static let table = stomics_kernels(
    gelu: { Reference.gelu($0, $1, $2, $3, $4) },
    geluBackward: { Reference.geluBackward($0, $1, $2, $3, $4, $5) },
    dropout: { Reference.dropout($0, $1, $2, $3, $4) },
    dropoutBackward: { Reference.dropoutBackward($0, $1, $2, $3, $4) },
    gatedMix: { Reference.gatedMix($0, $1, $2, $3, $4, $5) },
    gatedMixBackward: { Reference.gatedMixBackward($0, $1, $2, $3, $4, $5, $6, $7) },
    add: { Reference.add($0, $1, $2) },
    adamW: { Reference.adamW($0, $1, $2, $3, $4, $5) },
    addBias: { Reference.addBias($0, $1, $2, $3) },
    columnSums: { Reference.columnSums($0, $1, $2, $3) },
    softmaxRows: { Reference.softmaxRows($0, $1, $2, $3) },
    layerNorm: { Reference.layerNorm($0, $1, $2, $3, $4, $5, $6, $7) },
    layerNormBackward: { Reference.layerNormBackward($0, $1, $2, $3, $4, $5, $6, $7, $8, $9) },
    addLayerNorm: { Reference.addLayerNorm($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) },
    addLayerNormBackward: { Reference.addLayerNormBackward($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) },
    layerNormELU: { Reference.layerNormELU($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) },
    layerNormELUBackward: {
      Reference.layerNormELUBackward($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    },
    attentionScores: { Reference.attentionScores($0, $1, $2, $3, $4, $5, $6, $7, $8) },
    graphAttention: { Reference.graphAttention($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) },
    graphAttentionBackwardRows: {
      Reference.graphAttentionBackwardRows($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    },
    graphAttentionBackwardSources: {
      Reference.graphAttentionBackwardSources($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
    },
    neighbourAttention: { Reference.neighbourAttention($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) },
    neighbourAttentionBackwardRows: {
      Reference.neighbourAttentionBackwardRows($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    },
    neighbourAttentionBackwardSources: {
      Reference.neighbourAttentionBackwardSources($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    },
    weightedSum: { Reference.weightedSum($0, $1, $2, $3, $4, $5, $6, $7) },
    sparseTile: { Reference.sparseTile($0, $1, $2, $3, $4, $5) },
    transpose: { Reference.transpose($0, $1, $2, $3, $4, $5, $6) },
    product: { Reference.product($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) }
  )
}
