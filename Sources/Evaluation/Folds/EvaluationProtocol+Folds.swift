import SparseGraph
import StomicsCore
import Training

extension EvaluationProtocol {
  /// The folds of a unit: one, or one a group of blocks.
  /// - Parameters:
  ///   - seed: of splits and blocks
  ///   - reach: how far the classifier looks; only blocks ask
  /// - Throws: `EvaluationError.emptyPart` where nothing is left to learn from, `SplitError`.
  public func folds(
    _ unit: EvaluationUnit, of set: SliceSet, seed: Int, reach: ([SIMD2<Double>]) throws -> Reach
  ) throws -> [FoldPlan] {
    switch kind {
    case .random:
      return try unit.tested.map { number in
        let labels = set.labels[number]
        let split = try Split(
          labels: labels, classNames: set.classNames, ratios: ratios, seed: seed, method: splitMethod)
        var roles = [SpotRole](repeating: .unused, count: labels.count)
        for i in split.train { roles[i] = .training }
        for i in split.validation { roles[i] = .validation }
        for i in split.test { roles[i] = .test }
        return FoldPlan(slices: [number], roles: [roles])
      }
    case .blocks:
      return try unit.tested.flatMap { try blockFolds($0, of: set, seed: seed, reach: reach) }
    case .leaveOneSliceOut, .leaveOneDonorOut:
      return [try acrossSlices(unit, of: set, seed: seed)]
    }
  }

  private func acrossSlices(_ unit: EvaluationUnit, of set: SliceSet, seed: Int) throws -> FoldPlan {
    let plan = plan(learned: unit.learned, tested: unit.tested, of: set, seed: seed)
    try check(plan, unit.name)
    return plan
  }

  /// Some slices learned from, a share of their blocks validating, and others tested, if any.
  func plan(learned: [Int], tested: [Int], of set: SliceSet, seed: Int) -> FoldPlan {
    var roles = [[SpotRole]]()
    for number in learned {
      let labels = set.labels[number]
      let blocks = Blocks(
        set.slices[number].coordinates, labels: labels, rows: blockRows, columns: blockColumns, seed: seed,
        stream: UInt64(number))
      let count = max(1, Int((Double(blocks.shuffled.count) * validationShare).rounded()))
      // A slice of one block has nothing to spare.
      let validation = Set(blocks.shuffled.prefix(blocks.shuffled.count > 1 ? count : 0))
      roles.append(
        labels.indices.map { i in
          labels[i] < 0 ? .unused : validation.contains(blocks.blockOfSpot[i]) ? .validation : .training
        })
    }
    for number in tested { roles.append(set.labels[number].map { $0 < 0 ? .unused : .test }) }
    return FoldPlan(slices: learned + tested, roles: roles)
  }

  private func blockFolds(
    _ number: Int, of set: SliceSet, seed: Int, reach: ([SIMD2<Double>]) throws -> Reach
  ) throws -> [FoldPlan] {
    let slice = set.slices[number]
    let labels = set.labels[number]
    let blocks = Blocks(
      slice.coordinates, labels: labels, rows: blockRows, columns: blockColumns, seed: seed, stream: UInt64(number))
    guard blocks.shuffled.count >= max(foldCount, 3) else {
      throw EvaluationError.blocks(
        "\(slice.name) has labelled spots in \(blocks.shuffled.count) of \(blockRows) x \(blockColumns) blocks, too few for \(foldCount) folds. Give more --blocks or fewer --folds."
      )
    }
    let buffer = try Buffer(slice.coordinates, reach: reach(slice.coordinates), rings: bufferRings)
    return try blocks.groups(foldCount).map { group in
      let tested = Set(group)
      let others = blocks.shuffled.filter { !tested.contains($0) }
      // Other blocks validate in every fold: those that follow the tested ones in the drawn order.
      let start = (blocks.shuffled.firstIndex { tested.contains($0) } ?? 0) % others.count
      let count = max(1, min(others.count - 1, Int((Double(others.count) * validationShare).rounded())))
      let validation = Set((0..<count).map { others[(start + $0) % others.count] })
      var roles: [SpotRole] = labels.indices.map { i in
        let block = blocks.blockOfSpot[i]
        return labels[i] < 0
          ? .unused : tested.contains(block) ? .test : validation.contains(block) ? .validation : .training
      }
      // Unlabelled spots of a tested block are as unseen as its labelled ones.
      let unseen = labels.indices.filter { tested.contains(blocks.blockOfSpot[$0]) }
      for i in buffer.spots(lookingAt: unseen) where roles[i] != .test { roles[i] = .unused }
      let plan = FoldPlan(slices: [number], roles: [roles])
      try check(plan, slice.name)
      return plan
    }
  }

  private func check(_ plan: FoldPlan, _ name: String) throws {
    let roles = plan.roles.joined()
    for (role, what) in [(SpotRole.training, "train on"), (.validation, "validate on"), (.test, "test on")]
    where !roles.contains(role) {
      let advice =
        kind == .blocks ? " The buffer may be too wide for these blocks: give a smaller k, or fewer blocks." : ""
      throw EvaluationError.emptyPart("\(name): no labelled spot is left to \(what).\(advice)")
    }
  }
}

/// Finds the spots that must not be learned from, since they look at a test spot or lie beside one.
struct Buffer {
  private let readers: Graph?
  private let hops: Int
  private let index: NearestNeighbours
  private let radius: Double

  /// - Parameter rings: the least width
  init(_ coordinates: [SIMD2<Double>], reach: Reach, rings: Double) throws {
    readers = reach.graph?.reversed()
    hops = reach.hops
    index = try NearestNeighbours(coordinates)
    let width = max(rings, reach.rings)
    radius = width == 0 ? 0 : (width + 0.1) * (try ringWidth(coordinates))
  }

  /// The spots of which one of `tested` is in the receptive field or within the least width; `tested` themselves too.
  func spots(lookingAt tested: [Int]) -> [Int] {
    var found = [Bool](repeating: false, count: index.points.count)
    var front = tested
    for i in tested { found[i] = true }
    if let readers {
      for _ in 0..<hops {
        var next = [Int]()
        for j in front {
          for i in readers.sources[readers.edges(into: j)] where !found[Int(i)] {
            found[Int(i)] = true
            next.append(Int(i))
          }
        }
        front = next
      }
    }
    if radius > 0 {
      for j in tested {
        for i in index.within(radius, of: index.points[j]) { found[Int(i)] = true }
      }
    }
    return found.indices.filter { found[$0] }
  }
}
