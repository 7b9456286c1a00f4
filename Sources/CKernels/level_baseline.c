// The kernels for every x86-64 processor (SSE2).
#if defined(__x86_64__)
#define V 4
#define TABLE stomics_kernels_baseline
#include "body.h"
#endif
