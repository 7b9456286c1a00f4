import AnnData
import StomicsCore

extension AnnData {
  /// A column of `var` as text where it holds text, else nil.
  func geneTexts(_ key: String) -> [String]? {
    switch self.var[key] {
    case .strings(let values): return values
    case .nullableStrings(let values): return values.map { $0 ?? "" }
    case .categorical(let values) where values.numericCategories == nil: return values.labels.map { $0 ?? "" }
    default: return nil
    }
  }
}

/// Makes names unique as anndata's `var_names_make_unique`: the first keeps its name, the others get "-1", "-2", … past
/// names that are taken.
/// - Returns: the names that were renamed, each once, in order.
func makeUnique(_ names: inout [String]) -> [String] {
  var taken = Set(names)
  if taken.count == names.count { return [] }
  var seen: Set<String> = []
  var counters: [String: Int] = [:]
  var renamed: [String] = []
  for i in names.indices where !seen.insert(names[i]).inserted {
    let name = names[i]
    if counters[name] == nil { renamed.append(name) }
    var number = counters[name, default: 0]
    repeat { number += 1 } while taken.contains("\(name)-\(number)")
    counters[name] = number
    names[i] = "\(name)-\(number)"
    taken.insert(names[i])
  }
  return renamed
}
