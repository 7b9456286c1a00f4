import StomicsCore

/// A public collection of files.
public struct Dataset: Sendable, Equatable {
  public struct File: Sendable, Equatable {
    /// What the field calls it: `151673`.
    public var name: String
    /// Its number at Figshare.
    public var figshareID: Int
    /// Whose tissue it is.
    public var donor: Int

    /// What it is called on the disk.
    public var fileName: String { name + ".h5ad" }
  }

  public var name: String
  public var title: String
  /// The number of the Figshare article that holds the files.
  public var figshareArticle: Int
  public var licence: String
  public var citation: String
  public var files: [File]

  /// The files of these names, in the dataset's order, each once; all of them where none is named.
  /// - Throws: `DownloadError.unknownFile`
  public func files(named names: [String]) throws -> [File] {
    for name in names where !files.contains(where: { $0.name == name }) {
      throw DownloadError.unknownFile(name, dataset: self.name, available: files.map(\.name))
    }
    return names.isEmpty ? files : files.filter { names.contains($0.name) }
  }

  /// Everything that can be fetched.
  public static let all = [dlpfc]

  /// - Throws: `DownloadError.unknownDataset`
  public static func named(_ name: String) throws -> Dataset {
    guard let dataset = all.first(where: { $0.name == name }) else {
      throw DownloadError.unknownDataset(name, available: all.map(\.name))
    }
    return dataset
  }

  /// Where a browser finds it.
  public var page: String { "https://doi.org/10.6084/m9.figshare.\(figshareArticle)" }

  /// Twelve Visium slices of the human dorsolateral prefrontal cortex with layers drawn by hand: three donors, and of
  /// each two pairs of neighbouring sections 300 µm apart.
  public static let dlpfc = Dataset(
    name: "dlpfc",
    title: "human dorsolateral prefrontal cortex, 12 Visium slices of 3 donors with layers drawn by hand",
    figshareArticle: 22_004_273,
    licence: "CC BY 4.0",
    citation: "Maynard et al. 2021, Nature Neuroscience 24:425-436, doi:10.1038/s41593-020-00787-0",
    files: [
      File(name: "151507", figshareID: 39_055_556, donor: 1),
      File(name: "151508", figshareID: 39_055_589, donor: 1),
      File(name: "151509", figshareID: 39_055_586, donor: 1),
      File(name: "151510", figshareID: 39_055_583, donor: 1),
      File(name: "151669", figshareID: 39_055_580, donor: 2),
      File(name: "151670", figshareID: 39_055_577, donor: 2),
      File(name: "151671", figshareID: 39_055_574, donor: 2),
      File(name: "151672", figshareID: 39_055_571, donor: 2),
      File(name: "151673", figshareID: 39_055_568, donor: 3),
      File(name: "151674", figshareID: 39_055_565, donor: 3),
      File(name: "151675", figshareID: 39_055_562, donor: 3),
      File(name: "151676", figshareID: 39_055_559, donor: 3),
    ])
}
