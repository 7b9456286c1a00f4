import LinearAlgebra
import StomicsCore

/// The nearest other rows of every row, by Euclidean distance, exact.
struct NearestRows {
  let count: Int
  /// Neighbours a row.
  let k: Int
  /// `[N, k]`: nearest first; of equal distances the row that comes first.
  private(set) var indices: [Int32]
  /// `[N, k]`
  private(set) var distances: [Float]

  private static let blockRows = 128
  /// Candidates beyond k: products of Float may exchange what lies equally far.
  private static let spare = 8

  /// - Parameter k: fewer than there are rows
  init(_ rows: Matrix, k: Int) {
    let n = rows.rows
    precondition(k > 0 && k < n, "\(k) neighbours among \(n) rows")
    count = n
    self.k = k
    // Products lose fewer digits around the mean.
    let centred = Projection.centred(rows)
    let x = Matrix(rows: n, columns: rows.columns, values: centred.values.map(Float.init))
    let squares = (0..<n).map { i in x.row(i).reduce(Float(0)) { $0 + $1 * $1 } }
    var indices = [Int32](repeating: 0, count: n * k)
    var distances = [Float](repeating: 0, count: n * k)
    let wanted = min(n - 1, k + Self.spare)
    indices.withUnsafeMutableBufferPointer { indexBuffer in
      distances.withUnsafeMutableBufferPointer { distanceBuffer in
        nonisolated(unsafe) let indexBuffer = indexBuffer
        nonisolated(unsafe) let distanceBuffer = distanceBuffer
        parallelRows(n, blockSize: Self.blockRows) { block in
          let products = LinearAlgebra.product(x.gatheringRows(Array(block)), x, transposingB: true)
          var candidates = Candidates(capacity: wanted)
          for i in block {
            candidates.clear()
            let row = products.row(i - block.lowerBound)
            var j = 0
            for product in row {
              // The row's own square is the same for all.
              if j != i { candidates.offer(squares[j] - 2 * product, Int32(j)) }
              j += 1
            }
            let exact = candidates.members.map { j in
              (distance: Self.squaredDistance(centred, i, Int(j)), index: j)
            }.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
            for (place, neighbour) in exact.prefix(k).enumerated() {
              indexBuffer[i * k + place] = neighbour.index
              distanceBuffer[i * k + place] = Float(neighbour.distance.squareRoot())
            }
          }
        }
      }
    }
    self.indices = indices
    self.distances = distances
  }

  private static func squaredDistance(_ x: DoubleMatrix, _ i: Int, _ j: Int) -> Double {
    var sum = 0.0
    let width = x.columns
    x.values.withUnsafeBufferPointer { values in
      for c in 0..<width {
        let difference = values[i * width + c] - values[j * width + c]
        sum += difference * difference
      }
    }
    return sum
  }
}

/// The smallest of many keys: a heap with the largest of them on top.
private struct Candidates {
  private let capacity: Int
  private var keys: [Float] = []
  private(set) var members: [Int32] = []

  init(capacity: Int) {
    self.capacity = capacity
    keys.reserveCapacity(capacity)
    members.reserveCapacity(capacity)
  }

  mutating func clear() {
    keys.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  mutating func offer(_ key: Float, _ member: Int32) {
    if keys.count < capacity {
      keys.append(key)
      members.append(member)
      rise(keys.count - 1)
    } else if key < keys[0] {
      keys[0] = key
      members[0] = member
      sink()
    }
  }

  private mutating func rise(_ start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      if keys[parent] >= keys[place] { return }
      exchange(parent, place)
      place = parent
    }
  }

  private mutating func sink() {
    var place = 0
    while true {
      var largest = place
      for child in [2 * place + 1, 2 * place + 2] where child < keys.count && keys[child] > keys[largest] {
        largest = child
      }
      if largest == place { return }
      exchange(largest, place)
      place = largest
    }
  }

  private mutating func exchange(_ a: Int, _ b: Int) {
    keys.swapAt(a, b)
    members.swapAt(a, b)
  }
}
