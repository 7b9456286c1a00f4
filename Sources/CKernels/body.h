// All kernels of one level and their table. V (floats in a vector) and TABLE are set by the level's file.
#include "kernels.h"
#include "vector.h"
#include "elementwise.h"
#include "rows.h"
#include "graph.h"
#include "sparse.h"
#include "product.h"

const struct stomics_kernels TABLE = {
    .gelu = gelu,
    .geluBackward = geluBackward,
    .dropout = dropout,
    .dropoutBackward = dropoutBackward,
    .gatedMix = gatedMix,
    .gatedMixBackward = gatedMixBackward,
    .add = add,
    .adamW = adamW,
    .addBias = addBias,
    .columnSums = columnSums,
    .softmaxRows = softmaxRows,
    .layerNorm = layerNorm,
    .layerNormBackward = layerNormBackward,
    .addLayerNorm = addLayerNorm,
    .addLayerNormBackward = addLayerNormBackward,
    .layerNormELU = layerNormELU,
    .layerNormELUBackward = layerNormELUBackward,
    .attentionScores = attentionScores,
    .graphAttention = graphAttention,
    .graphAttentionBackwardRows = graphAttentionBackwardRows,
    .graphAttentionBackwardSources = graphAttentionBackwardSources,
    .neighbourAttention = neighbourAttention,
    .neighbourAttentionBackwardRows = neighbourAttentionBackwardRows,
    .neighbourAttentionBackwardSources = neighbourAttentionBackwardSources,
    .weightedSum = weightedSum,
    .sparseTile = sparseTile,
    .transpose = transpose,
    .product = product,
};
