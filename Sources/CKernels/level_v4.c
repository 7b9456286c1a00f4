// The kernels for x86-64-v4: AVX-512, in whole 512-bit registers.
#if defined(__x86_64__)
#define V 16
#define TABLE stomics_kernels_v4
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#include "body.h"
#pragma clang attribute pop
#endif
