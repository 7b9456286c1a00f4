import FoundationEssentials
import StomicsCore
import TestSupport
import Testing

@Test("RandomState(42) gives NumPy's numbers")
func numPyRandomMatchesReference() throws {
  struct Reference: Decodable {
    let randint32: [UInt32]
    let permutation20, permutation20_second, choice10of100_noreplace: [Int]
    let random_sample10, standard_normal10: [Double]
  }
  let reference = try JSONDecoder().decode(
    Reference.self, from: Data(contentsOf: URL(filePath: Fixtures.path("split/d_numpy_rng.json"))))
  var random = NumPyRandom(seed: 42)
  #expect(reference.randint32.map { _ in random.nextUInt32() } == reference.randint32)
  random = NumPyRandom(seed: 42)
  #expect(random.permutation(20) == reference.permutation20)
  #expect(random.permutation(20) == reference.permutation20_second)
  random = NumPyRandom(seed: 42)
  #expect(reference.random_sample10.map { _ in random.uniform() } == reference.random_sample10)
  random = NumPyRandom(seed: 42)
  #expect(random.choice(10, of: 100) == reference.choice10of100_noreplace)
  random = NumPyRandom(seed: 42)
  expectClose(
    reference.standard_normal10.map { _ in random.standardNormal() }, reference.standard_normal10, relative: 1e-15)
}

@Test("The generator goes on past its first 624 words, and draws nothing for one value")
func numPyRandomLongRun() {
  var random = NumPyRandom(seed: 5489)
  for _ in 0..<9999 { _ = random.nextUInt32() }
  // The 10,000th number of the reference implementation (C++ standard, [rand.predef]).
  #expect(random.nextUInt32() == 4_123_659_995)
  var a = NumPyRandom(seed: 1)
  var b = NumPyRandom(seed: 1)
  #expect(a.permutation(1) == [0] && a.permutation(0) == [])
  #expect(a.nextUInt32() == b.nextUInt32())
}
