import AnnData
import Glibc

/// Whether two elements are the same, NaN equal to NaN (bit for bit), without printing a million numbers when not.
func identical(_ a: Element?, _ b: Element?) -> Bool {
  switch (a, b) {
  case (nil, nil): true
  case (.array(let a)?, .array(let b)?): a.shape == b.shape && identical(a.values, b.values)
  case (.scalar(let a)?, .scalar(let b)?): identical(a, b)
  case (.sparse(let a)?, .sparse(let b)?):
    a.layout == b.layout && a.rows == b.rows && a.columns == b.columns && a.indptr == b.indptr
      && a.indices == b.indices && identical(a.values, b.values)
  case (.table(let a)?, .table(let b)?): identical(a, b)
  case (.column(let a)?, .column(let b)?): identical(a, b)
  case (.dictionary(let a)?, .dictionary(let b)?):
    Set(a.keys) == Set(b.keys) && a.allSatisfy { identical($0.value, b[$0.key]) }
  case (.opaque(let a)?, .opaque(let b)?): a.encoding == b.encoding
  default: a == b
  }
}

func identical(_ a: DataFrame, _ b: DataFrame) -> Bool {
  a.index == b.index && a.indexName == b.indexName && Array(a.columns.keys) == Array(b.columns.keys)
    && a.columns.allSatisfy { key, column in b.columns[key].map { identical(column, $0) } ?? false }
}

func identical(_ a: Column, _ b: Column) -> Bool {
  switch (a, b) {
  case (.numeric(let a), .numeric(let b)): identical(a, b)
  case (.nullableNumeric(let a, let mask), .nullableNumeric(let b, let other)): mask == other && identical(a, b)
  default: a == b
  }
}

func identical(_ a: NumericArray, _ b: NumericArray) -> Bool {
  switch (a, b) {
  case (.float32(let a), .float32(let b)): sameBytes(a, b)
  case (.float64(let a), .float64(let b)): sameBytes(a, b)
  default: a == b
  }
}

private func sameBytes<Value>(_ a: [Value], _ b: [Value]) -> Bool {
  a.count == b.count
    && a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        guard let first = a.baseAddress, let second = b.baseAddress else { return true }
        return memcmp(first, second, a.count) == 0
      }
    }
}

/// Whether two slices are the same in all their parts.
func identical(_ a: AnnData, _ b: AnnData) -> Bool {
  identical(a.x, b.x) && identical(a.obs, b.obs) && identical(a.var, b.var)
    && [\AnnData.layers, \.obsm, \.varm, \.obsp, \.varp, \.uns].allSatisfy {
      identical(.dictionary(a[keyPath: $0]), .dictionary(b[keyPath: $0]))
    }
    && identical(a.raw?.x, b.raw?.x) && (a.raw == nil) == (b.raw == nil)
    && identical(.dictionary(a.raw?.varm ?? [:]), .dictionary(b.raw?.varm ?? [:]))
    && (a.raw.flatMap { raw in b.raw.map { identical(raw.var, $0.var) } } ?? true)
}
