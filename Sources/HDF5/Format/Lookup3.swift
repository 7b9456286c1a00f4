/// Bob Jenkins' hash, the checksum of HDF5's newer metadata.
/// - Source: lookup3.c (public domain), `hashlittle` with an initial value of 0; HDF5 File Format Specification 3.0, VI.
public enum Lookup3 {
  public static func hash(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var a = 0xdead_beef &+ UInt32(truncatingIfNeeded: bytes.count)
    var b = a
    var c = a
    func rotated(_ x: UInt32, _ k: UInt32) -> UInt32 { x << k | x >> (32 - k) }
    func word(_ start: Int) -> UInt32 {
      var value: UInt32 = 0
      for k in (0..<4).reversed() where start + k < bytes.endIndex { value = value << 8 | UInt32(bytes[start + k]) }
      return value
    }
    var position = bytes.startIndex
    while bytes.endIndex - position > 12 {
      a &+= word(position)
      b &+= word(position + 4)
      c &+= word(position + 8)
      a = (a &- c) ^ rotated(c, 4); c = c &+ b
      b = (b &- a) ^ rotated(a, 6); a = a &+ c
      c = (c &- b) ^ rotated(b, 8); b = b &+ a
      a = (a &- c) ^ rotated(c, 16); c = c &+ b
      b = (b &- a) ^ rotated(a, 19); a = a &+ c
      c = (c &- b) ^ rotated(b, 4); b = b &+ a
      position += 12
    }
    if position == bytes.endIndex { return c }
    a &+= word(position)
    b &+= word(position + 4)
    c &+= word(position + 8)
    c = (c ^ b) &- rotated(b, 14)
    a = (a ^ c) &- rotated(c, 11)
    b = (b ^ a) &- rotated(a, 25)
    c = (c ^ b) &- rotated(b, 16)
    a = (a ^ c) &- rotated(c, 4)
    b = (b ^ a) &- rotated(a, 14)
    c = (c ^ b) &- rotated(b, 24)
    return c
  }
}
