import Foundation
import StomicsCore
import TestSupport
import Testing

@testable import Metrics

@Suite("Hierarchical clustering equals SciPy's")
struct LinkageTests {
  private struct File: Decodable {
    struct Case: Decodable {
      var method: String
      var metric: String
      var tree: [[Double]]
      var clusters: [String: [Int]]
    }
    var rows: [[Float]]
    var cases: [Case]
  }

  private static func file() throws -> File {
    try JSONDecoder().decode(File.self, from: Data(readFile(Fixtures.path("metrics/linkage.json"))))
  }

  @Test("trees, distances and cuts") func cases() throws {
    let file = try Self.file()
    let rows = Matrix(rows: file.rows.count, columns: file.rows[0].count, values: file.rows.flatMap { $0 })
    #expect(file.cases.count == 4)
    for case_ in file.cases {
      let method = try #require(Linkage.Method(rawValue: case_.method))
      let metric = try #require(Linkage.Metric(rawValue: case_.metric))
      let tree = Linkage(rows, method: method, metric: metric)
      let name = "\(method) \(metric)"
      #expect(tree.merges.map(\.count) == case_.tree.map { Int($0[3]) }, "\(name)")
      #expect(tree.merges.map { [$0.first, $0.second] } == case_.tree.map { [Int($0[0]), Int($0[1])] }, "\(name)")
      expectClose(tree.merges.map(\.distance), case_.tree.map { $0[2] }, relative: 1e-6, name)
      for (count, expected) in case_.clusters {
        let own = tree.clusters(try #require(Int(count)))
        #expect(ContingencyTable(own.map(Int32.init), expected.map(Int32.init)).adjustedRandIndex == 1, "\(name) \(count)")
      }
    }
  }

  @Test("the leaves are all rows, and clusters lie side by side along them") func leaves() throws {
    let file = try Self.file()
    let rows = Matrix(rows: file.rows.count, columns: file.rows[0].count, values: file.rows.flatMap { $0 })
    let tree = Linkage(rows)
    #expect(tree.leafOrder.sorted() == Array(0..<24))
    let along = tree.leafOrder.map { tree.clusters(6)[$0] }
    #expect(along == along.sorted() && Set(along).count == 6)
  }

  @Test("one row, none, and equal rows") func small() {
    #expect(Linkage(Matrix(rows: 0, columns: 3)).leafOrder.isEmpty)
    #expect(Linkage(Matrix(rows: 1, columns: 3)).clusters(4) == [0])
    let equal = Linkage(Matrix(rows: 5, columns: 2, repeating: 1))
    #expect(equal.merges.allSatisfy { abs($0.distance) < 1e-12 } && equal.clusters(1) == [0, 0, 0, 0, 0])
  }
}
