import AnnData
import OrderedCollections

extension Recipe {
  /// The recipe as it lies in `uns/stomics/recipe`.
  public var element: Element {
    var entries: OrderedDictionary<String, Element> = [
      "version": .string(version),
      "target_sum": .scalar(.float64([targetSum])),
      "genes": .strings(StringArray(genes)),
      "means": .array(DenseArray(shape: [means.count], values: .float64(means))),
      "standard_deviations": .array(
        DenseArray(shape: [standardDeviations.count], values: .float64(standardDeviations))),
      "clip": .scalar(.float64([clip])),
      "standardisation": .string(standardisation.rawValue),
      "highly_variable_flavor": .string(highlyVariableFlavor),
      "graph": .dictionary([
        "neighbours": .scalar(.int64([Int64(graph.neighbours)])), "direction": .string(graph.direction.rawValue),
      ]),
    ]
    if let geneIDs { entries["gene_ids"] = .strings(StringArray(geneIDs)) }
    if let sizeFactorColumn { entries["size_factor_column"] = .string(sizeFactorColumn) }
    if let labelKey { entries["label_key"] = .string(labelKey) }
    return .dictionary(entries)
  }

  /// Reads a recipe from `uns/stomics/recipe`; nil where the data have none.
  /// - Throws: `PreprocessingError.damagedRecipe` naming the entry.
  public init?(of adata: AnnData) throws {
    guard case .dictionary(let own) = adata.uns[Keys.stomics], let element = own[Keys.recipe] else { return nil }
    guard case .dictionary(let entries) = element else {
      throw PreprocessingError.damagedRecipe(key: Keys.recipe, found: "is no group")
    }
    try self.init(entries: Entries(values: entries, prefix: ""))
  }

  private init(entries: Entries) throws {
    let graph = try entries.group("graph")
    let genes = try entries.texts("genes")
    self.init(
      targetSum: try entries.number("target_sum"),
      sizeFactorColumn: try entries.optionalText("size_factor_column"), genes: genes,
      geneIDs: entries.values["gene_ids"] == nil ? nil : try entries.texts("gene_ids", count: genes.count),
      means: try entries.numbers("means", count: genes.count),
      standardDeviations: try entries.numbers("standard_deviations", count: genes.count),
      clip: try entries.number("clip"), standardisation: try entries.choice("standardisation"),
      highlyVariableFlavor: try entries.text("highly_variable_flavor"),
      graph: GraphRecipe(
        neighbours: try graph.count("neighbours"), direction: try graph.choice("direction")),
      labelKey: try entries.optionalText("label_key"), version: try entries.text("version"))
  }

  /// Typed look-ups in a group, each with an error that names the entry.
  private struct Entries {
    let values: OrderedDictionary<String, Element>
    let prefix: String

    private func damaged(_ key: String, _ found: String) -> PreprocessingError {
      .damagedRecipe(key: prefix + key, found: found)
    }

    private func element(_ key: String) throws -> Element {
      guard let element = values[key] else { throw damaged(key, "is missing") }
      return element
    }

    func group(_ key: String) throws -> Entries {
      guard case .dictionary(let group) = try element(key) else { throw damaged(key, "is no group") }
      return Entries(values: group, prefix: prefix + key + "/")
    }

    func text(_ key: String) throws -> String {
      guard case .string(let text) = try element(key) else { throw damaged(key, "is no text") }
      return text
    }

    func optionalText(_ key: String) throws -> String? { values[key] == nil ? nil : try text(key) }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) throws -> Choice
    where Choice.RawValue == String {
      let name = try text(key)
      guard let choice = Choice(rawValue: name) else {
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        throw damaged(key, "is '\(name)', not one of \(known)")
      }
      return choice
    }

    func number(_ key: String) throws -> Double {
      guard case .scalar(let value) = try element(key), let number = value.doubles.first, number.isFinite else {
        throw damaged(key, "is no finite number")
      }
      return number
    }

    func count(_ key: String) throws -> Int {
      let value = try number(key)
      guard value >= 0, value < 1e9, value == value.rounded() else {
        throw damaged(key, "is \(value), no number of neighbours")
      }
      return Int(value)
    }

    func numbers(_ key: String, count: Int) throws -> [Double] {
      guard case .array(let array) = try element(key) else { throw damaged(key, "is no array of numbers") }
      let values = array.values.doubles
      guard values.count == count else { throw damaged(key, "has \(values.count) values for \(count) genes") }
      if let odd = values.first(where: { !$0.isFinite }) { throw damaged(key, "holds \(odd)") }
      return values
    }

    func texts(_ key: String, count: Int? = nil) throws -> [String] {
      guard case .strings(let array) = try element(key) else { throw damaged(key, "is no array of strings") }
      if let count, array.values.count != count {
        throw damaged(key, "has \(array.values.count) entries for \(count) genes")
      }
      return array.values
    }
  }
}
