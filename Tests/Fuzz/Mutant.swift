import StomicsCore

/// A file that damage is done to.
struct SeedFile: Sendable {
  let name: String
  let bytes: [UInt8]
  /// A number for its content: the damage depends on it, and on nothing else of the corpus.
  let digest: UInt64
  /// Where damage is most telling, and where checksums stand.
  let map: StructureMap

  init(name: String, bytes: [UInt8], format: Kind.Format) {
    self.name = name
    self.bytes = bytes
    digest = fnv(bytes)
    map = StructureMap(bytes, format: format)
  }
}

/// FNV-1a, 64 bits.
func fnv(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// A damaged file: a seed file and a number make it, always the same.
struct Mutant {
  let file: SeedFile
  let seed: UInt64
  private(set) var bytes: [UInt8]
  /// What was done, for people.
  private(set) var history: [String]

  init(kind: Kind, seed: UInt64, files: [SeedFile]) {
    file = files[Int(seed % UInt64(files.count))]
    self.seed = seed
    let other = files[Int(seed / UInt64(files.count) % UInt64(files.count))]
    var mutator = Mutator(file, other: other, format: kind.format, seed: seed)
    mutator.run()
    bytes = mutator.bytes
    history = mutator.history
  }
}
