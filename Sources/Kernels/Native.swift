import CKernels

// The block kernels in use: the C kernels of the best level this processor has, or the Swift twins on other processors.
#if arch(x86_64)
  let native = stomics_kernels_of(stomics_best_level()).pointee
#else
  let native = Reference.table
#endif

extension Kernels {
  /// The instructions the kernels in use were compiled for, such as "x86-64-v4 (AVX-512)".
  public static var instructionSet: String {
    #if arch(x86_64)
      switch stomics_best_level() {
      case stomics_level_v4: "x86-64-v4 (AVX-512)"
      case stomics_level_v3: "x86-64-v3 (AVX2)"
      default: "x86-64 (SSE2)"
      }
    #else
      "portable Swift"
    #endif
  }
}
