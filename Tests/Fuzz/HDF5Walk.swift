import AnnData
import HDF5
import StomicsCore

/// Reads all that an HDF5 file holds, whatever it means.
enum HDF5Walk {
  /// Every attribute and every dataset as every type, and the two partial ways of reading an h5ad file. Errors of single
  /// parts are passed over: the parts beside them are of interest too.
  static func everything(_ path: String) throws {
    var walk = Walk()
    try walk.visit(try H5File.open(path).root(), depth: 0)
    try attempt { _ = try AnnData.read(path, matrices: .counts) }
    try attempt { _ = try AnnData.read(path, matrices: .none).tissueImage() }
  }

  /// Passes over errors made for users, and only those.
  private static func attempt(_ body: () throws -> Void) throws {
    do { try body() } catch is any StomicsError {}
  }

  private struct Walk {
    var objects = 0

    mutating func visit(_ group: H5Group, depth: Int) throws {
      try attributes(of: group)
      var names: [String] = []
      try attempt { names = try group.names() }
      for name in names where objects < 2000 && depth < 32 {
        objects += 1
        do {
          switch try group.kind(of: name) {
          case .group: try visit(try group.group(name), depth: depth + 1)
          case .dataset: try read(try group.dataset(name))
          default: break
          }
        } catch is any StomicsError {}
      }
    }

    private func attributes(of object: H5Object) throws {
      var names: [String] = []
      try attempt { names = try object.attributeNames() }
      for name in names {
        try attempt { _ = try object.stringAttribute(name) }
        try attempt { _ = try object.stringsAttribute(name) }
        try attempt { _ = try object.integersAttribute(name) }
        try attempt { _ = try object.boolAttribute(name) }
        try attempt { _ = try object.referencedDataset(name) }
      }
    }

    private func read(_ dataset: H5Dataset) throws {
      try attributes(of: dataset)
      try attempt { _ = try dataset.readStrings() }
      try attempt { _ = try dataset.read(Float.self) }
      try attempt { _ = try dataset.read(Int64.self) }
      try attempt { _ = try dataset.read(UInt8.self) }
    }
  }
}
