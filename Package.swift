// swift-tools-version: 6.1
import PackageDescription

// Debug builds of numeric code are 45 to 290 times slower than optimised ones. The scripts set this variable,
// so that tests run with optimised kernels; without it the package has no unsafe flags and can be a dependency.
let optimisedDebug = Context.environment["STOMICS_OPTIMISED_DEBUG"] != nil

let fastSwift: [SwiftSetting] =
  optimisedDebug ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : []
let fastC: [CSetting] =
  optimisedDebug ? [.unsafeFlags(["-O3", "-fno-math-errno"])] : []

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: fastSwift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
    resources: nil)
}

let collections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

// libFuzzer comes with the compiler and is linked only where a build asks for it (scripts/libfuzzer).
let libFuzzer: [Target] =
  Context.environment["STOMICS_LIBFUZZER"] == nil
  ? []
  : [
    .executableTarget(
      name: "stomics-libfuzzer",
      dependencies: [
        "StomicsCLI", "Training", "Models", "AnnData", "HDF5", "Parquet", "Images", "Compression", "StomicsCore",
      ], path: "Tests/LibFuzzer")
  ]

let package = Package(
  name: "stomics",
  products: [
    .executable(name: "stomics", targets: ["stomics"]),
    .library(
      name: "Stomics",
      targets: [
        "StomicsCore", "AnnData", "SparseGraph", "Metrics", "Plotting", "Projection", "Preprocessing", "Simulation",
        "Models", "Training", "Evaluation", "Perturbation", "Download", "Images", "ImageFeatures",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Floor 0: C libraries, a module map and the few shims Swift cannot call.
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5-serial", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    // Loaded at first use and not linked, so without pkgConfig: its flags would link them.
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    // Floor 1
    library("StomicsCore"),
    // Floor 2
    .target(name: "CKernels", cSettings: fastC),
    library("Kernels", ["CKernels", "StomicsCore"]),
    library("Compression", ["CDeflate", "StomicsCore"]),
    library("Images", ["CPNG", "StomicsCore"]),
    // Floor 3
    library("LinearAlgebra", ["COpenBLAS", "CLAPACKE", "Kernels", "StomicsCore"]),
    library("HDF5", ["CHDF5", "Compression", "StomicsCore", collections]),
    library("Download", ["CCurl", "CCrypto", "StomicsCore"]),
    library("Parquet", ["Compression", "StomicsCore"]),
    // Floor 4
    library("AnnData", ["HDF5", "Parquet", "Images", "Compression", "StomicsCore", collections]),
    library("SparseGraph", ["StomicsCore"]),
    library("Metrics", ["StomicsCore"]),
    library("Plotting", ["CCairo", "Images", "StomicsCore"]),
    library("ImageFeatures", ["Images", "LinearAlgebra", "StomicsCore"]),
    library("Projection", ["LinearAlgebra", "StomicsCore"]),
    // Floor 5
    library("Preprocessing", ["AnnData", "SparseGraph", "LinearAlgebra", "Kernels", "StomicsCore", collections]),
    library("Simulation", ["AnnData", "SparseGraph", "Images", "StomicsCore", collections]),
    library("Autodiff", ["SparseGraph", "LinearAlgebra", "Kernels", "StomicsCore"]),
    // Floor 6
    library(
      "Models",
      ["Autodiff", "Preprocessing", "Metrics", "SparseGraph", "AnnData", "Kernels", "StomicsCore", collections]),
    // Floor 7
    library(
      "Training",
      [
        "Models", "Autodiff", "Preprocessing", "Metrics", "SparseGraph", "AnnData", "LinearAlgebra", "StomicsCore",
        yams, collections,
      ]),
    library(
      "Perturbation",
      ["Models", "Autodiff", "Preprocessing", "SparseGraph", "AnnData", "StomicsCore", collections]),
    library(
      "Report", ["Metrics", "Plotting", "StomicsCore"], resources: [.embedInCode("Assets")]),
    // Floor 8
    library(
      "Evaluation",
      [
        "Training", "Models", "Autodiff", "Preprocessing", "Metrics", "SparseGraph", "AnnData", "LinearAlgebra",
        "Kernels",
        "StomicsCore", collections,
      ]),
    // Floor 9
    .target(
      name: "StomicsCLI",
      dependencies: [
        "Evaluation", "Training", "Perturbation", "Report", "Models", "Preprocessing", "Simulation", "Plotting",
        "Projection",
        "Metrics", "SparseGraph",
        "AnnData", "HDF5", "Download", "ImageFeatures", "Images", "LinearAlgebra", "Kernels", "StomicsCore",
        argumentParser, collections,
      ]),
    .executableTarget(name: "stomics", dependencies: ["StomicsCLI"]),
    // Tests
    .target(
      name: "TestSupport", dependencies: ["Compression", "SparseGraph", "StomicsCore"], path: "Tests/TestSupport",
      swiftSettings: fastSwift),
    .executableTarget(
      name: "stomics-fuzz",
      dependencies: [
        "StomicsCLI", "Training", "Models", "AnnData", "HDF5", "Parquet", "Images", "Compression", "StomicsCore",
        argumentParser,
      ], path: "Tests/Fuzz", swiftSettings: fastSwift),
    tests("StomicsCore"),
    tests("Kernels"),
    tests("Compression"),
    tests("Images"),
    tests("LinearAlgebra"),
    tests("HDF5"),
    tests("Download"),
    tests("Parquet"),
    tests("AnnData"),
    tests("SparseGraph"),
    tests("Metrics"),
    tests("Plotting", ["Images"]),
    tests("ImageFeatures", ["Images"]),
    tests("Projection"),
    tests("Preprocessing", ["AnnData"]),
    tests("Simulation", ["AnnData", "SparseGraph"]),
    tests("Autodiff", ["SparseGraph"]),
    tests("Models", ["Autodiff", "SparseGraph"]),
    tests("Training", ["Models", "AnnData", "SparseGraph", "Preprocessing", "Simulation"]),
    tests("Evaluation", ["Training", "Models", "AnnData", "SparseGraph", "Preprocessing", "Simulation", "Metrics"]),
    tests("Perturbation", ["Training", "Models", "AnnData", "Preprocessing", "Simulation"]),
    tests("Report", ["Metrics", "Images", "StomicsCore"]),
    tests("StomicsCLI", ["AnnData", "Download", "Simulation", "Images", "Plotting", "Preprocessing", "Training"]),
  ] + libFuzzer,
  swiftLanguageModes: [.v6]
)
