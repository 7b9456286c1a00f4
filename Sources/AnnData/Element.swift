import OrderedCollections
import StomicsCore

/// Anything an AnnData file can hold under X, layers, obsm, varm, obsp, varp or uns.
public indirect enum Element: Sendable, Equatable {
  /// A dense array of numbers or booleans, of any rank.
  case array(DenseArray)
  /// An array of strings, of any rank.
  case strings(StringArray)
  /// A sparse matrix, compressed by rows or by columns.
  case sparse(SparseArray)
  case table(DataFrame)
  /// An array of records, as `uns/rank_genes_groups` holds them.
  case records(RecordArray)
  /// A factor or a nullable array standing by itself.
  case column(Column)
  case dictionary(OrderedDictionary<String, Element>)
  case string(String)
  /// A single number or boolean: an array of one value.
  case scalar(NumericArray)
  case null
  /// Something kept as it is in the file it came from, and copied from there when written.
  case opaque(OpaqueElement)
}

/// A dense row-major array.
public struct DenseArray: Sendable, Equatable {
  public var shape: [Int]
  public var values: NumericArray

  public init(shape: [Int], values: NumericArray) {
    precondition(shape.reduce(1, *) == values.count, "\(values.count) values for shape \(shape)")
    self.shape = shape
    self.values = values
  }

  public init(_ matrix: Matrix) {
    self.init(shape: [matrix.rows, matrix.columns], values: .float32(matrix.values))
  }
}

/// Row-major strings.
public struct StringArray: Sendable, Equatable {
  public var shape: [Int]
  public var values: [String]

  public init(shape: [Int], values: [String]) {
    precondition(shape.reduce(1, *) == values.count, "\(values.count) strings for shape \(shape)")
    self.shape = shape
    self.values = values
  }

  /// A vector.
  public init(_ values: [String]) { self.init(shape: [values.count], values: values) }
}

/// A sparse matrix as a file holds it: its own number type, rows or columns compressed.
public struct SparseArray: Sendable, Equatable {
  public enum Layout: String, Sendable { case csr = "csr_matrix", csc = "csc_matrix" }

  public var layout: Layout
  public var rows: Int
  public var columns: Int
  public var indptr: [Int]
  public var indices: [Int32]
  public var values: NumericArray

  public init(layout: Layout, rows: Int, columns: Int, indptr: [Int], indices: [Int32], values: NumericArray) {
    self.layout = layout
    self.rows = rows
    self.columns = columns
    self.indptr = indptr
    self.indices = indices
    self.values = values
  }

  public init(_ matrix: CSRMatrix) {
    self.init(
      layout: .csr, rows: matrix.rows, columns: matrix.columns, indptr: matrix.indptr, indices: matrix.indices,
      values: .float32(matrix.values))
  }
}

/// Row-major records: each field an array or strings with the records along its first axes.
public struct RecordArray: Sendable, Equatable {
  public var shape: [Int]
  public var fields: OrderedDictionary<String, Element>

  public init(shape: [Int], fields: OrderedDictionary<String, Element>) {
    self.shape = shape
    self.fields = fields
  }
}

/// A part of a file this program does not interpret (an awkward array): where it lies, and what it is.
public struct OpaqueElement: Sendable, Equatable {
  public var file: String
  public var path: String
  /// Its encoding as the file names it, for `stomics info`.
  public var encoding: String

  public init(file: String, path: String, encoding: String) {
    self.file = file
    self.path = path
    self.encoding = encoding
  }
}
