import ArgumentParser
import StomicsCore

/// `stomics perturb clusters`: genes whose edits move the slice alike.
struct PerturbClustersCommand: StomicsCommand {
  static let configuration = CommandConfiguration(
    commandName: "clusters",
    abstract: "Group the genes of a scan by how their edits move the embedding.",
    discussion: """
      A gene's signature is the mean shift of the embedding when it is edited. Signatures are clustered from single genes \
      to one tree, by the cosine of their angle and the mean distance between members unless --metric and --method say \
      otherwise, as scipy.cluster.hierarchy does it, and the tree is cut. stomics plot signatures draws it.

        stomics perturb clusters scan -o clusters.tsv
        stomics perturb clusters scan --top 300 --method ward --clusters 12 -o clusters.tsv
      """)

  @Argument(help: "The folder of stomics perturb --scan.") var scan: String
  @Option(name: .shortAndLong, help: "The table to write, a line a gene.") var output: String
  @OptionGroup(title: "Signatures") var signatures: SignatureFlags
  @OptionGroup(title: "General options") var general: GeneralOptions

  struct Report: Encodable {
    struct Cluster: Encodable {
      let cluster: Int
      let genes: [String]
      let towards: String
    }

    let output: String
    let clusters: [Cluster]
  }

  func run(console: Console) throws {
    let found = try ClusteredSignatures(scan, signatures)
    var lines = ["gene\tcluster\tplace\tmean_embedding_shift\tmean_probability_change\ttowards"]
    for (place, g) in found.order.enumerated() {
      lines.append(
        [
          found.genes[g], "\(found.clusters[g])", "\(place + 1)", "\(found.embeddingShift[g])",
          "\(found.probabilityChange[g])", found.towards[g],
        ].joined(separator: "\t"))
    }
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: output)
    let report = Report(
      output: output,
      clusters: found.members.enumerated().map { number, members in
        Report.Cluster(
          cluster: number + 1, genes: members.map { found.genes[$0] }, towards: found.commonDomain(members))
      })
    var table = TextTable(["cluster", "genes", "most move to", "the strongest"], leftColumns: [2, 3])
    for cluster in report.clusters {
      table.rows.append([
        "\(cluster.cluster)", "\(cluster.genes.count)", cluster.towards,
        cluster.genes.prefix(8).joined(separator: ", ") + (cluster.genes.count > 8 ? ", …" : ""),
      ])
    }
    try console.result(report, text: table.text + "\n" + output)
  }
}
