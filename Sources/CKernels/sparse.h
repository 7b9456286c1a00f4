// Sparse times packed dense, and the transposition that packs and unpacks.

/// tile[r, :] += sum over the entries of row r in one block of columns of value * panel[index, :]; panels and tiles are
/// stomics_panel columns wide. The entries of row r are pointers[r] up to pointers[r + 1].
static void sparseTile(const uint32_t *pointers, const uint16_t *indices, const float *values, const float *panel,
                       float *tile, long rows) {
  enum { vectors = stomics_panel / V < 8 ? stomics_panel / V : 8 };
  for (long k = 0; k < stomics_panel; k += vectors * V) {
    for (long r = 0; r < rows; r++) {
      float *row = tile + r * stomics_panel + k;
      vf sums[vectors];
      UNROLLED
      for (int v = 0; v < vectors; v++) sums[v] = load(row + v * V);
      for (uint32_t e = pointers[r]; e < pointers[r + 1]; e++) {
        const float *source = panel + (long)indices[e] * stomics_panel + k;
        float value = values[e];
        UNROLLED
        for (int v = 0; v < vectors; v++) sums[v] += load(source + v * V) * value;
      }
      UNROLLED
      for (int v = 0; v < vectors; v++) store(row + v * V, sums[v]);
    }
  }
}

/// Swaps lanes between rows i and i + s so that a V x V square is transposed after s = 1, 2, 4, … V / 2.
#define SWAP_STAGE(s)                                                                             \
  UNROLLED                                                                                        \
  for (int i = 0; i < V; i++) {                                                                   \
    if (i & s) continue;                                                                          \
    vf a = square[i], b = square[i + s];                                                          \
    vi low = (lanes() & s) == 0;                                                                  \
    square[i] = choose(low, a, SHIFT_UP(b, s));                                                   \
    square[i + s] = choose(low, SHIFT_DOWN(a, s), b);                                             \
  }
#if V == 16
#define SHIFT_UP(x, s) __builtin_shufflevector(x, x, 0 - s & 15, 1 - s & 15, 2 - s & 15, 3 - s & 15, 4 - s & 15, 5 - s & 15, 6 - s & 15, 7 - s & 15, 8 - s & 15, 9 - s & 15, 10 - s & 15, 11 - s & 15, 12 - s & 15, 13 - s & 15, 14 - s & 15, 15 - s & 15)
#define SHIFT_DOWN(x, s) __builtin_shufflevector(x, x, 0 + s & 15, 1 + s & 15, 2 + s & 15, 3 + s & 15, 4 + s & 15, 5 + s & 15, 6 + s & 15, 7 + s & 15, 8 + s & 15, 9 + s & 15, 10 + s & 15, 11 + s & 15, 12 + s & 15, 13 + s & 15, 14 + s & 15, 15 + s & 15)
#elif V == 8
#define SHIFT_UP(x, s) __builtin_shufflevector(x, x, 0 - s & 7, 1 - s & 7, 2 - s & 7, 3 - s & 7, 4 - s & 7, 5 - s & 7, 6 - s & 7, 7 - s & 7)
#define SHIFT_DOWN(x, s) __builtin_shufflevector(x, x, 0 + s & 7, 1 + s & 7, 2 + s & 7, 3 + s & 7, 4 + s & 7, 5 + s & 7, 6 + s & 7, 7 + s & 7)
#else
#define SHIFT_UP(x, s) __builtin_shufflevector(x, x, 0 - s & 3, 1 - s & 3, 2 - s & 3, 3 - s & 3)
#define SHIFT_DOWN(x, s) __builtin_shufflevector(x, x, 0 + s & 3, 1 + s & 3, 2 + s & 3, 3 + s & 3)
#endif

static void transpose(const float *a, long lda, const float *scale, float *b, long ldb, long rows, long columns) {
  for (long c = 0; c < columns; c += V) {
    long width = columns - c < V ? columns - c : V;
    vf factor = scale ? load_some(scale + c, width) : (vf)1.0f;
    for (long r = 0; r < rows; r += V) {
      long height = rows - r < V ? rows - r : V;
      vf square[V];
      UNROLLED
      for (int i = 0; i < V; i++) square[i] = i < height ? load_some(a + (r + i) * lda + c, width) * factor : (vf)0.0f;
      SWAP_STAGE(1)
      SWAP_STAGE(2)
#if V >= 8
      SWAP_STAGE(4)
#endif
#if V >= 16
      SWAP_STAGE(8)
#endif
      UNROLLED
      for (int i = 0; i < V; i++) {
        if (i < width) store_some(b + (c + i) * ldb + r, square[i], height);
      }
    }
  }
}
#undef SWAP_STAGE
#undef SHIFT_UP
#undef SHIFT_DOWN
