import Kernels

extension Tape {
  /// y = dropout(GELU(x)), GELU(x) = x Φ(x) in its exact (erf) form; any shape.
  public func gelu(_ x: Variable, dropout probability: Float = 0) -> Variable {
    let y = allocate(.gelu, rows: x.rows, columns: x.columns, from: x)
    let mask = nextDropout(probability)
    Kernels.gelu(pointer(x), into: pointer(y), count: x.count, dropout: mask)
    record(y) { [unowned self] in
      Kernels.geluBackward(pointer(x), dy: gradient(y), dx: gradient(x), count: x.count, dropout: mask)
    }
    return y
  }

  /// y = x with elements dropped at the given probability, the others divided by 1 - probability; x itself outside
  /// training.
  public func dropout(_ x: Variable, _ probability: Float) -> Variable {
    let mask = nextDropout(probability)
    guard mask.probability > 0 else { return x }
    let y = allocate(.dropout, rows: x.rows, columns: x.columns, from: x)
    Kernels.dropout(pointer(x), into: pointer(y), count: x.count, dropout: mask)
    record(y) { [unowned self] in
      Kernels.dropoutBackward(gradient(y), dx: gradient(x), count: x.count, dropout: mask)
    }
    return y
  }

  /// y = g a + (1 - g) b with g = sigmoid(logits); all of one shape.
  public func gatedMix(logits: Variable, _ a: Variable, _ b: Variable) -> Variable {
    precondition(logits.count == a.count && a.count == b.count, "gatedMix: shapes differ")
    let y = allocate(.gatedMix, rows: a.rows, columns: a.columns, from: logits, a, b)
    let gate = save(y.count, with: y)
    Kernels.gatedMix(pointer(logits), a: pointer(a), b: pointer(b), into: pointer(y), gate: gate, count: y.count)
    // dLogits = dY (a - b) g (1 - g), da = g dY, db = (1 - g) dY
    record(y) { [unowned self] in
      Kernels.gatedMixBackward(
        gate, a: pointer(a), b: pointer(b), dy: gradient(y), dGateLogits: gradient(logits), da: gradient(a),
        db: gradient(b), count: y.count)
    }
    return y
  }

  /// [a b]: the rows of a and b side by side, `[N, F] [N, D] -> [N, F + D]`.
  public func concatenateColumns(_ a: Variable, _ b: Variable) -> Variable {
    precondition(a.rows == b.rows, "concatenateColumns: \(a.rows) and \(b.rows) rows")
    let y = allocate(.concatenateColumns, rows: a.rows, columns: a.columns + b.columns, from: a, b)
    Kernels.concatenateColumns(
      pointer(a), aColumns: a.columns, b: pointer(b), bColumns: b.columns, rows: a.rows, into: pointer(y))
    record(y) { [unowned self] in
      Kernels.concatenateColumnsBackward(
        gradient(y), aColumns: a.columns, bColumns: b.columns, rows: a.rows, da: gradient(a), db: gradient(b))
    }
    return y
  }

  /// The given rows of x in the given order; each at most once where a gradient is wanted.
  public func gatherRows(_ x: Variable, _ indices: [Int32]) -> Variable {
    let y = allocate(.gatherRows, rows: indices.count, columns: x.columns, from: x)
    indices.withUnsafeBufferPointer { list in
      guard let base = list.baseAddress else { return }
      Kernels.gatherRows(pointer(x), indices: base, count: indices.count, columns: x.columns, into: pointer(y))
    }
    record(y) { [unowned self] in
      indices.withUnsafeBufferPointer { list in
        guard let base = list.baseAddress else { return }
        Kernels.scatterAddRows(gradient(y), indices: base, count: indices.count, columns: x.columns, dx: gradient(x))
      }
    }
    return y
  }
}
