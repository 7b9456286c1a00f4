internal import CHDF5
import Glibc

/// Reads a contiguous dataset's bytes past the library.
enum RawFile {
  /// Fills `bytes` with the dataset's storage; with zeros where none was ever written.
  static func read(_ dataset: H5Dataset, into bytes: UnsafeMutableRawBufferPointer) throws {
    let count = bytes.count
    let (offset, descriptor) = try H5Library.locked { () -> (haddr_t, Int32) in
      var file: UnsafeMutableRawPointer?
      try dataset.check(
        H5Fget_vfd_handle(dataset.context.handle.id, hid_t(H5P_DEFAULT), &file), "find the file of")
      guard let file else { throw dataset.failure("find the file of") }
      let offset = H5Dget_offset(dataset.handle.id)
      H5Eclear2(hid_t(H5E_DEFAULT))
      return (offset, file.load(as: Int32.self))
    }
    if offset == stomics_haddr_undef() {
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    guard let start = Int(exactly: offset), start <= dataset.fileSize - count, dataset.storedBytes >= count else {
      throw H5Error.implausibleSize(
        path: dataset.path, claim: "\(count) bytes at \(offset)", fileSize: dataset.fileSize, file: dataset.file)
    }
    guard pread(descriptor, bytes.baseAddress, count, off_t(start)) == count else {
      throw H5Error.damaged(path: dataset.path, detail: "its data end early", file: dataset.file)
    }
  }
}
