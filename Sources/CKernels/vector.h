// Vectors of V floats and the few functions the kernels need on them. Included once for each level, with V set.
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/// Before a loop over vectors that are to stay in registers; without it -O2 keeps them in memory.
#define UNROLLED _Pragma("clang loop unroll(full)")

typedef float vf __attribute__((ext_vector_type(V)));
typedef int32_t vi __attribute__((ext_vector_type(V)));
typedef uint32_t vu __attribute__((ext_vector_type(V)));
typedef vf vf_unaligned __attribute__((aligned(4)));

INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
INLINE void store(float *p, vf x) { *(vf_unaligned *)p = x; }

/// The first min(n, V) floats at p, the rest 0.
INLINE vf load_some(const float *p, long n) {
  if (n >= V) return load(p);
  vf x = 0;
  memcpy(&x, p, 4 * (unsigned long)n);
  return x;
}
INLINE void store_some(float *p, vf x, long n) {
  if (n >= V) {
    store(p, x);
  } else {
    memcpy(p, &x, 4 * (unsigned long)n);
  }
}

/// Runs the statements for k = 0, V, 2 V, … below `count`, with n the number of floats from k on: V in the main loop, as a
/// constant, and fewer at most once at the end.
#define VECTORS(count, ...)             \
  do {                                  \
    const long end = (count);           \
    long k = 0;                         \
    for (; k + V <= end; k += V) {      \
      const long n = V;                 \
      __VA_ARGS__                       \
    }                                   \
    if (k < end) {                      \
      const long n = end - k;           \
      __VA_ARGS__                       \
    }                                   \
  } while (0)

/// 0, 1, 2, … V - 1
INLINE vi lanes(void) {
  vi x;
  for (int i = 0; i < V; i++) x[i] = i;
  return x;
}

/// Where the mask is all ones a, elsewhere b.
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }

/// The first n lanes of x, the rest `other`.
INLINE vf first_lanes(vf x, long n, vf other) {
  return n >= V ? x : choose(lanes() < (vi)(int32_t)n, x, other);
}

INLINE vf absolute(vf x) { return (vf)((vi)x & 0x7fffffff); }

#define SHUFFLE __builtin_shufflevector

/// The sum of all lanes, in a fixed order.
INLINE float sum_lanes(vf x) {
#if V == 16
  typedef float v8 __attribute__((ext_vector_type(8)));
  v8 y = SHUFFLE(x, x, 0, 1, 2, 3, 4, 5, 6, 7) + SHUFFLE(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  vf y = x;
#endif
#if V >= 8
  typedef float v4 __attribute__((ext_vector_type(4)));
  v4 z = SHUFFLE(y, y, 0, 1, 2, 3) + SHUFFLE(y, y, 4, 5, 6, 7);
#else
  vf z = y;
#endif
  return (z[0] + z[2]) + (z[1] + z[3]);
}

/// out[i] = the sum of x[i]'s lanes for four vectors: the same sums in half the steps.
INLINE void sum_lanes_of_four(const vf *x, float *out) {
#if V == 16
  typedef float v4 __attribute__((ext_vector_type(4)));
  vf a = SHUFFLE(x[0], x[1], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
         SHUFFLE(x[0], x[1], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  vf b = SHUFFLE(x[2], x[3], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
         SHUFFLE(x[2], x[3], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  vf c = SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
         SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  vf d = c + SHUFFLE(c, c, 2, 3, 2, 3, 6, 7, 6, 7, 10, 11, 10, 11, 14, 15, 14, 15);
  vf e = d + SHUFFLE(d, d, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15);
  v4 sums = SHUFFLE(e, e, 0, 4, 8, 12);
  memcpy(out, &sums, sizeof(sums));
#else
  for (int i = 0; i < 4; i++) out[i] = sum_lanes(x[i]);
#endif
}

/// e to the x: relative error below 2e-7; 0 below -87.33, infinite above 88.37, NaN of NaN.
INLINE vf exponential(vf x) {
  const vf low = -87.33f, high = 88.37f, magic = 12582912.0f;
  vf c = choose(x < low, low, x);
  c = choose(c > high, high, c);
  vf shifted = c * 1.44269504088896341f + magic;  // the low bits are the rounded power of two
  vf n = shifted - magic;
  vf r = c - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  vf p = (vf)1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  vf y = p * (r * r) + (r + 1.0f);
  y = (vf)((vi)y + ((vi)shifted << 23));
  y = choose(x < low, (vf)0.0f, y);
  return choose(x > high, (vf)__builtin_inff(), y);
}

/// The standard normal distribution function, absolute error below 2e-7, and its density.
/// Source: Abramowitz and Stegun 7.1.26; the tail of negative x comes without cancellation.
INLINE vf cumulative(vf x, vf *density) {
  vf t = 1.0f / (absolute(x) * (0.3275911f * 0.70710678f) + 1.0f);
  vf e = exponential(x * x * -0.5f);
  vf q = t * 1.061405429f - 1.453152027f;
  q = q * t + 1.421413741f;
  q = q * t - 0.284496736f;
  q = q * t + 0.254829592f;
  q = q * t * 0.5f * e;
  *density = e * 0.39894228f;
  return choose(x > (vf)0.0f, 1.0f - q, q);
}

/// 0 or scale for the elements at these places: as `Dropout.keeps` says.
INLINE vf dropout_factor_at(vu x, struct stomics_draw draw) {
  x ^= draw.low;
  x ^= x >> 16;
  x = x * 0x7FEB352Du + draw.high;
  x ^= x >> 15;
  x *= 0x846CA68Bu;
  x ^= x >> 16;
  return (vf)((x >= (vu)draw.threshold) & (vi)(vf)draw.scale);
}

/// 0 or scale for the elements first, first + 1, …
INLINE vf dropout_factor(long first, struct stomics_draw draw) {
  return dropout_factor_at((vu)lanes() + (uint32_t)first, draw);
}
