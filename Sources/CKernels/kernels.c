#include "kernels.h"

#if defined(__x86_64__)
extern const struct stomics_kernels stomics_kernels_baseline, stomics_kernels_v3, stomics_kernels_v4;

enum stomics_level stomics_best_level(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return stomics_level_v4;
  if (__builtin_cpu_supports("x86-64-v3")) return stomics_level_v3;
  return stomics_level_baseline;
}

const struct stomics_kernels *stomics_kernels_of(enum stomics_level level) {
  switch (level) {
    case stomics_level_v4: return &stomics_kernels_v4;
    case stomics_level_v3: return &stomics_kernels_v3;
    default: return &stomics_kernels_baseline;
  }
}
#endif
