import TestSupport
import Testing

@testable import StomicsCore

@Suite("SHA-256") struct SHA256Tests {
  private func hex(_ text: String) -> String {
    SHA256.digest(of: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test("equals the standard's examples (FIPS 180-4, and its example of a million letters)") func standard() throws {
    #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hex(String(repeating: "a", count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test("does not depend on how the bytes come, and reads files") func parts() throws {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let whole = SHA256.digest(of: bytes)
    for step in [1, 63, 64, 65, 200] {
      var hash = SHA256()
      for start in stride(from: 0, to: bytes.count, by: step) { hash.update(bytes[start..<min(start + step, 1000)]) }
      #expect(hash.finish() == whole)
    }
    let scratch = try Scratch()
    let path = try scratch.file("a", Array("abc".utf8))
    #expect(
      try SHA256.hexadecimal(ofFile: path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(throws: FileError.self) { try SHA256.hexadecimal(ofFile: path + "x") }
  }
}
