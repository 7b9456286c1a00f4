import AnnData
import ArgumentParser
import Metrics
import Plotting
import StomicsCore

extension Linkage.Method: ExpressibleByArgument {}
extension Linkage.Metric: ExpressibleByArgument {}

/// Which signatures of a scan are clustered, and how.
struct SignatureFlags: ParsableArguments {
  @Option(help: ArgumentHelp("The genes that move the embedding most.", valueName: "n"))
  var top = 100

  @Option(help: "How far two clusters are from each other: average or ward.")
  var method = Linkage.Method.average

  @Option(help: "How far two signatures are: cosine or euclidean.")
  var metric = Linkage.Metric.cosine

  @Option(help: ArgumentHelp("How many clusters the tree is cut into.", valueName: "n"))
  var clusters = 8

  func validate() throws {
    if !(2...20_000).contains(top) { throw ValidationError("--top is \(top); give 2 to 20,000 genes.") }
    if clusters < 1 { throw ValidationError("--clusters is \(clusters); give 1 or more.") }
  }
}

/// Signatures of a scan's strongest genes with their tree.
struct ClusteredSignatures {
  let file: String
  let genes: [String]
  /// Mean embedding shift of each gene, `[G, D]`.
  let rows: Matrix
  /// The domain that each gene's edit moves towards, and its numbers in the scan.
  let towards: [String]
  let embeddingShift: [Double]
  let probabilityChange: [Double]
  let tree: Linkage
  /// Numbered from 1 along the tree's leaves.
  let clusters: [Int]

  /// - Parameter path: the folder of a scan
  init(_ path: String, _ flags: SignatureFlags) throws {
    file = path + "/signatures.h5ad"
    guard PathKind(file) == .file else { throw SignatureError.noScan(path) }
    let adata = try AnnData.read(file)
    guard case .array(let array) = adata.x, array.shape.count == 2, array.values.count > 0 else {
      throw SignatureError.noSignatures(file)
    }
    let all = Matrix(rows: array.shape[0], columns: array.shape[1], values: array.values.floats)
    let shift = try adata.numbers("mean_embedding_shift")
    let change = try adata.numbers("mean_probability_change")
    let towards = try adata.labels("towards").labels
    let moving = all.values.indices.isEmpty ? [] : (0..<all.rows).filter { shift[$0] > 0 }
    let order = moving.sorted { (shift[$1], adata.obs.index[$0]) < (shift[$0], adata.obs.index[$1]) }
    let kept = Array(order.prefix(flags.top))
    guard kept.count > 1 else { throw SignatureError.tooFew(file, genes: kept.count) }
    genes = kept.map { adata.obs.index[$0] }
    rows = all.gatheringRows(kept)
    self.towards = kept.map { towards[$0] ?? "" }
    embeddingShift = kept.map { shift[$0] }
    probabilityChange = kept.map { change[$0] }
    tree = Linkage(rows, method: flags.method, metric: flags.metric)
    clusters = tree.clusters(min(flags.clusters, kept.count)).map { $0 + 1 }
  }

  /// Places of the genes, cluster by cluster along the tree.
  var order: [Int] { tree.leafOrder }

  /// A cluster's name in legends.
  func name(_ cluster: Int) -> String { "cluster \(cluster)" }

  /// A colour for each cluster's name.
  var colors: [String: Color] {
    Palette.bind((1...max(1, clusters.max() ?? 1)).map(name), known: [:])
  }

  /// The members of every cluster, the strongest first, by cluster number from 1.
  var members: [[Int]] {
    (1...max(1, clusters.max() ?? 1)).map { number in genes.indices.filter { clusters[$0] == number } }
  }

  /// The domain that most of some genes move towards.
  func commonDomain(_ members: [Int]) -> String {
    var counts: [String: Int] = [:]
    for g in members { counts[towards[g], default: 0] += 1 }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
  }
}

/// What can be wrong with a scan's signatures.
enum SignatureError: StomicsError, Equatable {
  case noScan(String)
  case noSignatures(String)
  case tooFew(String, genes: Int)

  var kind: ErrorKind { .data }

  var description: String {
    switch self {
    case .noScan(let path):
      "\(path) holds no signatures.h5ad; name the folder that stomics perturb --scan left."
    case .noSignatures(let file): "X of \(file) is no matrix of numbers, as a scan writes it: genes by embedding."
    case .tooFew(let file, let genes):
      "\(file) has \(genes) \(genes == 1 ? "gene" : "genes") whose edit moves the embedding; a tree needs two."
    }
  }
}
