import AnnData
import StomicsCore

/// One matrix of attention in a slice: whose, and its weights.
struct AttentionInput {
  /// In obsp, without the head.
  let key: String
  /// nil for the mean of all.
  let head: Int?
  /// `[N, N]`: row i holds the weights of the spots that spot i listens to.
  let weights: CSRMatrix

  private static let prefix = "attention_"

  /// Reads the matrix that is asked for, else that of the last layer: cross-attention's where there is any.
  /// - Throws: `AttentionInputError`, `AnnDataError`
  init(_ adata: AnnData, key wanted: String?, head: Int?) throws {
    let file = adata.source
    let layers = Self.layers(of: adata)
    guard let last = Self.last(of: layers) else {
      if let wanted, adata.obsp[wanted] != nil { throw AttentionInputError.noAttention(file: file, key: wanted) }
      throw AttentionInputError.none(file: file)
    }
    let key = wanted ?? last
    guard layers.contains(key) else {
      throw AttentionInputError.unknownKey(
        key, file: file, found: layers, near: didYouMean(key, among: layers))
    }
    self.key = key
    self.head = head
    let name = head.map { Keys.head($0, of: key) } ?? key
    guard let element = adata.obsp[name] else {
      let heads = adata.obsp.keys.map(Self.parts).filter { $0.key == key }.compactMap(\.head).sorted()
      throw AttentionInputError.unknownHead(head ?? 0, key: key, file: file, found: heads)
    }
    guard case .sparse(let matrix) = element else {
      throw AnnDataError.wrongType(
        path: "/obsp/" + name, found: element.typeName, expected: "a sparse matrix of attention", file: file)
    }
    guard matrix.rows == adata.observationCount, matrix.columns == adata.observationCount else {
      throw AnnDataError.wrongShape(
        path: "/obsp/" + name, found: "[\(matrix.rows), \(matrix.columns)]",
        expected: "[\(adata.observationCount), \(adata.observationCount)]", file: file)
    }
    weights = try matrix.csrMatrix()
    if let problem = Self.problem(weights, names: adata.obs.index) {
      throw AttentionInputError.notAttention(key: name, problem: problem, file: file)
    }
  }

  /// The keys of a slice's matrices of attention, the means over heads.
  static func layers(of adata: AnnData) -> [String] {
    adata.obsp.keys.filter { $0.hasPrefix(prefix) && parts(of: $0).head == nil }
  }

  /// In words: cross-attention, layer 1, head 2.
  var words: String {
    let rest = key.dropFirst(Self.prefix.count).split(separator: "_")
    let layer = rest.last.map(String.init) ?? ""
    let kind = rest.first == "cross" ? "cross-attention" : rest.first == "graph" ? "graph attention" : nil
    let name = kind.map { "\($0), layer \(layer)" } ?? key
    return name + (head.map { ", head \($0)" } ?? "")
  }

  private static func parts(of key: String) -> (key: String, head: Int?) {
    let words = key.split(separator: "_", omittingEmptySubsequences: false)
    guard words.count > 2, words[words.count - 2] == "head", let head = Int(words[words.count - 1]) else {
      return (key, nil)
    }
    return (words.dropLast(2).joined(separator: "_"), head)
  }

  /// The fusion's last layer, or else the last of graph attention.
  private static func last(of keys: [String]) -> String? {
    func rank(_ key: String) -> (Int, Int, String) {
      let layer = key.split(separator: "_").last.flatMap { Int($0) } ?? -1
      return (key.hasPrefix(prefix + "cross") ? 1 : 0, layer, key)
    }
    return keys.max { rank($0) < rank($1) }
  }

  private static func problem(_ weights: CSRMatrix, names: [String]) -> String? {
    for i in 0..<weights.rows {
      let row = weights.values[weights.range(ofRow: i)]
      guard row.allSatisfy({ $0.isFinite && $0 >= 0 }) else {
        return "the row of spot '\(names[i])' has weights that are negative or no numbers"
      }
      let sum = row.reduce(0.0) { $0 + Double($1) }
      guard row.isEmpty || abs(sum - 1) < 1e-3 else {
        return "the row of spot '\(names[i])' sums to \(sum.formatted(significantDigits: 3)), not to 1"
      }
    }
    return nil
  }
}

/// Why there is no attention to draw.
enum AttentionInputError: StomicsError, Equatable {
  case none(file: String)
  case noAttention(file: String, key: String)
  case unknownKey(String, file: String, found: [String], near: String)
  case unknownHead(Int, key: String, file: String, found: [Int])
  case unknownSpot(String, file: String, near: String)
  case notAttention(key: String, problem: String, file: String)
  case noDomains(panel: String, file: String, columns: [String])

  var kind: ErrorKind {
    switch self {
    case .unknownKey, .unknownHead, .unknownSpot, .noDomains: .usage
    case .none, .noAttention, .notAttention: .data
    }
  }

  private static let command = "stomics predict RUN SLICE -o OUT.h5ad --attention"

  var description: String {
    switch self {
    case .none(let file):
      "\(file) holds no attention (obsp/attention_…). Write it with \(Self.command); the model must be one with graph attention or cross-attention."
    case .noAttention(let file, let key):
      "\(file) holds no attention: obsp/\(key) is none. Write it with \(Self.command)."
    case .unknownKey(let key, let file, let found, let near):
      "There is no attention '\(key)' in obsp of \(file) (found: \(found.joined(separator: ", "))).\(near)"
    case .unknownHead(let head, let key, let file, let found):
      found.isEmpty
        ? "\(file) holds the mean of the heads of \(key) alone. Write each head with stomics predict RUN SLICE -o OUT.h5ad --attention-heads."
        : "There is no head \(head) of \(key) in \(file) (found: \(found.map(String.init).joined(separator: ", ")))."
    case .unknownSpot(let spot, let file, let near): "There is no spot '\(spot)' in \(file).\(near)"
    case .notAttention(let key, let problem, let file): "/obsp/\(key) of \(file) is no attention: \(problem)."
    case .noDomains(let panel, let file, let columns):
      "The panel '\(panel)' needs a column of domains in obs of \(file). Name it with --domains"
        + (columns.isEmpty ? "." : " (columns of labels: \(columns.joined(separator: ", "))).")
    }
  }
}
