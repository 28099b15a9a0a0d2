// SPDX-License-Identifier: Apache-2.0

/// A page's record in memory, as it lies in the file:
/// `[own checksum | page number | the page's checksum | first stream index | position, count | digest]`.
struct OffloadPageRecord {
  let bytes: UnsafeMutableRawBufferPointer

  /// The digest, 16-bit floats (`PageDigest`).
  var digest: UnsafeMutablePointer<UInt16> {
    (base + OffloadLayout.recordHeadBytes).assumingMemoryBound(to: UInt16.self)
  }

  private var base: UnsafeMutableRawPointer {
    guard let base = bytes.baseAddress else { preconditionFailure("a record has bytes") }
    return base
  }

  /// Writes everything but the digest, which has to be there already.
  func set(_ entry: OffloadPageIndex.Entry, seed: UInt64) {
    base.storeBytes(of: Int64(entry.page), toByteOffset: 8, as: Int64.self)
    base.storeBytes(of: entry.checksum, toByteOffset: 16, as: UInt64.self)
    base.storeBytes(of: entry.firstStreamIndex, toByteOffset: 24, as: Int64.self)
    base.storeBytes(of: entry.position, toByteOffset: 32, as: Int32.self)
    base.storeBytes(of: entry.count, toByteOffset: 36, as: Int32.self)
    base.storeBytes(of: checksum(seed: seed), as: UInt64.self)
  }

  /// The index entry in the record; nil where the record is damaged, or written with another seed.
  func entry(seed: UInt64) -> OffloadPageIndex.Entry? {
    guard base.loadUnaligned(as: UInt64.self) == checksum(seed: seed) else { return nil }
    return OffloadPageIndex.Entry(
      page: Int(base.loadUnaligned(fromByteOffset: 8, as: Int64.self)),
      firstStreamIndex: base.loadUnaligned(fromByteOffset: 24, as: Int64.self),
      checksum: base.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
      position: base.loadUnaligned(fromByteOffset: 32, as: Int32.self),
      count: base.loadUnaligned(fromByteOffset: 36, as: Int32.self))
  }

  private func checksum(seed: UInt64) -> UInt64 {
    PageChecksum.of(UnsafeRawBufferPointer(rebasing: bytes[8...]), seed: seed)
  }
}
