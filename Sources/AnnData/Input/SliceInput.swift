import HDF5
import StomicsCore

/// A file or folder that holds a slice, and what kind of thing it is: told by content, not by name.
public struct SliceInput: Sendable {
  public enum Kind: Sendable, Equatable {
    /// An HDF5 file with obs and var, or one in which nothing else was recognised.
    case h5ad
    /// A 10x matrix in HDF5.
    case tenxFile
    /// One of the three files of a matrix in text form.
    case marketFile
    /// A folder with a matrix, of a Cell Ranger or Space Ranger run or with the three files of a matrix.
    case folder
    /// A Visium HD run: folders of bins by their edge in micrometres.
    case bins([Int])
  }

  public let path: String
  public let kind: Kind
  /// Where the matrix is looked for: `path`, or the folder `outs` in it.
  let place: String

  /// Looks at a path.
  /// - Throws: `H5Error` for files of no known kind, `InputError` for folders in which no slice is recognised.
  public init(_ path: String) throws {
    self.path = path
    guard PathKind(path) == .folder else {
      place = path
      let begin = (try? readFile(path, atMost: 16)) ?? []
      if begin.starts(with: "%%MatrixMarket".utf8) || begin.starts(with: [0x1f, 0x8b]),
        try SliceInput.marketFiles(of: path) != nil
      {
        kind = .marketFile
      } else {
        kind = try TenxFile(path) == nil ? .h5ad : .tenxFile
      }
      return
    }
    guard let (place, kind) = try SliceInput.recognise(try InputFolder(path)) else {
      throw InputError.notRecognised(folder: path, found: try InputFolder(path).names)
    }
    (self.place, self.kind) = (place, kind)
  }

  private static func recognise(_ folder: InputFolder) throws -> (place: String, kind: Kind)? {
    for name in [nil, "outs"] {
      guard let inner = try name.map({ try folder.folder($0) }) ?? folder else { continue }
      let bins = try SliceInput.bins(in: inner)
      if !bins.isEmpty { return (inner.path, .bins(bins.map(\.edge))) }
      if try InstrumentFolder(inner) != nil { return (inner.path, .folder) }
      if try !InstrumentFolder.market(in: inner).isEmpty { return (inner.path, .folder) }
    }
    return nil
  }

  /// The folders `square_008um` of a Visium HD run, here or in `binned_outputs`.
  static func bins(in folder: InputFolder) throws -> [(edge: Int, path: String)] {
    let holder = try folder.folder("binned_outputs") ?? folder
    return holder.folders.compactMap { name in
      guard name.hasPrefix("square_"), name.hasSuffix("um"), let edge = Int(name.dropFirst(7).dropLast(2)) else {
        return nil
      }
      return (edge, holder.path(name))
    }
  }

  /// The three files of which the one at `path` is the matrix.
  static func marketFiles(of path: String) throws -> MarketFiles? {
    let (folder, name) = path.folderAndName
    guard InputFolder.stem(name).hasSuffix(".mtx") else { return nil }
    let files = try MarketFiles.find(in: try InputFolder(folder))
    let stem = InputFolder.stem(name)
    return files.first { InputFolder.stem($0.matrix.folderAndName.name) == stem }
  }

  /// What kind of input it is, in words.
  public var description: String {
    switch kind {
    case .h5ad: "an h5ad file"
    case .tenxFile: "a 10x matrix (.h5)"
    case .marketFile: "a matrix in text form (.mtx)"
    case .folder: "the folder of an instrument's run"
    case .bins: "the folder of a Visium HD run"
    }
  }

  /// What an instrument's input is, in words; nil for anything else, so that readers of h5ad can say what to do.
  static func instrumentInput(_ path: String) -> String? {
    guard let input = try? SliceInput(path), input.kind != .h5ad else { return nil }
    return input.description
  }
}
