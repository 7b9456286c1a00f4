import OrderedCollections

extension AnnData {
  /// The recipe kept under `uns/stomics/recipe`.
  /// - Throws: `AnnDataError.missingRecipe` where there is none, other cases where a part is missing or of another type.
  public func recipe() throws -> Recipe {
    guard case .dictionary(let own)? = uns[Keys.stomics], case .dictionary(let members)? = own[Keys.recipe] else {
      throw AnnDataError.missingRecipe(file: source)
    }
    return try Recipe(RecipeReader(members: members, path: "/uns/stomics/recipe", file: source))
  }

  /// Keeps the recipe under `uns/stomics/recipe`, as arrays and scalars that anndata reads.
  public mutating func setRecipe(_ recipe: Recipe) {
    var own: OrderedDictionary<String, Element> = [:]
    if case .dictionary(let members)? = uns[Keys.stomics] { own = members }
    own[Keys.recipe] = .dictionary(recipe.elements)
    uns[Keys.stomics] = .dictionary(own)
  }
}

extension Recipe {
  private enum Key {
    static let targetSum = "target_sum"
    static let sizeFactorColumn = "size_factor_column"
    static let genes = "genes"
    static let geneIDs = "gene_ids"
    static let means = "means"
    static let standardDeviations = "standard_deviations"
    static let clip = "clip"
    static let standardisation = "standardisation"
    static let flavor = "highly_variable_flavor"
    static let batchColumn = "highly_variable_batch_key"
    static let graph = "graph"
    static let labelKey = "label_key"
    static let version = "version"
  }

  /// The recipe as a dictionary of arrays and scalars; what is nil is left out.
  public var elements: OrderedDictionary<String, Element> {
    func vector(_ values: [Double]) -> Element { .array(DenseArray(shape: [values.count], values: .float64(values))) }
    var result: OrderedDictionary<String, Element> = [
      Key.targetSum: .scalar(.float64([targetSum])),
      Key.genes: .strings(StringArray(genes)),
      Key.means: vector(means),
      Key.standardDeviations: vector(standardDeviations),
      Key.clip: .scalar(.float64([clip])),
      Key.standardisation: .string(standardisation.rawValue),
      Key.flavor: .string(highlyVariableFlavor),
      Key.graph: .dictionary(graph.elements),
      Key.version: .string(version),
    ]
    if let sizeFactorColumn { result[Key.sizeFactorColumn] = .string(sizeFactorColumn) }
    if let highlyVariableBatchColumn { result[Key.batchColumn] = .string(highlyVariableBatchColumn) }
    if let geneIDs { result[Key.geneIDs] = .strings(StringArray(geneIDs)) }
    if let labelKey { result[Key.labelKey] = .string(labelKey) }
    return result
  }

  fileprivate init(_ reader: RecipeReader) throws {
    self.init(
      targetSum: try reader.number(Key.targetSum), sizeFactorColumn: try reader.optionalText(Key.sizeFactorColumn),
      genes: try reader.texts(Key.genes),
      geneIDs: try reader.members[Key.geneIDs].map { _ in try reader.texts(Key.geneIDs) },
      means: try reader.numbers(Key.means), standardDeviations: try reader.numbers(Key.standardDeviations),
      clip: try reader.number(Key.clip),
      standardisation: try reader.choice(Key.standardisation, Standardisation.self),
      highlyVariableFlavor: try reader.text(Key.flavor),
      highlyVariableBatchColumn: try reader.optionalText(Key.batchColumn),
      graph: try GraphRecipe(try reader.reader(Key.graph)),
      labelKey: try reader.optionalText(Key.labelKey), version: try reader.text(Key.version))
    for (key, count) in [
      (Key.means, means.count), (Key.standardDeviations, standardDeviations.count),
      (Key.geneIDs, geneIDs?.count ?? genes.count),
    ] where count != genes.count {
      throw AnnDataError.wrongShape(
        path: reader.path + "/" + key, found: "[\(count)]", expected: "[\(genes.count)], one a gene", file: reader.file)
    }
    if let problem { throw AnnDataError.inconsistent(path: reader.path, detail: problem, file: reader.file) }
  }
}

extension GraphRecipe {
  private enum Key {
    static let kind = "kind"
    static let direction = "direction"
    static let neighbours = "neighbours"
    static let rings = "rings"
    static let radius = "radius"
    static let maximumEdge = "max_edge"
  }

  fileprivate var elements: OrderedDictionary<String, Element> {
    let settings = GraphSettings(kind)
    var result: OrderedDictionary<String, Element> = [
      Key.kind: .string(settings.kind?.rawValue ?? Self.none), Key.direction: .string(direction.rawValue),
    ]
    if let count = settings.neighbours { result[Key.neighbours] = .scalar(.int64([Int64(count)])) }
    if let count = settings.rings { result[Key.rings] = .scalar(.int64([Int64(count)])) }
    if let radius = settings.radius { result[Key.radius] = .scalar(.float64([radius])) }
    if let longest = settings.maximumEdge { result[Key.maximumEdge] = .scalar(.float64([longest])) }
    return result
  }

  /// Programs before graph kinds wrote neighbours alone, 0 where there is no graph.
  fileprivate init(_ reader: RecipeReader) throws {
    let direction = try reader.choice(Key.direction, Direction.self)
    func whole(_ key: String) throws -> Int? { reader.members[key] == nil ? nil : try reader.whole(key) }
    func number(_ key: String) throws -> Double? { reader.members[key] == nil ? nil : try reader.number(key) }
    var settings = GraphSettings(
      neighbours: try whole(Key.neighbours), rings: try whole(Key.rings), radius: try number(Key.radius),
      maximumEdge: try number(Key.maximumEdge))
    if reader.members[Key.kind] == nil {
      let count = try reader.whole(Key.neighbours)
      if count < 0 {
        throw AnnDataError.inconsistent(
          path: reader.path, detail: "the graph has \(count) neighbours a spot", file: reader.file)
      }
      self.init(count > 0 ? .kNearest(count) : .none, direction: direction)
      return
    }
    if try reader.text(Key.kind) == Self.none {
      self.init(.none, direction: direction)
      return
    }
    settings.kind = try reader.choice(Key.kind, GraphSettings.Name.self)
    do {
      self.init(try settings.resolved() ?? .none, direction: direction)
    } catch let error as GraphSettingsError {
      throw AnnDataError.inconsistent(path: reader.path, detail: error.description, file: reader.file)
    }
  }
}

/// Takes typed values out of a dictionary of elements.
private struct RecipeReader {
  let members: OrderedDictionary<String, Element>
  let path: String
  let file: String

  private func member(_ key: String) throws -> Element {
    guard let element = members[key] else {
      throw AnnDataError.missingKey(key, group: path, available: Array(members.keys), file: file, advice: nil)
    }
    return element
  }

  private func wrongType(_ key: String, _ expected: String) throws -> AnnDataError {
    .wrongType(path: path + "/" + key, found: try member(key).typeName, expected: expected, file: file)
  }

  func reader(_ key: String) throws -> RecipeReader {
    guard case .dictionary(let members) = try member(key) else { throw try wrongType(key, "a mapping") }
    return RecipeReader(members: members, path: path + "/" + key, file: file)
  }

  func number(_ key: String) throws -> Double {
    guard case .scalar(let values) = try member(key), let value = values.doubles.first else {
      throw try wrongType(key, "a number")
    }
    return value
  }

  func whole(_ key: String) throws -> Int {
    guard let value = Int(exactly: try number(key)) else { throw try wrongType(key, "a whole number") }
    return value
  }

  func numbers(_ key: String) throws -> [Double] {
    guard case .array(let array) = try member(key), array.shape.count == 1 else {
      throw try wrongType(key, "a list of numbers")
    }
    return array.values.doubles
  }

  func text(_ key: String) throws -> String {
    guard case .string(let text) = try member(key) else { throw try wrongType(key, "text") }
    return text
  }

  func optionalText(_ key: String) throws -> String? { members[key] == nil ? nil : try text(key) }

  func texts(_ key: String) throws -> [String] {
    switch try member(key) {
    case .strings(let array) where array.shape.count == 1: return array.values
    // Some writers keep an empty list as an empty array of numbers.
    case .array(let array) where array.values.count == 0: return []
    default: throw try wrongType(key, "a list of strings")
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, _: Choice.Type
  ) throws -> Choice where Choice.RawValue == String {
    let name = try text(key)
    guard let choice = Choice(rawValue: name) else {
      throw AnnDataError.wrongType(
        path: path + "/" + key, found: "'\(name)'",
        expected: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), file: file)
    }
    return choice
  }
}
