import OrderedCollections

/// A group of a file that is read: names that lead to groups and datasets.
public final class H5Group: H5Object {
  private lazy var links = Result {
    try context.describing(path) {
      OrderedDictionary(try Link.all(of: header, context).map { ($0.name, $0.link) }) { first, _ in first }
    }
  }

  /// The names in it: in the order of creation where the file keeps that, otherwise sorted by bytes.
  public func names() throws -> [String] { Array(try links.get().keys) }

  /// What a name leads to; nil where there is no such name. Slashes separate the steps of a longer way.
  public func kind(of name: String) throws -> H5Kind? {
    switch try find(name) {
    case .object(let target):
      if target.header.describesDataset { return .dataset }
      return target.header.describesGroup ? .group : .namedType
    case .nothing: return nil
    case .dangling: return .danglingLink
    }
  }

  /// Whether something of that name is there.
  public func contains(_ name: String) -> Bool { ((try? kind(of: name)) ?? nil) != nil }

  /// Opens a group in it.
  public func group(_ name: String) throws -> H5Group {
    let target = try expect(.group, name)
    return H5Group(target.file, target.header, path: path.appendingKey(name))
  }

  /// Opens a dataset in it.
  public func dataset(_ name: String) throws -> H5Dataset {
    let target = try expect(.dataset, name)
    let path = path.appendingKey(name)
    return try target.file.describing(path) { try H5Dataset(target.file, described: target.header, path: path) }
  }

  private func expect(_ expected: H5Kind, _ name: String) throws -> Target {
    guard let kind = try kind(of: name), case .object(let target) = try find(name) else {
      if case .dangling? = try? find(name) { throw wrongKind(expected, .danglingLink, name) }
      throw H5Error.missing(name: name, group: path, available: (try? names()) ?? [], file: file)
    }
    guard kind == expected else { throw wrongKind(expected, kind, name) }
    return target
  }

  private func wrongKind(_ expected: H5Kind, _ found: H5Kind, _ name: String) -> H5Error {
    .wrongKind(
      path: path.appendingKey(name), expected: "a \(expected.rawValue)", found: "a \(found.rawValue)", file: file)
  }

  // MARK: Following links

  private struct Target {
    var file: FileContext
    var header: ObjectHeader
  }

  private enum Finding {
    case object(Target)
    case nothing
    case dangling
  }

  /// Links on the way to an object; more are taken for a circle.
  private static let mostLinks = 32

  /// The last name that was looked up, since it is asked for its kind and then opened.
  private var found: (name: String, finding: Finding)?

  private func find(_ name: String) throws -> Finding {
    if let found, found.name == name { return found.finding }
    let path = path.appendingKey(name)
    let finding = try context.describing(path) {
      var budget = H5Group.mostLinks
      return try follow(name, &budget)
    }
    found = (name, finding)
    return finding
  }

  private func follow(_ name: String, _ budget: inout Int) throws -> Finding {
    var group = self
    let steps = name.split(separator: "/", omittingEmptySubsequences: false)
    for (place, step) in steps.enumerated() {
      if step.isEmpty || step == "." { return .nothing }
      guard let link = try group.links.get()[String(step)] else { return .nothing }
      guard let target = try group.target(of: link, &budget) else { return .dangling }
      if place == steps.count - 1 { return .object(target) }
      guard target.header.describesGroup else { return .nothing }
      group = H5Group(target.file, target.header, path: group.path.appendingKey(String(step)))
    }
    return .nothing
  }

  /// The object that a link leads to; nil where that does not exist.
  private func target(of link: Link, _ budget: inout Int) throws -> Target? {
    budget -= 1
    guard budget > 0 else { return nil }
    switch link {
    case .hard(let address): return Target(file: context, header: try ObjectHeader(context, at: address))
    case .soft(let way): return try walk(way, from: way.hasPrefix("/") ? try context.root() : self, &budget)
    case .external(let file, let way):
      guard let other = try? context.linkedFile(file) else { return nil }
      return try walk(way, from: try other.root(), &budget)
    case .unknown: return nil
    }
  }

  private func walk(_ way: String, from start: H5Group, _ budget: inout Int) throws -> Target? {
    let steps = way.split(separator: "/").filter { $0 != "." }
    if steps.isEmpty { return Target(file: start.context, header: start.header) }
    guard case .object(let target) = try start.follow(steps.joined(separator: "/"), &budget) else { return nil }
    return target
  }
}

extension ObjectHeader {
  var describesDataset: Bool { messages.contains { $0.kind == .layout } }
  var describesGroup: Bool {
    messages.contains { $0.kind == .symbolTable || $0.kind == .linkInfo || $0.kind == .link || $0.kind == .groupInfo }
  }
}

extension FileContext {
  func root() throws -> H5Group {
    try describing("/") {
      let header = try ObjectHeader(self, at: superblock.root)
      guard header.describesGroup else { throw Malformed("its root is no group") }
      return H5Group(self, header, path: "/")
    }
  }
}
