import AnnData
import Preprocessing
import StomicsCore
import TestSupport
import Testing

@Suite("Threads") struct ThreadTests {
  @Test("one thread and four give the same bytes")
  func sameBytes() throws {
    let golden = try Reference.small()
    let matrix = PrincipalComponentsTests.random(1200, 600, seed: 3)
    func everything(_ threads: Int) throws -> (AnnData, PrincipalComponents) {
      let before = Threads.count
      Threads.count = threads
      defer { Threads.count = before }
      var options = PreprocessingOptions()
      options.genes = .top(150)
      options.components = 20
      var adata = try preprocess(Reference.adata(golden), options).adata
      // NaN is not equal to itself: compare these by their bits.
      for key in [Keys.dispersions, Keys.normalisedDispersions] {
        guard case .numeric(let values) = adata.var[key] else { continue }
        adata.var[key] = .numeric(.uint64(values.doubles.map(\.bitPattern)))
      }
      return (adata, try PrincipalComponents(matrix, count: 10))
    }
    let one = try everything(1)
    let four = try everything(4)
    #expect(one.0 == four.0)
    #expect(one.1 == four.1)
  }
}
