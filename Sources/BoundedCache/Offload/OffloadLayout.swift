// SPDX-License-Identifier: Apache-2.0

/// Where everything lies in an offload file: `[header | records of every head | pages of every head]`.
///
/// A page holds `pageTokens` tokens of one head: `[stream indices | patches | keys | values]`, 12 bytes a token and
/// four for each of its dimensions. Its record holds what the ranking needs: page number, checksums and digest. A page
/// of 16 tokens of 128 dimensions takes 8,384 + 424 bytes, 551 a token, of which 512 are keys and values.
struct OffloadLayout: Sendable, Equatable {
  let shape: CacheShape
  let pageTokens: Int
  /// Pages that fit for each head.
  let slotsPerHead: Int

  static let headerBytes = 4096
  /// Bytes in front of a record's digest (`OffloadPageRecord`).
  static let recordHeadBytes = 40

  /// The largest layout that fits in `byteCount` bytes.
  ///
  /// - Throws: `invalidShape`, `tooSmall`.
  init(shape: CacheShape, pageTokens: Int, byteCount: Int) throws(OffloadError) {
    let bytesPerToken = shape.bytesPerToken
    guard bytesPerToken > 0, bytesPerToken < .max, shape.headDimension % 2 == 0, (1...1 << 16).contains(pageTokens)
    else { throw .invalidShape(shape, pageTokens: pageTokens) }
    self.shape = shape
    self.pageTokens = pageTokens
    let perSlot = OffloadLayout.recordBytes(shape) + OffloadLayout.pageBytes(shape, pageTokens)
    let heads = shape.heads
    let perRound = perSlot.multipliedSaturating(by: heads)
    // Pages begin at a block of the disk.
    let overhead = 2 * OffloadLayout.headerBytes
    guard perRound < .max - overhead else { throw .invalidShape(shape, pageTokens: pageTokens) }
    guard byteCount >= perRound + overhead else { throw .tooSmall(byteCount: byteCount, least: perRound + overhead) }
    slotsPerHead = (byteCount - overhead) / perRound
  }

  var heads: Int { shape.heads }
  var recordBytes: Int { OffloadLayout.recordBytes(shape) }
  var pageBytes: Int { OffloadLayout.pageBytes(shape, pageTokens) }

  /// Bytes of the whole file, at most those of the initializer.
  var byteCount: Int { firstPage + heads * slotsPerHead * pageBytes }

  func recordOffset(head: Int, slot: Int) -> Int {
    OffloadLayout.headerBytes + (head * slotsPerHead + slot) * recordBytes
  }

  func pageOffset(head: Int, slot: Int) -> Int { firstPage + (head * slotsPerHead + slot) * pageBytes }

  private var firstPage: Int {
    let end = OffloadLayout.headerBytes + heads * slotsPerHead * recordBytes
    return (end + OffloadLayout.headerBytes - 1) / OffloadLayout.headerBytes * OffloadLayout.headerBytes
  }

  private static func recordBytes(_ shape: CacheShape) -> Int {
    (recordHeadBytes + 2 * PageDigest.count(headDimension: shape.headDimension) + 7) / 8 * 8
  }

  private static func pageBytes(_ shape: CacheShape, _ pageTokens: Int) -> Int {
    (pageTokens * (12 + 4 * shape.headDimension) + 7) / 8 * 8
  }
}
