import StomicsCore

/// How a parameter starts.
public enum Initialiser: Sendable, Equatable {
  case zeros
  case ones
  /// Uniform in ± bound.
  case uniform(Float)
}

/// One parameter's place in the flat block.
public struct ParameterEntry: Sendable, Equatable {
  /// The published system's name, as it stands in a checkpoint.
  public let key: String
  /// The published system's shape, row-major.
  public let shape: [Int]
  public let range: Range<Int>
  public let initialiser: Initialiser
}

/// The table of a model's parameters: key, shape and place of each.
public struct ParameterLayout: Sendable, Equatable {
  public private(set) var entries: [ParameterEntry] = []
  private var positions: [String: Int] = [:]
  /// Number of scalars.
  public private(set) var count = 0

  public init() {}

  /// Adds a parameter at the end of the block; a key may be declared once.
  public mutating func declare(_ key: String, _ shape: [Int], _ initialiser: Initialiser) {
    precondition(positions[key] == nil, "parameter '\(key)' is declared twice")
    let size = shape.reduce(1, *)
    positions[key] = entries.count
    entries.append(ParameterEntry(key: key, shape: shape, range: count..<count + size, initialiser: initialiser))
    count += size
  }

  /// Whether there is a parameter of that key.
  public func contains(_ key: String) -> Bool { positions[key] != nil }

  public subscript(key: String) -> ParameterEntry {
    guard let position = positions[key] else { preconditionFailure("the model has no parameter '\(key)'") }
    return entries[position]
  }
}

/// All parameters of a model in one run of memory, and their gradients in another of the same layout.
public final class ParameterBlock {
  public let layout: ParameterLayout
  /// `[layout.count]`
  public let values: UnsafeMutablePointer<Float>
  /// `[layout.count]`
  public let gradients: UnsafeMutablePointer<Float>

  public init(_ layout: ParameterLayout) {
    self.layout = layout
    func allocate() -> UnsafeMutablePointer<Float> {
      let raw = UnsafeMutableRawPointer.allocate(
        byteCount: max(layout.count, 1) * MemoryLayout<Float>.stride, alignment: 64)
      let pointer = raw.bindMemory(to: Float.self, capacity: max(layout.count, 1))
      pointer.initialize(repeating: 0, count: max(layout.count, 1))
      return pointer
    }
    values = allocate()
    gradients = allocate()
  }

  deinit {
    UnsafeMutableRawPointer(values).deallocate()
    UnsafeMutableRawPointer(gradients).deallocate()
  }

  /// Draws every parameter anew; a parameter's numbers depend on the seed and its own key only.
  public func initialise(seed: UInt64) {
    for entry in layout.entries {
      switch entry.initialiser {
      case .zeros: for i in entry.range { values[i] = 0 }
      case .ones: for i in entry.range { values[i] = 1 }
      case .uniform(let bound):
        var generator = SeededGenerator(seed: seed, stream: Self.hash(entry.key))
        for i in entry.range { values[i] = Float(generator.uniform(-1, 1)) * bound }
      }
    }
  }

  /// FNV-1a: the same on every machine and in every run, as Swift's own hash is not.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// Sets every gradient to 0: backward passes add to them.
  public func zeroGradients() {
    gradients.update(repeating: 0, count: layout.count)
  }

  /// A copy of all values, `[layout.count]`.
  public var snapshot: [Float] { Array(UnsafeBufferPointer(start: values, count: layout.count)) }

  /// Sets all values.
  public func restore(_ snapshot: [Float]) {
    precondition(snapshot.count == layout.count, "\(snapshot.count) values for \(layout.count) parameters")
    for i in snapshot.indices { values[i] = snapshot[i] }
  }

  /// One parameter's values.
  public subscript(key: String) -> [Float] {
    get {
      let range = layout[key].range
      return Array(UnsafeBufferPointer(start: values + range.lowerBound, count: range.count))
    }
    set {
      let range = layout[key].range
      precondition(newValue.count == range.count, "\(newValue.count) values for parameter '\(key)' of \(range.count)")
      for (i, value) in zip(range, newValue) { values[i] = value }
    }
  }

  /// One parameter's gradient.
  public func gradient(_ key: String) -> [Float] {
    let range = layout[key].range
    return Array(UnsafeBufferPointer(start: gradients + range.lowerBound, count: range.count))
  }
}
