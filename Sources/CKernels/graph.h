// Kernels that run over the edges of a graph, row by row. Edges go source j -> target i; row i of a graph's CSR lists its
// incoming neighbours j. Values of an edge's heads lie side by side, [E, A]; columns are heads of `width`, [N, A C].

/// Values of edges that are worked on at a time, and the most heads there may be.
enum { edge_buffer = 1024, most_heads = 64 };

/// out += sum over the edges of w[e] x[neighbour], for `vectors` whole vectors of columns.
INLINE void gather_vectors(const float *x, long stride, const int32_t *neighbours, const float *w, long step,
                           long count, float *out, const int vectors) {
  vf sums[8];
  UNROLLED
  for (int v = 0; v < vectors; v++) sums[v] = load(out + v * V);
  for (long e = 0; e < count; e++) {
    const float *row = x + neighbours[e] * stride;
    float weight = w[e * step];
    UNROLLED
    for (int v = 0; v < vectors; v++) sums[v] += load(row + v * V) * weight;
  }
  UNROLLED
  for (int v = 0; v < vectors; v++) store(out + v * V, sums[v]);
}

/// out[a, :] += sum over the edges of w[e, a] x[neighbour, a, :]
INLINE void gather_heads(const float *x, const int32_t *neighbours, const float *w, long count, long heads,
                         long width, float *out) {
  long stride = heads * width;
  for (long a = 0; a < heads; a++, x += width, out += width, w++) {
    long k = 0;
    for (; k + 8 * V <= width; k += 8 * V) gather_vectors(x + k, stride, neighbours, w, heads, count, out + k, 8);
    for (; k + 4 * V <= width; k += 4 * V) gather_vectors(x + k, stride, neighbours, w, heads, count, out + k, 4);
    for (; k + 2 * V <= width; k += 2 * V) gather_vectors(x + k, stride, neighbours, w, heads, count, out + k, 2);
    for (; k + V <= width; k += V) gather_vectors(x + k, stride, neighbours, w, heads, count, out + k, 1);
    if (k < width) {
      vf sums = load_some(out + k, width - k);
      for (long e = 0; e < count; e++) {
        sums += load_some(x + neighbours[e] * stride + k, width - k) * w[e * heads];
      }
      store_some(out + k, sums, width - k);
    }
  }
}

/// The same with dropout on the weights, whose first place in the whole array is `first`.
INLINE void gather_heads_dropping(const float *x, const int32_t *neighbours, const float *w, long count, long heads,
                                  long width, float *out, long first, struct stomics_draw draw) {
  if (!draw.threshold) {
    gather_heads(x, neighbours, w, count, heads, width, out);
    return;
  }
  float kept[edge_buffer + V];
  long piece = edge_buffer / heads;
  for (long e = 0; e < count; e += piece) {
    long edges = count - e < piece ? count - e : piece;
    VECTORS(edges * heads, {
      store(kept + k, load_some(w + e * heads + k, n) * dropout_factor(first + e * heads + k, draw));
    });
    gather_heads(x, neighbours + e, kept, edges, heads, width, out);
  }
}

INLINE vf partial_dot(const float *x, const float *y, long width) {
  vf sums = 0;
  VECTORS(width, { sums += load_some(x + k, n) * load_some(y + k, n); });
  return sums;
}

/// out[a] = sum over the columns of head a of x y
INLINE void head_dots(const float *x, const float *y, long heads, long width, float *out) {
  long a = 0;
  for (; a + 4 <= heads; a += 4) {
    vf sums[4];
    UNROLLED
    for (int i = 0; i < 4; i++) sums[i] = partial_dot(x + (a + i) * width, y + (a + i) * width, width);
    sum_lanes_of_four(sums, out + a);
  }
  for (; a < heads; a++) out[a] = sum_lanes(partial_dot(x + a * width, y + a * width, width));
}

/// Turns the scores of one row's edges into shares that sum to 1 for each head.
INLINE void edge_softmax(float *scores, long count, long heads, const float *largest, float epsilon) {
  float sums[most_heads];
  for (long e = 0; e < count; e++) {
    for (long a = 0; a < heads; a++) scores[e * heads + a] -= largest[a];
  }
  VECTORS(count * heads, {
    store_some(scores + k, exponential(load_some(scores + k, n)), n);
  });
  for (long a = 0; a < heads; a++) sums[a] = epsilon;
  for (long e = 0; e < count; e++) {
    for (long a = 0; a < heads; a++) sums[a] += scores[e * heads + a];
  }
  for (long a = 0; a < heads; a++) sums[a] = 1.0f / sums[a];
  for (long e = 0; e < count; e++) {
    for (long a = 0; a < heads; a++) scores[e * heads + a] *= sums[a];
  }
}

/// Heads and width of the models that are trained most, as constants to the compiler.
#define WITH_COMMON_SIZES(call)            \
  if (heads == 4 && width == 32) {         \
    const long heads = 4, width = 32;      \
    call;                                  \
  } else {                                 \
    call;                                  \
  }

static void attentionScores(const float *h, const float *attSrc, const float *attDst, float *scoresSrc,
                            float *scoresDst, long from, long to, long heads, long width) {
  for (long i = from; i < to; i++) {
    WITH_COMMON_SIZES(head_dots(h + i * heads * width, attSrc, heads, width, scoresSrc + i * heads);
                      head_dots(h + i * heads * width, attDst, heads, width, scoresDst + i * heads))
  }
}

INLINE void graphAttention_rows(const float *h, const float *bias, struct stomics_graph graph, long heads, long width,
                                float slope, const float *scoresSrc, const float *scoresDst, float *alpha, float *out,
                                long from, long to, struct stomics_draw draw) {
  for (long i = from; i < to; i++) {
    long begin = graph.indptr[i], count = graph.indptr[i + 1] - begin;
    const int32_t *sources = graph.neighbours + begin;
    float *scores = alpha + begin * heads, *row = out + i * heads * width;
    float largest[most_heads];
    for (long a = 0; a < heads; a++) largest[a] = -__builtin_inff();
    for (long e = 0; e < count; e++) {
      for (long a = 0; a < heads; a++) {
        float score = scoresSrc[sources[e] * heads + a] + scoresDst[i * heads + a];
        score = score > 0 ? score : slope * score;
        scores[e * heads + a] = score;
        largest[a] = score > largest[a] ? score : largest[a];
      }
    }
    edge_softmax(scores, count, heads, largest, 1e-16f);
    VECTORS(heads * width, { store_some(row + k, load_some(bias + k, n), n); });
    gather_heads_dropping(h, sources, scores, count, heads, width, row, begin * heads, draw);
  }
}
static void graphAttention(const float *h, const float *bias, struct stomics_graph graph, long heads, long width,
                           float slope, const float *scoresSrc, const float *scoresDst, float *alpha, float *out,
                           long from, long to, struct stomics_draw draw) {
  WITH_COMMON_SIZES(graphAttention_rows(h, bias, graph, heads, width, slope, scoresSrc, scoresDst, alpha, out, from,
                                        to, draw))
}

/// dScore[e, a] = the derivative by alpha: <dOut_i, x_j> of each head, 0 or scaled where dropped. mean[a] = sum of
/// alpha times it.
INLINE void share_derivatives(const float *x, const int32_t *sources, const float *dOut, const float *alpha,
                              float *dScore, long count, long heads, long width, long first, struct stomics_draw draw,
                              float *mean) {
  for (long e = 0; e < count; e++) head_dots(dOut, x + sources[e] * heads * width, heads, width, dScore + e * heads);
  if (draw.threshold) {
    VECTORS(count * heads, {
      store_some(dScore + k, load_some(dScore + k, n) * dropout_factor(first + k, draw), n);
    });
  }
  for (long a = 0; a < heads; a++) mean[a] = 0;
  for (long e = 0; e < count; e++) {
    for (long a = 0; a < heads; a++) mean[a] += alpha[e * heads + a] * dScore[e * heads + a];
  }
}

INLINE void graphAttentionBackward_rows(const float *h, struct stomics_graph graph, long heads, long width,
                                        float slope, const float *alpha, const float *scoresSrc,
                                        const float *scoresDst, const float *dOut, float *dScore, float *dScoresDst,
                                        long from, long to, struct stomics_draw draw) {
  for (long i = from; i < to; i++) {
    long begin = graph.indptr[i], count = graph.indptr[i + 1] - begin;
    const int32_t *sources = graph.neighbours + begin;
    const float *shares = alpha + begin * heads;
    float *d = dScore + begin * heads;
    float mean[most_heads], sums[most_heads];
    share_derivatives(h, sources, dOut + i * heads * width, shares, d, count, heads, width, begin * heads, draw, mean);
    for (long a = 0; a < heads; a++) sums[a] = 0;
    for (long e = 0; e < count; e++) {
      for (long a = 0; a < heads; a++) {
        float score = scoresSrc[sources[e] * heads + a] + scoresDst[i * heads + a];
        float value = shares[e * heads + a] * (d[e * heads + a] - mean[a]);
        value = score > 0 ? value : slope * value;
        d[e * heads + a] = value;
        sums[a] += value;
      }
    }
    for (long a = 0; a < heads; a++) dScoresDst[i * heads + a] = sums[a];
  }
}
static void graphAttentionBackwardRows(const float *h, struct stomics_graph graph, long heads, long width,
                                       float slope, const float *alpha, const float *scoresSrc,
                                       const float *scoresDst, const float *dOut, float *dScore, float *dScoresDst,
                                       long from, long to, struct stomics_draw draw) {
  WITH_COMMON_SIZES(graphAttentionBackward_rows(h, graph, heads, width, slope, alpha, scoresSrc, scoresDst, dOut,
                                                dScore, dScoresDst, from, to, draw))
}

/// out[a, :] += sum over the edges out of one source of alpha, dropped, times x[target, a, :]
INLINE void gather_shares(const float *x, const int32_t *targets, const int32_t *edges, const float *alpha,
                          long count, long heads, long width, float *out, struct stomics_draw draw) {
  float kept[edge_buffer + V];
  uint32_t places[edge_buffer + V];
  long piece = edge_buffer / heads;
  for (long p = 0; p < count; p += piece) {
    long n = count - p < piece ? count - p : piece;
    for (long e = 0; e < n; e++) {
      long place = edges[p + e] * heads;
      for (long a = 0; a < heads; a++) {
        kept[e * heads + a] = alpha[place + a];
        places[e * heads + a] = (uint32_t)(place + a);
      }
    }
    if (draw.threshold) {
      typedef vu vu_unaligned __attribute__((aligned(4)));
      for (long t = 0; t < n * heads; t += V) {
        store(kept + t, load(kept + t) * dropout_factor_at(*(const vu_unaligned *)(places + t), draw));
      }
    }
    gather_heads(x, targets + p, kept, n, heads, width, out);
  }
}

/// out[k] += factor x[k]
INLINE void add_scaled(const float *x, float factor, float *out, long count) {
  VECTORS(count, {
    store_some(out + k, load_some(out + k, n) + load_some(x + k, n) * factor, n);
  });
}

INLINE void graphAttentionBackward_sources(const float *h, const float *attSrc, const float *attDst,
                                           struct stomics_graph transposed, const int32_t *edges, long heads,
                                           long width, const float *alpha, const float *dOut, const float *dScore,
                                           const float *dScoresDst, float *dH, float *dAttSrc, float *dAttDst,
                                           long from, long to, struct stomics_draw draw) {
  for (long j = from; j < to; j++) {
    long begin = transposed.indptr[j], count = transposed.indptr[j + 1] - begin;
    float *row = dH + j * heads * width;
    gather_shares(dOut, transposed.neighbours + begin, edges + begin, alpha, count, heads, width, row, draw);
    float sums[most_heads];
    for (long a = 0; a < heads; a++) sums[a] = 0;
    for (long p = begin; p < begin + count; p++) {
      for (long a = 0; a < heads; a++) sums[a] += dScore[edges[p] * heads + a];
    }
    for (long a = 0; a < heads; a++) {
      const float *part = h + (j * heads + a) * width;
      float dTarget = dScoresDst[j * heads + a];
      add_scaled(attSrc + a * width, sums[a], row + a * width, width);
      add_scaled(attDst + a * width, dTarget, row + a * width, width);
      add_scaled(part, sums[a], dAttSrc + a * width, width);
      add_scaled(part, dTarget, dAttDst + a * width, width);
    }
  }
}
static void graphAttentionBackwardSources(const float *h, const float *attSrc, const float *attDst,
                                          struct stomics_graph transposed, const int32_t *edges, long heads,
                                          long width, const float *alpha, const float *dOut, const float *dScore,
                                          const float *dScoresDst, float *dH, float *dAttSrc, float *dAttDst,
                                          long from, long to, struct stomics_draw draw) {
  WITH_COMMON_SIZES(graphAttentionBackward_sources(h, attSrc, attDst, transposed, edges, heads, width, alpha, dOut,
                                                   dScore, dScoresDst, dH, dAttSrc, dAttDst, from, to, draw))
}

INLINE void neighbourAttention_rows(const float *q, const float *k, const float *v, struct stomics_graph graph,
                                    long heads, long width, float *alpha, float *out, long from, long to,
                                    struct stomics_draw draw) {
  float scale = 1.0f / __builtin_sqrtf((float)width);
  for (long i = from; i < to; i++) {
    long begin = graph.indptr[i], count = graph.indptr[i + 1] - begin;
    const int32_t *sources = graph.neighbours + begin;
    float *scores = alpha + begin * heads, *row = out + i * heads * width;
    float largest[most_heads];
    for (long a = 0; a < heads; a++) largest[a] = -__builtin_inff();
    for (long e = 0; e < count; e++) {
      float *score = scores + e * heads;
      head_dots(q + i * heads * width, k + sources[e] * heads * width, heads, width, score);
      for (long a = 0; a < heads; a++) {
        score[a] *= scale;
        largest[a] = score[a] > largest[a] ? score[a] : largest[a];
      }
    }
    edge_softmax(scores, count, heads, largest, 0.0f);
    VECTORS(heads * width, { store_some(row + k, (vf)0.0f, n); });
    gather_heads_dropping(v, sources, scores, count, heads, width, row, begin * heads, draw);
  }
}
static void neighbourAttention(const float *q, const float *k, const float *v, struct stomics_graph graph, long heads,
                               long width, float *alpha, float *out, long from, long to, struct stomics_draw draw) {
  WITH_COMMON_SIZES(neighbourAttention_rows(q, k, v, graph, heads, width, alpha, out, from, to, draw))
}

INLINE void neighbourAttentionBackward_rows(const float *k, const float *v, struct stomics_graph graph, long heads,
                                            long width, const float *alpha, const float *dOut, float *dQ,
                                            float *dScore, long from, long to, struct stomics_draw draw) {
  float scale = 1.0f / __builtin_sqrtf((float)width);
  for (long i = from; i < to; i++) {
    long begin = graph.indptr[i], count = graph.indptr[i + 1] - begin;
    const int32_t *sources = graph.neighbours + begin;
    const float *shares = alpha + begin * heads;
    float *d = dScore + begin * heads;
    float mean[most_heads];
    share_derivatives(v, sources, dOut + i * heads * width, shares, d, count, heads, width, begin * heads, draw, mean);
    for (long e = 0; e < count; e++) {
      for (long a = 0; a < heads; a++) {
        d[e * heads + a] = shares[e * heads + a] * (d[e * heads + a] - mean[a]) * scale;
      }
    }
    gather_heads(k, sources, d, count, heads, width, dQ + i * heads * width);
  }
}
static void neighbourAttentionBackwardRows(const float *k, const float *v, struct stomics_graph graph, long heads,
                                           long width, const float *alpha, const float *dOut, float *dQ,
                                           float *dScore, long from, long to, struct stomics_draw draw) {
  WITH_COMMON_SIZES(
      neighbourAttentionBackward_rows(k, v, graph, heads, width, alpha, dOut, dQ, dScore, from, to, draw))
}

INLINE void neighbourAttentionBackward_sources(const float *q, struct stomics_graph transposed, const int32_t *edges,
                                               long heads, long width, const float *alpha, const float *dOut,
                                               const float *dScore, float *dK, float *dV, long from, long to,
                                               struct stomics_draw draw) {
  const struct stomics_draw none = {0, 0, 0, 1.0f};
  for (long j = from; j < to; j++) {
    long begin = transposed.indptr[j], count = transposed.indptr[j + 1] - begin;
    const int32_t *targets = transposed.neighbours + begin;
    gather_shares(q, targets, edges + begin, dScore, count, heads, width, dK + j * heads * width, none);
    gather_shares(dOut, targets, edges + begin, alpha, count, heads, width, dV + j * heads * width, draw);
  }
}
static void neighbourAttentionBackwardSources(const float *q, struct stomics_graph transposed, const int32_t *edges,
                                              long heads, long width, const float *alpha, const float *dOut,
                                              const float *dScore, float *dK, float *dV, long from, long to,
                                              struct stomics_draw draw) {
  WITH_COMMON_SIZES(neighbourAttentionBackward_sources(q, transposed, edges, heads, width, alpha, dOut, dScore, dK, dV,
                                                       from, to, draw))
}

static void weightedSum(const float *x, const float *weights, struct stomics_graph graph, const int32_t *edges,
                        long columns, float *out, long from, long to) {
  const struct stomics_draw none = {0, 0, 0, 1.0f};
  for (long i = from; i < to; i++) {
    long begin = graph.indptr[i], count = graph.indptr[i + 1] - begin;
    if (edges) {
      gather_shares(x, graph.neighbours + begin, edges + begin, weights, count, 1, columns, out + i * columns, none);
    } else {
      gather_heads(x, graph.neighbours + begin, weights + begin, count, 1, columns, out + i * columns);
    }
  }
}
