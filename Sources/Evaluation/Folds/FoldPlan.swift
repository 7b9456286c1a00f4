import StomicsCore

/// What a fold uses a spot for.
public enum SpotRole: UInt8, Sendable, Equatable {
  /// Nothing is asked of it and nothing learned from its label: a spot of a buffer, or one without a label.
  case unused
  case training
  case validation
  case test
}

/// Which spots of which slices one training learns from, chooses by and is tested on.
public struct FoldPlan: Sendable, Equatable {
  /// Positions of the slices in the set.
  public let slices: [Int]
  /// The roles of each slice's spots, in the order of `slices`.
  public let roles: [[SpotRole]]

  /// The fold's data, the labels of all but training and validation spots taken out.
  /// - Parameters:
  ///   - shuffling: a seed to exchange the labels of each slice's training and validation spots at random by, for the
  ///     control that must score as chance does; nil leaves them
  public func data(
    _ set: SliceSet, fitsOnAllSpots: Bool = false, learnsFromValidation: Bool = true, shuffling seed: Int? = nil
  ) throws -> FoldData {
    var ranges = [Range<Int>]()
    var labels = [Int32]()
    var parts: [SpotRole: [Int]] = [:]
    for (place, number) in slices.enumerated() {
      let start = labels.count
      let own = roles[place]
      precondition(own.count == set.labels[number].count, "a role for every spot")
      ranges.append(start..<start + own.count)
      var known = set.labels[number].indices.map { i in
        own[i] == .training || own[i] == .validation ? set.labels[number][i] : -1
      }
      if let seed { shuffle(&known, seed: seed, stream: UInt64(number)) }
      labels += known
      for (i, role) in own.enumerated() { parts[role, default: []].append(start + i) }
    }
    let chosen = slices.map { set.slices[$0] }
    func stacked(_ matrices: [Matrix?]) -> Matrix? {
      let present = matrices.compactMap { $0 }
      guard present.count == matrices.count, let first = present.first else { return nil }
      return Matrix(
        rows: present.reduce(0) { $0 + $1.rows }, columns: first.columns, values: present.flatMap(\.values))
    }
    let sizes = chosen.map(\.sizes)
    return FoldData(
      sliceNames: chosen.map(\.name), slices: ranges,
      counts: CSRMatrix(stacking: slices.map { set.counts[$0] }), genes: set.genes,
      sizes: sizes.contains { $0 == nil } ? nil : sizes.flatMap { $0 ?? [] },
      coordinates: chosen.flatMap(\.coordinates), embedding: stacked(chosen.map(\.embedding)),
      image: stacked(chosen.map(\.image)), labels: labels, classNames: set.classNames,
      training: parts[.training] ?? [], validation: parts[.validation] ?? [], test: parts[.test] ?? [],
      fitsOnAllSpots: fitsOnAllSpots, learnsFromValidation: learnsFromValidation)
  }

  private func shuffle(_ labels: inout [Int32], seed: Int, stream: UInt64) {
    let known = labels.indices.filter { labels[$0] >= 0 }
    var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(seed)), stream: 7000 + stream)
    let order = generator.permutation(known.count)
    let old = known.map { labels[$0] }
    for (place, spot) in known.enumerated() { labels[spot] = old[order[place]] }
  }
}
