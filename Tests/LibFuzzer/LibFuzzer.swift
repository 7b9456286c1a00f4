import Glibc
import StomicsCore

// One parser of the project under libFuzzer, which looks for bytes that lead to code not run before. The environment
// variable STOMICS_FUZZ_TARGET names the parser; `scripts/libfuzzer` builds and runs this. The library of libFuzzer has
// the program's entry.

private let parser: Parser = {
  let name = getenv("STOMICS_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let parser = parsers[name] else {
    preconditionFailure("no parser '\(name)'; STOMICS_FUZZ_TARGET is one of \(parsers.keys.sorted())")
  }
  return parser
}()

/// What libFuzzer calls with the bytes it thought of; its library asks for a function of this name.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do {
    try parser([UInt8](UnsafeBufferPointer(start: start, count: count)))
  } catch is any StomicsError {
    // The way it should be.
  } catch {
    preconditionFailure("an error that was not made for users: \(error)")
  }
  return 0
}
