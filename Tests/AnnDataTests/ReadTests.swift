import AnnData
import HDF5
import StomicsCore
import TestSupport
import Testing

/// Files that anndata wrote, with every encoding it has (scripts/golden/io_fixtures.py).
@Suite("Reading what anndata wrote") struct ReadTests {
  static let files = ["everything.h5ad", "everything_gzip.h5ad", "everything_lzf.h5ad"]
  let scratch: Scratch
  init() throws { scratch = try Scratch() }

  private func everything() throws -> AnnData { try AnnData.read(try scratch.fixture("everything.h5ad")) }

  @Test(arguments: files) func comesBackAsItWas(_ name: String) throws {
    let data = try AnnData.read(try scratch.fixture(name))
    for (copy, compression) in [("a", AnnData.Compression.none), ("b", .gzip(level: 1)), ("c", .gzip(level: 9))] {
      let path = scratch.path + "/\(copy).h5ad"
      try data.write(to: path, compression: compression)
      #expect(identical(try AnnData.read(path), data))
    }
    #expect(identical(data, try everything()))
  }

  @Test func columns() throws {
    let data = try everything()
    #expect(data.observationCount == 12 && data.variableCount == 7)
    #expect(data.obs.index.first == "AACG-0" && data.var.index.last == "GENE6")
    let obs = data.obs
    #expect(Array(obs.columns.keys.prefix(3)) == ["whole", "small", "bytes"])
    #expect(obs["whole"] == .numeric(.int64((0..<12).map { $0 * 1000 - 3 })))
    #expect(obs["small"] == .numeric(.int8((0..<12).map { Int8($0) - 5 })))
    #expect(obs["bytes"] == .numeric(.uint8((0..<12).map { 244 + UInt8($0) })))
    #expect(obs["short"] == .numeric(.uint16((0..<12).map { UInt16($0) * 5000 })))
    #expect(obs["long"] == .numeric(.uint64((0..<12).map { UInt64($0) + 1 << 63 })))
    #expect(obs["flag"] == .numeric(.bool((0..<12).map { $0 % 3 == 0 })))
    #expect(obs["text"] == .strings((0..<12).map { $0 == 0 ? "" : "wört \($0)" }))
    #expect(
      obs["layer"]
        == .categorical(
          Categorical(
            codes: [2, 0, -1, 1, 2, 0, -1, 1, 2, 0, -1, 1], categories: ["WM", "Layer1", "Layer2", "unused"])))
    #expect(
      obs["stage"]
        == .categorical(
          Categorical(codes: (0..<12).map { 1 - $0 % 2 }, categories: ["late", "early"], ordered: true)))
    guard case .categorical(let half)? = obs["half"], case .categorical(let yes)? = obs["yes"] else {
      Issue.record("no factors")
      return
    }
    #expect(half.numericCategories == .float64([0, 0.5]) && half.categories == ["0.0", "0.5"])
    #expect(yes.numericCategories == .bool([false, true]) && yes.categories == ["False", "True"])
    guard case .nullableNumeric(.int32(let values), let mask)? = obs["maybe_whole"] else {
      Issue.record("no nullable integers")
      return
    }
    #expect(mask == (0..<12).map { $0 % 4 == 1 } && values[2] == 2)
    #expect(obs["maybe_text"] == .nullableStrings((0..<12).map { $0 % 4 == 3 ? nil : "t\($0)" }))
    #expect(obs["with space, ünd (signs)"] != nil)
  }

  @Test func arraysAndMappings() throws {
    let data = try everything()
    #expect(data.obsm["cube"] == .array(DenseArray(shape: [12, 2, 3], values: .int16((0..<72).map(Int16.init)))))
    #expect(data.uns["number"] == .scalar(.int64([42])))
    #expect(data.uns["truth"] == .scalar(.bool([true])))
    #expect(data.uns["fraction"] == .scalar(.float32([0.5])))
    #expect(data.uns["nothing"] == .null)
    #expect(data.uns["name"] == .string("Größe µm"))
    #expect(data.uns["empty"] == .dictionary([:]))
    #expect(data.uns["empty_list"] == .array(DenseArray(shape: [0], values: .float64([]))))
    #expect(
      data.uns["strings"] == .strings(StringArray(shape: [3, 2], values: ["a", "b", "", "d", "ë", "f"])))
    #expect(
      data.uns["nested"]
        == .dictionary(["deeper": .dictionary(["deepest": .array(DenseArray(shape: [3], values: .uint32([0, 1, 2])))])])
    )
    guard case .table(let table)? = data.uns["table"], case .table(let numbered)? = data.uns["numbered_table"],
      case .dictionary(let groups)? = data.uns["rank_genes_groups"], case .records(let names)? = groups["names"],
      case .opaque(let ragged)? = data.obsm["ragged"]
    else {
      Issue.record("a table, records or the ragged array are missing")
      return
    }
    #expect(table.indexName == "named" && table.index == ["p", "q"])
    #expect(numbered.index == ["10", "20"] && numbered.typedIndex == .numeric(.int64([10, 20])))
    #expect(names.fields["A"] == .strings(StringArray(["g1", "g2"])))
    #expect(ragged.encoding == "awkward-array" && ragged.path == "/obsm/ragged")
    #expect(data.raw?.var.count == 9 && data.raw?.varm["load"] != nil)
  }

  @Test func everyFormOfAMatrixIsTheSame() throws {
    let data = try everything()
    let values = (0..<84).map { Float($0 % 5) }
    let expected = Matrix(rows: 12, columns: 7, values: values)
    for layer in [nil, "counts", "whole"] {
      let matrix = try data.matrix(layer: layer)
      #expect(matrix.dense() == expected)
      #expect(matrix.nonzeroCount == values.count { $0 != 0 })
    }
    let third = try data.matrix(layer: "dense")
    #expect(third[0, 1] == Float(1.0 / 3))
    let error = #expect(throws: AnnDataError.self) { try data.matrix(layer: "count") }
    #expect("\(try #require(error))".contains("found: counts, dense, whole"))
  }

  @Test func unsortedAndRepeatedEntries() throws {
    let data = try AnnData.read(try scratch.fixture("unsorted.h5ad"))
    let matrix = try data.matrix()
    #expect(matrix.indptr == [0, 2, 2, 4] && matrix.indices == [0, 2, 1, 3] && matrix.values == [7, 2, 3, -1])
    #expect(AnnData.duplicates(in: data.obs.index) == ["a"])
    try data.requireUniqueVariables()
    var doubled = data
    doubled.var.index = ["g", "h", "g", "h"]
    let error = #expect(throws: AnnDataError.self) { try doubled.requireUniqueVariables() }
    #expect("\(try #require(error))".contains("2 names in var"))
  }

  @Test func valuesThatAreNotFiniteStayAndAreFound() throws {
    let data = try AnnData.read(try scratch.fixture("not_finite.h5ad"))
    let matrix = try data.matrix()
    #expect(matrix[1, 2].isNaN && matrix[2, 0] == .infinity)
    let place = try #require(matrix.firstNotFinite)
    #expect(place == (1, 2))
    #expect(try everything().matrix().firstNotFinite == nil)
  }

  @Test func oneSpotAndNoSpot() throws {
    let data = try everything()
    for positions in [[3], []] {
      let part = data.gatheringObservations(positions).gatheringVariables([6, 0])
      let path = scratch.path + "/\(positions.count).h5ad"
      try part.write(to: path)
      let again = try AnnData.read(path)
      #expect(identical(again, part))
      #expect(try again.matrix().rows == positions.count && again.matrix().columns == 2)
    }
  }
}
