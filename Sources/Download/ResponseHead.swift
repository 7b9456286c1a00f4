import StomicsCore

/// The status and the headers of an answer.
struct ResponseHead: Equatable {
  var status: Int
  /// By lower-case name; of headers that came twice, the last.
  private(set) var headers: [String: String] = [:]

  /// - Parameter statusLine: `HTTP/1.1 206 Partial Content`; nil for a line that is none.
  init?(statusLine: String) {
    let words = statusLine.split(separator: " ")
    guard statusLine.hasPrefix("HTTP/"), words.count >= 2, let status = Int(words[1]) else { return nil }
    self.status = status
  }

  /// Takes `Name: value`; other lines are passed over.
  mutating func add(line: String) {
    guard let colon = line.firstIndex(of: ":") else { return }
    headers[trimmed(line[..<colon]).lowercased()] = trimmed(line[line.index(after: colon)...])
  }

  /// The length of this answer's body in bytes.
  var contentLength: Int? { headers["content-length"].flatMap(number) }

  /// Which bytes these are and of how many: `bytes 100-199/200`; the total is nil where the server does not know it.
  var contentRange: (first: Int, last: Int, total: Int?)? {
    guard let text = headers["content-range"], text.lowercased().hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = number(trimmed(ends[0])), let last = number(trimmed(ends[1])), first <= last
    else { return nil }
    let total = trimmed(parts[1])
    if total == "*" { return (first, last, nil) }
    guard let total = number(total), last < total else { return nil }
    return (first, last, total)
  }

  /// What tells this version of the file from others.
  var version: FileVersion { FileVersion(entityTag: printable("etag"), lastModified: printable("last-modified")) }

  /// How long to wait before the next try, where the server says so in seconds.
  var retryAfterSeconds: Int? { headers["retry-after"].flatMap(number) }

  /// The MD5 of the whole file, in hexadecimal digits, where the server gives one.
  ///
  /// It stands in `Content-MD5` of a whole answer (RFC 1864); that of a part is the part's. The entity tag of Amazon's
  /// S3, from which Figshare serves, is the MD5 of a file that was uploaded in one piece and not encrypted with a key of
  /// the owner's; a tag of several pieces ends in `-N` and is of no use here.
  var md5: String? {
    if status == 200, let text = headers["content-md5"], let bytes = decodedBase64(text), bytes.count == 16 {
      return hexadecimal(bytes)
    }
    let isAmazon = headers["x-amz-request-id"] != nil || headers["server"] == "AmazonS3"
    let encryption = headers["x-amz-server-side-encryption"] ?? "AES256"
    guard isAmazon, encryption == "AES256", headers["x-amz-server-side-encryption-customer-algorithm"] == nil,
      let tag = headers["etag"], tag.utf8.count == 34, tag.hasPrefix("\""), tag.hasSuffix("\"")
    else { return nil }
    return md5Digits(String(tag.dropFirst().dropLast()))
  }

  /// A header's value where it is plain ASCII: it will be sent back.
  private func printable(_ name: String) -> String? {
    headers[name].flatMap { !$0.isEmpty && $0.utf8.allSatisfy { $0 >= 32 && $0 < 127 } ? $0 : nil }
  }
}

/// What tells one version of a file from another.
struct FileVersion: Equatable {
  var entityTag: String?
  var lastModified: String?

  /// What `If-Range` takes (RFC 9110, 13.1.5): a strong entity tag, or else a date; nil where neither is known, and then
  /// a part cannot be told from one of another version.
  var condition: String? {
    if let entityTag, !entityTag.hasPrefix("W/") { return entityTag }
    return lastModified
  }
}

/// An MD5 in 32 hexadecimal digits, in lower case; nil for anything else.
func md5Digits(_ text: String) -> String? {
  text.utf8.count == 32 && text.utf8.allSatisfy { isHexadecimal($0) } ? text.lowercased() : nil
}

func isHexadecimal(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
    UInt8(ascii: "A")...UInt8(ascii: "F"):
    true
  default: false
  }
}

/// A number of bytes or seconds: digits only, so never negative.
private func number(_ text: String) -> Int? {
  !text.isEmpty && text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? Int(text) : nil
}

private func trimmed(_ text: some StringProtocol) -> String {
  var rest = Substring(text)
  while let last = rest.last, last.isWhitespace { rest.removeLast() }
  return String(rest.drop { $0.isWhitespace })
}

/// Bytes of base64 with its padding (RFC 4648); nil for anything else.
private func decodedBase64(_ text: String) -> [UInt8]? {
  var bytes = [UInt8]()
  var bits: UInt32 = 0
  var count = 0
  let letters = text.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
  guard text.utf8.count % 4 == 0, let body = letters.first else { return nil }
  for letter in body {
    let value: UInt8
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = letter - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = letter - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = letter - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    default: return nil
    }
    bits = (bits << 6 | UInt32(value)) & 0xff_ffff
    count += 6
    if count >= 8 {
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
  }
  return bytes
}
