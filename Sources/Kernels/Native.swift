import CKernels

// The block kernels in use: the C kernels of the best level this processor has, or the Swift twins on other processors.
#if arch(x86_64)
  let native = stomics_kernels_of(stomics_best_level()).pointee
#else
  let native = Reference.table
#endif

extension Kernels {
  /// The vector instructions there are kernels for.
  public enum Level: String, Sendable {
    /// What every processor of its kind has (on x86-64: SSE2).
    case baseline = "baseline"
    /// x86-64-v3: AVX2 and fused multiply-add.
    case avx2 = "x86-64-v3 (AVX2)"
    /// x86-64-v4: AVX-512.
    case avx512 = "x86-64-v4 (AVX-512)"
  }

  /// The best level this processor runs, which the kernels use.
  public static let level: Level = {
    #if arch(x86_64)
      switch stomics_best_level() {
      case stomics_level_v4: .avx512
      case stomics_level_v3: .avx2
      default: .baseline
      }
    #else
      .baseline
    #endif
  }()

  /// The instructions the kernels in use were compiled for, such as "x86-64-v4 (AVX-512)".
  public static var instructionSet: String { level.rawValue }
}
