import COpenBLAS
import Glibc
import Kernels

// Which of its processor kernels OpenBLAS uses. Older releases, Debian 12's among them, do not know newer processors and
// fall back to kernels of 2004, five times slower; the right ones are in the same library.

extension LinearAlgebra {
  /// The core OpenBLAS should use instead of the one it chose, or nil where its choice is good.
  ///
  /// AVX-512 processors get the SkylakeX kernels, AMD's included (measured on Zen 5: 1.9 times the speed of the Zen and
  /// Haswell ones), processors with AVX2 and FMA the Haswell ones.
  static func betterCore(than core: String, level: Kernels.Level) -> String? {
    let sse = [
      "Unknown", "Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn", "Dunnington",
      "Nehalem", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona", "Bobcat", "Nano",
    ]
    let avx = ["Sandybridge", "Bulldozer", "Piledriver", "Steamroller", "Excavator"]
    let avx2 = ["Haswell", "Zen"]
    switch level {
    case .avx512: return (sse + avx + avx2).contains(core) ? "SkylakeX" : nil
    case .avx2: return (sse + avx).contains(core) ? "Haswell" : nil
    case .baseline: return nil
    }
  }

  /// Makes OpenBLAS choose again where its choice was bad. Leaves a choice of the user (`OPENBLAS_CORETYPE`) alone.
  static func mendCore() {
    let variable = "OPENBLAS_CORETYPE"
    guard getenv(variable) == nil, let name = openblas_get_corename(),
      let better = betterCore(than: String(cString: name), level: Kernels.level),
      let quit = dlsym(nil, "gotoblas_dynamic_quit"), let start = dlsym(nil, "gotoblas_dynamic_init")
    else { return }
    typealias Call = @convention(c) () -> Void
    setenv(variable, better, 1)
    unsafeBitCast(quit, to: Call.self)()
    unsafeBitCast(start, to: Call.self)()
    unsetenv(variable)
  }
}
