/// Guesses from its first bytes what a file is that should have been HDF5.
enum FileSniffer {
  static func describe(_ bytes: [UInt8]) -> String? {
    func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    func starts(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
    if starts([0x1f, 0x8b]) { return "a gzip file (unpack it first: gunzip)" }
    if starts("PK\u{3}\u{4}") { return "a zip archive (unpack it first; a zipped zarr store is not read here)" }
    if starts("BZh") { return "a bzip2 file (unpack it first)" }
    if starts([0xfd, 0x37, 0x7a, 0x58, 0x5a]) { return "an xz file (unpack it first)" }
    if starts([0x28, 0xb5, 0x2f, 0xfd]) { return "a zstd file (unpack it first)" }
    if starts("\u{89}PNG".unicodeScalars.map { UInt8($0.value) }) { return "a PNG image" }
    if starts([0xff, 0xd8, 0xff]) { return "a JPEG image" }
    if starts([0x49, 0x49, 0x2a, 0]) || starts([0x4d, 0x4d, 0, 0x2a]) { return "a TIFF image" }
    if starts("PAR1") { return "a Parquet table" }
    if starts("SQLite format 3") { return "an SQLite database" }
    if starts("RDX") || starts("RDA") || starts("X\n") {
      return "an R data file (write it as h5ad from R, with anndataR or zellkonverter)"
    }
    if starts([0x93] + Array("NUMPY".utf8)) { return "a numpy array (.npy)" }
    if starts("CDF") { return "a classic netCDF file" }
    if starts("%%MatrixMarket") { return "a Matrix Market file (give its folder to stomics preprocess)" }
    if starts("version https://git-lfs") { return "a Git LFS pointer: fetch the file itself (git lfs pull)" }
    if !bytes.isEmpty, bytes.allSatisfy({ $0 == 0 }) { return "a run of zero bytes (an unfinished copy or download?)" }
    return describeText(bytes)
  }

  private static func describeText(_ bytes: [UInt8]) -> String? {
    guard bytes.allSatisfy({ $0 >= 32 || $0 == 9 || $0 == 10 || $0 == 13 }) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let start = text.drop { $0.isWhitespace }
    if start.lowercased().hasPrefix("<!doctype html") || start.lowercased().hasPrefix("<html") {
      return "a web page (was a download link's page saved instead of the file?)"
    }
    if start.hasPrefix("<") { return "an XML or HTML file" }
    if start.hasPrefix("{") || start.hasPrefix("[") { return "a JSON file" }
    let line = text.prefix { !$0.isNewline }
    if line.contains("\t") { return "a tab-separated text file" }
    if line.contains(",") { return "a comma-separated text file (CSV)" }
    return "a text file"
  }
}
