/// The names most like a misspelt one, best first: for "did you mean" in errors.
///
/// Likeness is edit distance (insert, delete, replace, swap two neighbours) without regard to case, `-` and `_`; a name
/// may differ in a third of its letters, and one that begins with the wanted name counts as near. Where only case and
/// dashes differ nothing else is offered. Order among equals is alphabetical.
/// - Parameter limit: at most so many
public func nearNames(_ name: String, among candidates: some Sequence<String>, limit: Int = 3) -> [String] {
  let wanted = folded(name)
  if wanted.isEmpty { return [] }
  let allowed = max(1, wanted.count / 3)
  var found = [(distance: Int, name: String)]()
  for candidate in candidates {
    let letters = folded(candidate)
    if abs(letters.count - wanted.count) <= allowed {
      let distance = editDistance(wanted, letters)
      if distance <= allowed {
        found.append((distance, candidate))
        continue
      }
    }
    if wanted.count >= 3 && letters.starts(with: wanted) { found.append((allowed + 1, candidate)) }
  }
  found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
  if found.first?.distance == 0 { found = found.filter { $0.distance == 0 } }
  return found.prefix(limit).map(\.name)
}

/// " Did you mean 'a' or 'b'?" with a leading space, or nothing where no name is near.
public func didYouMean(_ name: String, among candidates: some Sequence<String>) -> String {
  let names = nearNames(name, among: candidates).map { "'\($0)'" }
  switch names.count {
  case 0: return ""
  case 1: return " Did you mean \(names[0])?"
  default: return " Did you mean \(names.dropLast().joined(separator: ", ")) or \(names[names.count - 1])?"
  }
}

private func folded(_ name: String) -> [UInt8] {
  name.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
}

/// Restricted Damerau-Levenshtein distance.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  var row = last
  for i in a.indices {
    row[0] = i + 1
    for j in b.indices {
      var best = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
      row[j + 1] = best
    }
    (beforeLast, last, row) = (last, row, beforeLast)
  }
  return last[b.count]
}
