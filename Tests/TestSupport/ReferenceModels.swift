#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The model cases that PyTorch computed, by the paths of their files: `model_<mode>_<fusion>.safetensors`.
public enum ReferenceModels {
  /// Those of `Tests/Fixtures/model`.
  public static let kept = files(in: Fixtures.path("model"), prefix: "model_")

  /// Those of the folder of reference files beside a checkout, none where it is missing: image features and embeddings
  /// are of their real widths there.
  public static let beside = Fixtures.realData("../golden").map { files(in: $0, prefix: "b_model_") } ?? []

  public static let all = kept + beside

  private static func files(in folder: String, prefix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".safetensors") }.sorted().map { folder + "/" + $0 }
  }

  /// The words for mode and fusion in a file's name.
  public static func names(_ path: String) -> (mode: String, fusion: String) {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let name = file.replacing("b_model_", with: "").replacing("model_", with: "").replacing(".safetensors", with: "")
    // Narrow ones have as many genes as the embedding is wide.
    let plain = name.replacing("_narrow", with: "")
    for fusion in ["gated", "cross_attention"] where plain.hasSuffix("_" + fusion) {
      return (String(plain.dropLast(fusion.count + 1)), fusion)
    }
    return (plain, "")
  }
}

extension Golden {
  /// An array of a model case (`out`, `grad`, `param5`, `trace`) as computed in float64, where the file has that.
  public func precise(_ kind: String, _ name: String) -> Values {
    for head in [kind + "64", kind + "_f64", kind] {
      if let array = arrays[head + "." + name] { return array }
    }
    return self[kind + "_f32." + name]
  }

  /// The embedding or image features of a model case.
  public var features: Values? {
    arrays["in.image_features"] ?? arrays["in.scgpt_embeddings"] ?? arrays["in.geneformer_embeddings"]
  }
}
