// Elementwise kernels. `dropping` is a constant in each call, so a pass without dropout never draws.

INLINE vf factor_if(int dropping, long index, struct stomics_draw draw) {
  return dropping ? dropout_factor(index, draw) : (vf)1.0f;
}

INLINE void gelu_loop(const float *x, float *y, long count, long first, struct stomics_draw draw, int dropping) {
  VECTORS(count, {
    vf density, value = load_some(x + k, n);
    vf result = value * cumulative(value, &density);
    if (dropping) result *= dropout_factor(first + k, draw);
    store_some(y + k, result, n);
  });
}
static void gelu(const float *x, float *y, long count, long first, struct stomics_draw draw) {
  if (draw.threshold) {
    gelu_loop(x, y, count, first, draw, 1);
  } else {
    gelu_loop(x, y, count, first, draw, 0);
  }
}

INLINE void geluBackward_loop(const float *x, const float *dy, float *dx, long count, long first,
                              struct stomics_draw draw, int dropping) {
  VECTORS(count, {
    vf density, value = load_some(x + k, n);
    vf slope = cumulative(value, &density);
    slope += value * density;
    vf d = load_some(dy + k, n);
    if (dropping) d *= dropout_factor(first + k, draw);
    store_some(dx + k, load_some(dx + k, n) + d * slope, n);
  });
}
static void geluBackward(const float *x, const float *dy, float *dx, long count, long first,
                         struct stomics_draw draw) {
  if (draw.threshold) {
    geluBackward_loop(x, dy, dx, count, first, draw, 1);
  } else {
    geluBackward_loop(x, dy, dx, count, first, draw, 0);
  }
}

static void dropout(const float *x, float *y, long count, long first, struct stomics_draw draw) {
  VECTORS(count, {
    store_some(y + k, load_some(x + k, n) * dropout_factor(first + k, draw), n);
  });
}

static void dropoutBackward(const float *dy, float *dx, long count, long first, struct stomics_draw draw) {
  VECTORS(count, {
    vf d = load_some(dy + k, n) * dropout_factor(first + k, draw);
    store_some(dx + k, load_some(dx + k, n) + d, n);
  });
}

static void gatedMix(const float *logits, const float *a, const float *b, float *y, float *gate, long count) {
  VECTORS(count, {
    vf g = 1.0f / (1.0f + exponential(-load_some(logits + k, n)));
    vf vb = load_some(b + k, n);
    store_some(gate + k, g, n);
    store_some(y + k, g * load_some(a + k, n) + (1.0f - g) * vb, n);
  });
}

static void gatedMixBackward(const float *gate, const float *a, const float *b, const float *dy, float *dLogits,
                             float *da, float *db, long count) {
  VECTORS(count, {
    vf g = load_some(gate + k, n), d = load_some(dy + k, n);
    vf difference = load_some(a + k, n) - load_some(b + k, n);
    store_some(dLogits + k, load_some(dLogits + k, n) + d * difference * g * (1.0f - g), n);
    store_some(da + k, load_some(da + k, n) + d * g, n);
    store_some(db + k, load_some(db + k, n) + d * (1.0f - g), n);
  });
}

static void add(const float *x, float *y, long count) {
  VECTORS(count, {
    store_some(y + k, load_some(y + k, n) + load_some(x + k, n), n);
  });
}

static void adamW(float *p, const float *g, float *m, float *v, long count, struct stomics_adam_step s) {
  VECTORS(count, {
    vf d = load_some(g + k, n), first = load_some(m + k, n), second = load_some(v + k, n);
    first += (d - first) * s.fresh1;
    second = second * s.beta2 + d * d * s.fresh2;
    vf size = __builtin_elementwise_sqrt(second) * s.inverse_root_correction + s.epsilon;
    store_some(m + k, first, n);
    store_some(v + k, second, n);
    store_some(p + k, load_some(p + k, n) * s.keep - s.step_size * (first / size), n);
  });
}
