import StomicsCore

/// Agglomerative hierarchical clustering of rows, from each by itself to all in one.
///
/// By chains of nearest neighbours, O(N²) in time and memory: exact for both methods. Ties go to the lower number.
/// - Source: Murtagh and Contreras 2012; the conventions are SciPy's `linkage`.
public struct Linkage: Sendable, Equatable {
  public enum Method: String, Sendable, CaseIterable {
    /// The mean of the distances between members.
    case average
    /// The growth of the variance within clusters (Ward 1963).
    case ward
  }

  public enum Metric: String, Sendable, CaseIterable {
    /// 1 - cosine of the angle; with Ward's method the Euclidean distance of rows of length 1.
    case cosine
    case euclidean
  }

  /// Two clusters become one. Rows are 0..<N, the cluster that merge k makes is N + k.
  public struct Merge: Sendable, Equatable {
    public let first: Int
    public let second: Int
    public let distance: Double
    /// Rows in the new cluster.
    public let count: Int
  }

  /// Number of rows.
  public let count: Int
  /// By distance, `[N - 1]`.
  public let merges: [Merge]

  /// - Parameter rows: `[N, D]`; a row of zeros has cosine distance 1 to all others
  public init(_ rows: Matrix, method: Method = .average, metric: Metric = .cosine) {
    count = rows.rows
    merges = Self.cluster(Self.distances(rows, method, metric), rows.rows, method)
  }

  // MARK: Distances

  private static func distances(_ rows: Matrix, _ method: Method, _ metric: Metric) -> [Double] {
    let n = rows.rows
    let width = rows.columns
    var values = rows.values.map(Double.init)
    if metric == .cosine {
      for i in 0..<n {
        let range = i * width..<(i + 1) * width
        let length = values[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
        if length > 0 { for k in range { values[k] /= length } }
      }
    }
    let euclidean = metric == .euclidean || method == .ward
    var result = [Double](repeating: 0, count: n * n)
    result.withUnsafeMutableBufferPointer { result in
      nonisolated(unsafe) let result = result
      values.withUnsafeBufferPointer { values in
        nonisolated(unsafe) let values = values
        parallelRows(n, blockSize: 32) { block in
          for i in block {
            for j in 0..<n where j != i {
              var sum = 0.0
              if euclidean {
                for k in 0..<width {
                  let difference = values[i * width + k] - values[j * width + k]
                  sum += difference * difference
                }
                result[i * n + j] = sum.squareRoot()
              } else {
                for k in 0..<width { sum += values[i * width + k] * values[j * width + k] }
                result[i * n + j] = max(0, 1 - sum)
              }
            }
          }
        }
      }
    }
    return result
  }

  // MARK: Merging

  private static func cluster(_ distances: [Double], _ n: Int, _ method: Method) -> [Merge] {
    if n < 2 { return [] }
    var distance = distances
    var sizes = [Int](repeating: 1, count: n)
    var pairs: [(first: Int, second: Int, distance: Double)] = []
    var chain: [Int] = []
    for _ in 0..<n - 1 {
      if chain.isEmpty, let start = sizes.firstIndex(where: { $0 > 0 }) { chain.append(start) }
      while true {
        let x = chain[chain.count - 1]
        // The one before in the chain wins ties, so that the chain ends.
        var nearest = chain.count > 1 ? chain[chain.count - 2] : -1
        var least = nearest < 0 ? Double.infinity : distance[x * n + nearest]
        for i in 0..<n where sizes[i] > 0 && i != x && distance[x * n + i] < least {
          least = distance[x * n + i]
          nearest = i
        }
        if chain.count > 1 && nearest == chain[chain.count - 2] {
          chain.removeLast(2)
          let (low, high) = (min(x, nearest), max(x, nearest))
          merge(low, into: high, at: least, &distance, &sizes, method)
          pairs.append((low, high, least))
          break
        }
        chain.append(nearest)
      }
    }
    return labelled(pairs, n)
  }

  /// Cluster `x` becomes part of `y`, whose distances are made anew (Lance and Williams 1967).
  private static func merge(
    _ x: Int, into y: Int, at between: Double, _ distance: inout [Double], _ sizes: inout [Int], _ method: Method
  ) {
    let n = sizes.count
    let (nx, ny) = (Double(sizes[x]), Double(sizes[y]))
    sizes[x] = 0
    sizes[y] = Int(nx + ny)
    for i in 0..<n where sizes[i] > 0 && i != y {
      let (dx, dy) = (distance[i * n + x], distance[i * n + y])
      let new: Double
      switch method {
      case .average: new = (nx * dx + ny * dy) / (nx + ny)
      case .ward:
        let ni = Double(sizes[i])
        let squares = (ni + nx) * dx * dx + (ni + ny) * dy * dy - ni * between * between
        new = max(0, squares / (nx + ny + ni)).squareRoot()
      }
      distance[i * n + y] = new
      distance[y * n + i] = new
    }
  }

  /// Pairs of representatives, in the order of their distances, as pairs of clusters.
  private static func labelled(_ pairs: [(first: Int, second: Int, distance: Double)], _ n: Int) -> [Merge] {
    let order = pairs.indices.sorted { (pairs[$0].distance, $0) < (pairs[$1].distance, $1) }
    var parent = Array(0..<2 * n - 1)
    var counts = [Int](repeating: 1, count: 2 * n - 1)
    func root(_ start: Int) -> Int {
      var i = start
      while parent[i] != i { i = parent[i] }
      var j = start
      while parent[j] != i { (j, parent[j]) = (parent[j], i) }
      return i
    }
    return order.enumerated().map { k, p in
      let (a, b) = (root(pairs[p].first), root(pairs[p].second))
      parent[a] = n + k
      parent[b] = n + k
      counts[n + k] = counts[a] + counts[b]
      return Merge(first: min(a, b), second: max(a, b), distance: pairs[p].distance, count: counts[n + k])
    }
  }
}

extension Linkage {
  /// The rows in the order of the tree's leaves, `[N]`: no branches cross.
  public var leafOrder: [Int] {
    if count == 0 { return [] }
    var order: [Int] = []
    var stack = [count + merges.count - 1]
    while let node = stack.popLast() {
      if node < count {
        order.append(node)
      } else {
        stack.append(merges[node - count].second)
        stack.append(merges[node - count].first)
      }
    }
    return order
  }

  /// Each row's cluster, numbered from 0 along the leaves, where the tree is cut into at most `most` clusters, `[N]`.
  public func clusters(_ most: Int) -> [Int] {
    precondition(most >= 1, "a tree is cut into one cluster or more")
    var parent = Array(0..<max(1, count + merges.count))
    for (k, merge) in merges.prefix(max(0, count - most)).enumerated() {
      parent[merge.first] = count + k
      parent[merge.second] = count + k
    }
    func root(_ i: Int) -> Int { parent[i] == i ? i : root(parent[i]) }
    var numbers: [Int: Int] = [:]
    var result = [Int](repeating: 0, count: count)
    for i in leafOrder {
      let own = root(i)
      let number = numbers[own] ?? numbers.count
      numbers[own] = number
      result[i] = number
    }
    return result
  }
}
