import AnnData
import Plotting

/// Colours bound to label names, kept where scanpy keeps them: `uns/<column>_colors`, one for each category in order.
extension AnnData {
  /// The colour of each label of a column, by name; empty where the file has none for it.
  func labelColors(_ column: String) -> [String: Color] {
    guard case .strings(let array)? = uns[Keys.colors(of: column)], let categories = try? labels(column).categories
    else { return [:] }
    var result: [String: Color] = [:]
    for (name, text) in zip(categories, array.values) {
      if let color = Color(text) { result[name] = color }
    }
    return result
  }

  /// Stores a colour for each category of a column: those of `known` keep theirs, the others get the palette's.
  mutating func bindLabelColors(
    _ column: String, known: [String: Color] = [:], palette: [Color] = Palette.colorBlindSafe
  ) throws {
    let categories = try labels(column).categories
    let colors = Palette.bind(categories, known: known, palette: palette)
    uns[Keys.colors(of: column)] = .strings(StringArray(categories.map { (colors[$0] ?? .missing).hex }))
  }
}
