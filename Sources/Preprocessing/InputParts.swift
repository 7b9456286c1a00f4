import AnnData
import StomicsCore

/// What of a slice a model reads.
public struct InputParts: Sendable, Equatable {
  /// A matrix of obsm.
  public struct Features: Sendable, Equatable {
    public var key: String
    /// The width it must have; nil where any will do.
    public var width: Int?

    public init(key: String, width: Int? = nil) {
      self.key = key
      self.width = width
    }

    /// What a flag or a configuration file calls a matrix of obsm: `obsm:X_scGPT`, or the key alone.
    public init(text: String, width: Int? = nil) {
      let prefix = "obsm:"
      self.init(key: text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text, width: width)
    }
  }

  /// Whether counts enter.
  public var genes: Bool
  public var embedding: Features?
  public var image: Features?

  public init(genes: Bool = true, embedding: Features? = nil, image: Features? = nil) {
    self.genes = genes
    self.embedding = embedding
    self.image = image
  }

  /// The most columns a matrix of features may have.
  public static let largestWidth = 65_536
}

extension AnnData {
  /// What a matrix of obsm is to a model, for messages.
  public enum FeatureRole: String, Sendable {
    case embedding = "--embedding"
    case image = "--image-features"
  }

  /// A matrix of obsm as a model's input, `[N, F]`.
  /// - Throws: `AnnDataError` where the key is missing, is no matrix of finite numbers, or has another width.
  public func features(_ wanted: InputParts.Features, as role: FeatureRole) throws -> Matrix {
    guard let element = obsm[wanted.key] else {
      throw AnnDataError.missingKey(
        wanted.key, group: "/obsm", available: Array(obsm.keys), file: source,
        advice: "Name the matrix with \(role.rawValue) obsm:KEY.")
    }
    let path = "/obsm/" + wanted.key
    let matrix = try featureMatrix(element, path: path)
    if let width = wanted.width, matrix.columns != width {
      throw AnnDataError.wrongShape(
        path: path, found: "[\(matrix.rows), \(matrix.columns)]",
        expected: "[\(observationCount), \(width)], the width the model was trained on,", file: source)
    }
    if let place = matrix.values.firstIndex(where: { !$0.isFinite }) {
      let (spot, column) = (place / matrix.columns, place % matrix.columns)
      throw AnnDataError.wrongType(
        path: path, found: "\(matrix.values[place]) at spot '\(obs.index[spot])', column \(column)",
        expected: "a finite number", file: source)
    }
    return matrix
  }

  private func featureMatrix(_ element: Element, path: String) throws -> Matrix {
    func wrongType() -> AnnDataError {
      .wrongType(
        path: path, found: element.typeName,
        expected: "a matrix of numbers with a row a spot and 1 to \(InputParts.largestWidth) columns", file: source)
    }
    let widths = 1...InputParts.largestWidth
    switch element {
    case .array(let array):
      guard array.shape.count == 2, array.shape[0] == observationCount, widths.contains(array.shape[1]) else {
        throw wrongType()
      }
      return Matrix(rows: array.shape[0], columns: array.shape[1], values: array.values.floats)
    case .sparse(let sparse):
      guard sparse.rows == observationCount, widths.contains(sparse.columns) else { throw wrongType() }
      return try sparse.csrMatrix().dense()
    case .table(let table):
      let columns = table.columns.values.compactMap { column -> [Float]? in
        if case .numeric(let values) = column { values.floats } else { nil }
      }
      guard columns.count == table.columns.count, widths.contains(columns.count),
        columns.allSatisfy({ $0.count == observationCount })
      else { throw wrongType() }
      var matrix = Matrix(rows: observationCount, columns: columns.count)
      for (j, column) in columns.enumerated() {
        for (i, value) in column.enumerated() { matrix[i, j] = value }
      }
      return matrix
    default: throw wrongType()
    }
  }
}
