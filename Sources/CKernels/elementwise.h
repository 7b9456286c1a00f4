// Elementwise kernels. `dropping` is a constant in each call, so a pass without dropout never draws.

INLINE vf factor_if(int dropping, long index, struct stomics_draw draw) {
  return dropping ? dropout_factor(index, draw) : (vf)1.0f;
}

INLINE void gelu_loop(const float *x, float *y, long count, long first, struct stomics_draw draw, int dropping) {
  for (long t = 0; t < count; t += V) {
    vf density, value = load_some(x + t, count - t);
    vf result = value * cumulative(value, &density);
    if (dropping) result *= dropout_factor(first + t, draw);
    store_some(y + t, result, count - t);
  }
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
  for (long t = 0; t < count; t += V) {
    vf density, value = load_some(x + t, count - t);
    vf slope = cumulative(value, &density);
    slope += value * density;
    vf d = load_some(dy + t, count - t);
    if (dropping) d *= dropout_factor(first + t, draw);
    store_some(dx + t, load_some(dx + t, count - t) + d * slope, count - t);
  }
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
  for (long t = 0; t < count; t += V) {
    store_some(y + t, load_some(x + t, count - t) * dropout_factor(first + t, draw), count - t);
  }
}

static void dropoutBackward(const float *dy, float *dx, long count, long first, struct stomics_draw draw) {
  for (long t = 0; t < count; t += V) {
    vf d = load_some(dy + t, count - t) * dropout_factor(first + t, draw);
    store_some(dx + t, load_some(dx + t, count - t) + d, count - t);
  }
}

static void gatedMix(const float *logits, const float *a, const float *b, float *y, float *gate, long count) {
  for (long t = 0; t < count; t += V) {
    long n = count - t;
    vf g = 1.0f / (1.0f + exponential(-load_some(logits + t, n)));
    vf vb = load_some(b + t, n);
    store_some(gate + t, g, n);
    store_some(y + t, g * load_some(a + t, n) + (1.0f - g) * vb, n);
  }
}

static void gatedMixBackward(const float *gate, const float *a, const float *b, const float *dy, float *dLogits,
                             float *da, float *db, long count) {
  for (long t = 0; t < count; t += V) {
    long n = count - t;
    vf g = load_some(gate + t, n), d = load_some(dy + t, n);
    vf difference = load_some(a + t, n) - load_some(b + t, n);
    store_some(dLogits + t, load_some(dLogits + t, n) + d * difference * g * (1.0f - g), n);
    store_some(da + t, load_some(da + t, n) + d * g, n);
    store_some(db + t, load_some(db + t, n) + d * (1.0f - g), n);
  }
}

static void add(const float *x, float *y, long count) {
  for (long t = 0; t < count; t += V) {
    store_some(y + t, load_some(y + t, count - t) + load_some(x + t, count - t), count - t);
  }
}

static void adamW(float *p, const float *g, float *m, float *v, long count, struct stomics_adam_step s) {
  for (long t = 0; t < count; t += V) {
    long n = count - t;
    vf d = load_some(g + t, n), first = load_some(m + t, n), second = load_some(v + t, n);
    first += (d - first) * s.fresh1;
    second = second * s.beta2 + d * d * s.fresh2;
    vf size = __builtin_elementwise_sqrt(second) * s.inverse_root_correction + s.epsilon;
    store_some(m + t, first, n);
    store_some(v + t, second, n);
    store_some(p + t, load_some(p + t, n) * s.keep - s.step_size * (first / size), n);
  }
}
