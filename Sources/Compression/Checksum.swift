internal import CDeflate

/// Checksums of bytes in files.
public enum Checksum {
  /// The CRC-32 of gzip, zip and Parquet pages.
  public static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    libdeflate_crc32(0, bytes.baseAddress, bytes.count)
  }
}
