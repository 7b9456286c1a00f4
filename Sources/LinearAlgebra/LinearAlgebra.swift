import COpenBLAS
import StomicsCore

/// Dense products and decompositions, on OpenBLAS and LAPACK.
///
/// OpenBLAS runs with one thread inside fixed blocks that `parallelFor` runs: the same bytes for any number of threads.
public enum LinearAlgebra {
  /// The name of the processor kernels OpenBLAS uses, such as "SkylakeX".
  public static var coreName: String {
    prepare()
    guard let name = openblas_get_corename() else { return "unknown" }
    return String(cString: name)
  }

  /// Sets OpenBLAS up before its first use; cheap afterwards.
  static func prepare() { _ = once }

  private static let once: Void = {
    mendCore()
    openblas_set_num_threads(1)
  }()
}
