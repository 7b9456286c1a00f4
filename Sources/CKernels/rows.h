// Kernels that run over the rows of a dense matrix.

static void addBias(float *y, const float *bias, long rows, long columns) {
  for (long i = 0; i < rows; i++) add(bias, y + i * columns, columns);
}

static void columnSums(const float *dy, float *sums, long rows, long columns) {
  for (long i = 0; i < rows; i++) add(dy + i * columns, sums, columns);
}

static void softmaxRows(const float *logits, float *p, long rows, long columns) {
  const vf lowest = -__builtin_inff();
  for (long i = 0; i < rows; i++) {
    const float *x = logits + i * columns;
    float *y = p + i * columns;
    float largest = -__builtin_inff();
    for (long c = 0; c < columns; c++) largest = x[c] > largest ? x[c] : largest;
    vf sums = 0;
    VECTORS(columns, {
      vf value = exponential(first_lanes(load_some(x + k, n) - largest, n, lowest));
      sums += value;
      store_some(y + k, value, n);
    });
    float inverse = 1.0f / sum_lanes(sums);
    VECTORS(columns, {
      store_some(y + k, load_some(y + k, n) * inverse, n);
    });
  }
}

struct moments {
  float mean, rstd;
};

/// Mean and 1 / deviation of one row: biased variance, eps 1e-5.
INLINE struct moments row_moments(const float *x, long columns) {
  vf sums = 0, squares = 0;
  VECTORS(columns, { sums += load_some(x + k, n); });
  float mean = sum_lanes(sums) / (float)columns;
  VECTORS(columns, {
    vf d = first_lanes(load_some(x + k, n) - mean, n, (vf)0.0f);
    squares += d * d;
  });
  return (struct moments){mean, 1.0f / __builtin_sqrtf(sum_lanes(squares) / (float)columns + 1e-5f)};
}

INLINE void normalise_row(const float *x, const float *gamma, const float *beta, float *y, float *mean, float *rstd,
                          long columns) {
  struct moments m = row_moments(x, columns);
  *mean = m.mean;
  *rstd = m.rstd;
  VECTORS(columns, {
    vf normal = (load_some(x + k, n) - m.mean) * m.rstd;
    store_some(y + k, normal * load_some(gamma + k, n) + load_some(beta + k, n), n);
  });
}

static void layerNorm(const float *x, const float *gamma, const float *beta, float *y, float *mean, float *rstd,
                      long rows, long columns) {
  for (long i = 0; i < rows; i++) {
    normalise_row(x + i * columns, gamma, beta, y + i * columns, mean + i, rstd + i, columns);
  }
}

struct row_means {
  float plain, weighted;
};

/// Adds one row to dGamma and dBeta; the means of g and of g x̂ with g = dz gamma.
INLINE struct row_means affine_sums(const float *x, float mean, float rstd, const float *gamma, const float *dz,
                                    float *dGamma, float *dBeta, long columns) {
  vf plain = 0, weighted = 0;
  VECTORS(columns, {
    vf normal = (load_some(x + k, n) - mean) * rstd, d = load_some(dz + k, n);
    store_some(dGamma + k, load_some(dGamma + k, n) + d * normal, n);
    store_some(dBeta + k, load_some(dBeta + k, n) + d, n);
    vf g = d * load_some(gamma + k, n);
    plain += g;
    weighted += g * normal;
  });
  return (struct row_means){sum_lanes(plain) / (float)columns, sum_lanes(weighted) / (float)columns};
}

/// The derivative of a normalised row by its input: rstd (g - mean(g) - x̂ mean(g x̂)).
INLINE vf row_derivative(vf x, float mean, float rstd, vf gamma, vf dz, struct row_means means) {
  vf normal = (x - mean) * rstd;
  return (dz * gamma - means.plain - normal * means.weighted) * rstd;
}

static void layerNormBackward(const float *x, const float *mean, const float *rstd, const float *gamma,
                              const float *dy, float *dx, float *dGamma, float *dBeta, long rows, long columns) {
  for (long i = 0; i < rows; i++, x += columns, dy += columns, dx += columns) {
    struct row_means means = affine_sums(x, mean[i], rstd[i], gamma, dy, dGamma, dBeta, columns);
    VECTORS(columns, {
      vf d = row_derivative(load_some(x + k, n), mean[i], rstd[i], load_some(gamma + k, n), load_some(dy + k, n),
                            means);
      store_some(dx + k, load_some(dx + k, n) + d, n);
    });
  }
}

static void addLayerNorm(const float *x, const float *a, const float *gamma, const float *beta, float *sum, float *y,
                         float *mean, float *rstd, long rows, long columns, long first, struct stomics_draw draw) {
  for (long i = 0; i < rows; i++) {
    long t = i * columns;
    VECTORS(columns, {
      vf added = load_some(a + t + k, n) * factor_if(draw.threshold != 0, first + t + k, draw);
      store_some(sum + t + k, load_some(x + t + k, n) + added, n);
    });
    normalise_row(sum + t, gamma, beta, y + t, mean + i, rstd + i, columns);
  }
}

static void addLayerNormBackward(const float *sum, const float *mean, const float *rstd, const float *gamma,
                                 const float *dy, float *dx, float *da, float *dGamma, float *dBeta, long rows,
                                 long columns, long first, struct stomics_draw draw) {
  for (long i = 0; i < rows; i++) {
    long t = i * columns;
    struct row_means means = affine_sums(sum + t, mean[i], rstd[i], gamma, dy + t, dGamma, dBeta, columns);
    VECTORS(columns, {
      vf d = row_derivative(load_some(sum + t + k, n), mean[i], rstd[i], load_some(gamma + k, n),
                            load_some(dy + t + k, n), means);
      store_some(dx + t + k, load_some(dx + t + k, n) + d, n);
      d *= factor_if(draw.threshold != 0, first + t + k, draw);
      store_some(da + t + k, load_some(da + t + k, n) + d, n);
    });
  }
}

static void layerNormELU(const float *x, const float *gamma, const float *beta, const float *residual, float *y,
                         float *mean, float *rstd, long rows, long columns, long first, struct stomics_draw draw) {
  for (long i = 0; i < rows; i++) {
    long t = i * columns;
    struct moments m = row_moments(x + t, columns);
    mean[i] = m.mean;
    rstd[i] = m.rstd;
    VECTORS(columns, {
      vf z = (load_some(x + t + k, n) - m.mean) * m.rstd * load_some(gamma + k, n) + load_some(beta + k, n);
      vf value = choose(z > (vf)0.0f, z, exponential(z) - 1.0f);
      value *= factor_if(draw.threshold != 0, first + t + k, draw);
      if (residual) value += load_some(residual + t + k, n);
      store_some(y + t + k, value, n);
    });
  }
}

static void layerNormELUBackward(const float *x, const float *mean, const float *rstd, const float *gamma,
                                 const float *beta, const float *dy, float *dx, float *dResidual, float *dGamma,
                                 float *dBeta, float *scratch, long rows, long columns, long first,
                                 struct stomics_draw draw) {
  for (long i = 0; i < rows; i++) {
    long t = i * columns;
    VECTORS(columns, {
      vf z = (load_some(x + t + k, n) - mean[i]) * rstd[i] * load_some(gamma + k, n) + load_some(beta + k, n);
      vf d = load_some(dy + t + k, n);
      if (dResidual) store_some(dResidual + t + k, load_some(dResidual + t + k, n) + d, n);
      d *= factor_if(draw.threshold != 0, first + t + k, draw);
      store_some(scratch + k, d * choose(z > (vf)0.0f, (vf)1.0f, exponential(z)), n);
    });
    struct row_means means = affine_sums(x + t, mean[i], rstd[i], gamma, scratch, dGamma, dBeta, columns);
    VECTORS(columns, {
      vf d = row_derivative(load_some(x + t + k, n), mean[i], rstd[i], load_some(gamma + k, n),
                            load_some(scratch + k, n), means);
      store_some(dx + t + k, load_some(dx + t + k, n) + d, n);
    });
  }
}
