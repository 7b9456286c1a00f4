// The hot loops in C, each compiled for several generations of x86-64 processors and chosen once at run time.
//
// Every function works on one block; Swift cuts the work into blocks and owns the threads. Each has a Swift twin of the
// same name and arguments (`Reference`), which says what it computes. Arrays are contiguous, row-major; sizes are promises.
// Edges go source j -> target i; row i of a graph's CSR lists its incoming neighbours j.
#pragma once
#include <stdint.h>

#pragma clang assume_nonnull begin

/// The constants of one use of dropout: element t is kept iff hash(t) >= threshold, and then multiplied by scale.
struct stomics_draw {
  uint32_t low, high, threshold;
  float scale;
};

/// The constants of one AdamW step.
struct stomics_adam_step {
  float keep, fresh1, beta2, fresh2, step_size, inverse_root_correction, epsilon;
};

/// A graph's rows: the neighbours of row i are neighbours[indptr[i]] up to neighbours[indptr[i + 1]].
struct stomics_graph {
  const long *indptr;
  const int32_t *neighbours;
};

/// Columns of a packed panel of a dense operand: of a sparse product, and of a dense one.
enum { stomics_panel = 64, stomics_product_panel = 32 };

struct stomics_kernels {
  // Elementwise; `first` is the block's first place in the whole array, which dropout counts from.
  void (*gelu)(const float *x, float *y, long count, long first, struct stomics_draw draw);
  void (*geluBackward)(const float *x, const float *dy, float *dx, long count, long first, struct stomics_draw draw);
  void (*dropout)(const float *x, float *y, long count, long first, struct stomics_draw draw);
  void (*dropoutBackward)(const float *dy, float *dx, long count, long first, struct stomics_draw draw);
  void (*gatedMix)(const float *logits, const float *a, const float *b, float *y, float *gate, long count);
  void (*gatedMixBackward)(const float *gate, const float *a, const float *b, const float *dy, float *dLogits,
                           float *da, float *db, long count);
  void (*add)(const float *x, float *y, long count);
  void (*adamW)(float *p, const float *g, float *m, float *v, long count, struct stomics_adam_step step);

  // Rows.
  void (*addBias)(float *y, const float *bias, long rows, long columns);
  void (*columnSums)(const float *dy, float *sums, long rows, long columns);
  void (*softmaxRows)(const float *logits, float *p, long rows, long columns);
  void (*layerNorm)(const float *x, const float *gamma, const float *beta, float *y, float *mean, float *rstd,
                    long rows, long columns);
  void (*layerNormBackward)(const float *x, const float *mean, const float *rstd, const float *gamma, const float *dy,
                            float *dx, float *dGamma, float *dBeta, long rows, long columns);
  void (*addLayerNorm)(const float *x, const float *a, const float *gamma, const float *beta, float *sum, float *y,
                       float *mean, float *rstd, long rows, long columns, long first, struct stomics_draw draw);
  void (*addLayerNormBackward)(const float *sum, const float *mean, const float *rstd, const float *gamma,
                               const float *dy, float *dx, float *da, float *dGamma, float *dBeta, long rows,
                               long columns, long first, struct stomics_draw draw);
  void (*layerNormELU)(const float *x, const float *gamma, const float *beta, const float *_Nullable residual,
                       float *y, float *mean, float *rstd, long rows, long columns, long first,
                       struct stomics_draw draw);
  /// `scratch` holds one row.
  void (*layerNormELUBackward)(const float *x, const float *mean, const float *rstd, const float *gamma,
                               const float *beta, const float *dy, float *dx, float *_Nullable dResidual,
                               float *dGamma, float *dBeta, float *scratch, long rows, long columns, long first,
                               struct stomics_draw draw);

  // Rows from..<to of a graph; width is the number of columns of one head.
  void (*attentionScores)(const float *h, const float *attSrc, const float *attDst, float *scoresSrc,
                          float *scoresDst, long from, long to, long heads, long width);
  void (*graphAttention)(const float *h, const float *bias, struct stomics_graph graph, long heads, long width,
                         float slope, const float *scoresSrc, const float *scoresDst, float *alpha, float *out,
                         long from, long to, struct stomics_draw draw);
  void (*graphAttentionBackwardRows)(const float *h, struct stomics_graph graph, long heads, long width, float slope,
                                     const float *alpha, const float *scoresSrc, const float *scoresDst,
                                     const float *dOut, float *dScore, float *dScoresDst, long from, long to,
                                     struct stomics_draw draw);
  void (*graphAttentionBackwardSources)(const float *h, const float *attSrc, const float *attDst,
                                        struct stomics_graph transposed, const int32_t *edges, long heads, long width,
                                        const float *alpha, const float *dOut, const float *dScore,
                                        const float *dScoresDst, float *dH, float *dAttSrc, float *dAttDst, long from,
                                        long to, struct stomics_draw draw);
  void (*neighbourAttention)(const float *q, const float *k, const float *v, struct stomics_graph graph, long heads,
                             long width, float *alpha, float *out, long from, long to, struct stomics_draw draw);
  void (*neighbourAttentionBackwardRows)(const float *k, const float *v, struct stomics_graph graph, long heads,
                                         long width, const float *alpha, const float *dOut, float *dQ, float *dScore,
                                         long from, long to, struct stomics_draw draw);
  void (*neighbourAttentionBackwardSources)(const float *q, struct stomics_graph transposed, const int32_t *edges,
                                            long heads, long width, const float *alpha, const float *dOut,
                                            const float *dScore, float *dK, float *dV, long from, long to,
                                            struct stomics_draw draw);
  void (*weightedSum)(const float *x, const float *weights, struct stomics_graph graph,
                      const int32_t *_Nullable edges, long columns, float *out, long from, long to);

  // Sparse products: a tile of `rows` rows of one panel gains the entries of one block of columns.
  void (*sparseTile)(const uint32_t *pointers, const uint16_t *indices, const float *values, const float *panel,
                     float *tile, long rows);
  /// b[c * ldb + r] = scale[c] * a[r * lda + c] for `rows` rows and `columns` columns; scale nil is all 1.
  void (*transpose)(const float *a, long lda, const float *_Nullable scale, float *b, long ldb, long rows,
                    long columns);
  /// c = a b + start for `rows` rows and `columns` columns. a's rows are lda apart, or its columns where `transposed` is
  /// not 0; b is packed in panels, [panel][inner][32]; start's rows are lds apart (0: one row for all), nil is 0.
  void (*product)(const float *a, long lda, long transposed, const float *b, long inner, const float *_Nullable start,
                  long lds, float *c, long ldc, long rows, long columns);
};

/// The generations there are kernels for.
enum stomics_level { stomics_level_baseline = 0, stomics_level_v3 = 1, stomics_level_v4 = 2 };

#if defined(__x86_64__)
/// The best level this processor runs.
enum stomics_level stomics_best_level(void);
/// The kernels of a level; running one above the best level is an illegal instruction.
const struct stomics_kernels *stomics_kernels_of(enum stomics_level level);
#endif

#pragma clang assume_nonnull end
