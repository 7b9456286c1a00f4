import AnnData
import Foundation
import Images
import TestSupport
import Testing

@testable import StomicsCLI

/// The whole job of the README, on a small slice.
@Suite("From a slice to a perturbation")
struct PipelineTests {
  @Test("every command of the quick start, one after the other") func quickStart() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func path(_ name: String) -> String { folder + "/" + name }
    let cortex = path("cortex.h5ad")
    let slice = path("slice.h5ad")
    let run = path("runs/full")
    let predicted = path("predicted.h5ad")
    succeed(["simulate", "-o", cortex, "--spots", "250", "--genes", "300", "--seed", "1", "--image"])
    #expect(succeed(["info", cortex]).output.contains("250 observations (spots), 300 variables (genes)"))
    succeed(["preprocess", cortex, "-o", slice, "--label-key", "layer", "--n-top-genes", "150", "--n-pcs", "5"])
    succeed(["train", slice, "--mode", "full", "--fusion", "gated", "-o", run] + SmallSlice.quick)
    succeed(["predict", run, slice, "-o", predicted])
    for (what, input, picture) in [
      ("domains", predicted, "domains.png"), ("domains", run, "run.svg"), ("history", run, "history.pdf"),
      ("confusion", run, "confusion.png"),
    ] {
      succeed(["plot", what, input, "-o", path(picture)])
      let size = try FileManager.default.attributesOfItem(atPath: path(picture))[.size] as? Int
      #expect((size ?? 0) > 1000, "\(picture)")
    }
    let map = try Image(pngFile: path("domains.png"))
    #expect(map.width > map.height, "three panels lie side by side")

    let genes = Array(try AnnData.read(slice).recipe().genes.prefix(2))
    let perturbed = succeed(["perturb", run, slice, "--gene", genes[0], "--gene", genes[1], "-o", path("perturbed")])
    for gene in genes { #expect(perturbed.output.contains(gene)) }
    let effects = try String(contentsOfFile: path("perturbed/effects.tsv"), encoding: .utf8)
    #expect(effects.split(separator: "\n").count == 3)
    for file in ["spots.tsv", "transitions.tsv", genes[0] + ".png", genes[1] + ".png", "perturbed.h5ad"] {
      #expect(FileManager.default.fileExists(atPath: path("perturbed/" + file)), "\(file)")
    }
    let adata = try AnnData.read(path("perturbed/perturbed.h5ad"))
    #expect(try adata.labels("domain").codes == AnnData.read(predicted).labels("domain").codes)
    #expect(adata.obs["domain_after_" + genes[0]] != nil)
  }

  @Test("no file depends on the number of threads", .enabled(if: Program.path != nil)) func threads() throws {
    let folder = try Fixtures.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Processes of their own, since the number of threads belongs to the process.
    for threads in ["1", "3"] {
      let result = try Program.shell(
        """
        set -e; mkdir \(threads); cd \(threads); general="--threads \(threads) -q"
        stomics simulate -o cortex.h5ad --spots 700 --genes 300 $general
        stomics preprocess cortex.h5ad -o slice.h5ad --label-key layer --n-top-genes 150 $general
        stomics train slice.h5ad -o run \(SmallSlice.quick.joined(separator: " ")) $general
        stomics predict run slice.h5ad -o predicted.h5ad $general
        stomics perturb run slice.h5ad --gene MOBP -o perturbed $general
        """, in: folder)
      #expect(result.exitCode == 0, "\(result.printed)")
    }
    for file in [
      "cortex.h5ad", "slice.h5ad", "predicted.h5ad", "run/model.safetensors", "run/history.csv", "run/predictions.csv",
      "run/results.h5ad", "perturbed/spots.tsv", "perturbed/MOBP.png",
    ] {
      let one = try Data(contentsOf: URL(fileURLWithPath: folder + "/1/" + file))
      let three = try Data(contentsOf: URL(fileURLWithPath: folder + "/3/" + file))
      #expect(one == three, "\(file) differs between 1 and 3 threads")
    }
  }
}
