/// A label for every spot, such as its domain.
public struct Labels: Sendable, Equatable {
  /// `[N]`: the place of the spot's label in `names`, -1 where it has none.
  public var codes: [Int]
  /// The labels in the order of their categories.
  public var names: [String]
  /// A colour for each name, as `uns/<column>_colors` holds them; nil: the palette's.
  public var colors: [Color]?

  public init(codes: [Int], names: [String], colors: [Color]? = nil) {
    self.codes = codes
    self.names = names
    self.colors = colors
  }

  /// The label of spot `i`, nil where it has none.
  func name(of i: Int) -> String? {
    names.indices.contains(codes[i]) ? names[codes[i]] : nil
  }
}
