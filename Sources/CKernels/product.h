// Dense products with a packed right side. The right side lies in panels of stomics_product_panel columns, [panel][k][32],
// zero beyond the last column, so that one panel is read from the nearest cache while many rows pass by.

enum {
  /// Triples of rows that are worked on at a time: as many sums as the registers hold.
  most_triples = V == 16 ? 4 : 2,
  /// Length of the inner index that is worked on at a time.
  inner_block = 512
};

/// `3 * triples` rows, or one row where triples is 0, times `vectors` whole vectors of columns.
///
/// Row r of the left side starts at a + r * lda; its elements are `step` apart. Sums start from `start`, whose rows are
/// `lds` apart (0: the same row for all), or from 0.
INLINE void product_tile(const float *a, long lda, long step, const float *b, long inner, const float *start, long lds,
                         float *c, long ldc, const int triples, const int vectors) {
  const int rows = triples ? 3 * triples : 1, pointers = triples ? triples : 1;
  vf sums[3 * most_triples][2];
  const float *row[most_triples];
  UNROLLED
  for (int t = 0; t < pointers; t++) row[t] = a + 3 * t * lda;
  UNROLLED
  for (int r = 0; r < rows; r++) {
    UNROLLED
    for (int v = 0; v < vectors; v++) sums[r][v] = start ? load(start + r * lds + v * V) : (vf)0.0f;
  }
  for (long k = 0; k < inner; k++) {
    vf right[2];
    UNROLLED
    for (int v = 0; v < vectors; v++) right[v] = load(b + v * V);
    UNROLLED
    for (int r = 0; r < rows; r++) {
      vf left = row[r / 3][r % 3 * lda];
      UNROLLED
      for (int v = 0; v < vectors; v++) sums[r][v] += left * right[v];
    }
    UNROLLED
    for (int t = 0; t < pointers; t++) row[t] += step;
    b += stomics_product_panel;
  }
  UNROLLED
  for (int r = 0; r < rows; r++) {
    UNROLLED
    for (int v = 0; v < vectors; v++) store(c + r * ldc + v * V, sums[r][v]);
  }
}

/// The same where the vectors reach beyond the last column: by way of a copy.
INLINE void product_narrow_tile(const float *a, long lda, long step, const float *b, long inner, const float *start,
                                long lds, float *c, long ldc, long columns, const int triples, const int vectors) {
  float copy[3 * most_triples * 2 * V];
  const int rows = triples ? 3 * triples : 1, width = vectors * V;
  memset(copy, 0, sizeof(copy));
  for (int r = 0; start && r < rows; r++) memcpy(copy + r * width, start + r * lds, 4 * (unsigned long)columns);
  product_tile(a, lda, step, b, inner, copy, width, copy, width, triples, vectors);
  for (int r = 0; r < rows; r++) memcpy(c + r * ldc, copy + r * width, 4 * (unsigned long)columns);
}

/// All rows times up to `vectors` vectors of columns.
INLINE void product_strip(const float *a, long lda, long step, const float *b, long inner, const float *start,
                          long lds, float *c, long ldc, long rows, long columns, const int vectors) {
  long r = 0;
#define TILES(triples)                                                                              \
  for (const int n = triples ? 3 * triples : 1; r + n <= rows; r += n) {                            \
    const float *from = start ? start + r * lds : 0;                                                \
    if (columns >= vectors * V) {                                                                   \
      product_tile(a + r * lda, lda, step, b, inner, from, lds, c + r * ldc, ldc, triples, vectors); \
    } else {                                                                                        \
      product_narrow_tile(a + r * lda, lda, step, b, inner, from, lds, c + r * ldc, ldc, columns,   \
                          triples, vectors);                                                        \
    }                                                                                               \
  }
#if V == 16
  TILES(4)
#endif
  TILES(2)
  TILES(1)
  TILES(0)
#undef TILES
}

static void product(const float *a, long lda, long transposed, const float *b, long inner, const float *start,
                    long lds, float *c, long ldc, long rows, long columns) {
  for (long k = 0; k == 0 || k < inner; k += inner_block) {
    long n = inner - k < inner_block ? inner - k : inner_block;
    for (long j = 0; j < columns; j += 2 * V) {
      long panel = j / stomics_product_panel, width = columns - j;
      const float *right = b + (panel * inner + k) * stomics_product_panel + j % stomics_product_panel;
      const float *from = start ? start + j : 0;
#define STRIP(a, lda, step, vectors) \
  product_strip(a, lda, step, right, n, from, lds, c + j, ldc, rows, width, vectors)
      if (transposed) {
        width > V ? STRIP(a + k * lda, 1, lda, 2) : STRIP(a + k * lda, 1, lda, 1);
      } else {
        width > V ? STRIP(a + k, lda, 1, 2) : STRIP(a + k, lda, 1, 1);
      }
#undef STRIP
    }
    start = c;
    lds = ldc;
  }
}
