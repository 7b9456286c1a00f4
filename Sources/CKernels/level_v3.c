// The kernels for x86-64-v3: AVX2 and FMA.
#if defined(__x86_64__)
#define V 8
#define TABLE stomics_kernels_v3
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "body.h"
#pragma clang attribute pop
#endif
