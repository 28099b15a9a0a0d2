// SPDX-License-Identifier: Apache-2.0

/// Where everything lies in an offload file: `[header | records of every head | pages of every head]`.
///
/// A page holds `pageTokens` tokens of one head: `[stream indices | patches | keys | values]`, 12 bytes a token and four
/// for each of its dimensions. Its record holds what the ranking needs: page number, checksums and digest. A page of 16
/// tokens of 128 dimensions takes 8,384 + 424 bytes, 551 a token, of which 512 are keys and values.
struct OffloadLayout: Sendable, Equatable {
  let shape: CacheShape
  let pageTokens: Int
  /// Pages that fit for each head.
  let slotsPerHead: Int

  static let headerBytes = 4096
  /// Bytes in front of a record's digest (`OffloadRecord`).
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

/// The parts of one page in memory.
struct PageView {
  let base: UnsafeMutableRawPointer
  let tokens: Int
  let headDimension: Int

  /// - Parameter bytes: `layout.pageBytes` of them.
  init(_ bytes: UnsafeMutableRawBufferPointer, _ layout: OffloadLayout) {
    guard let base = bytes.baseAddress else { preconditionFailure("a page has bytes") }
    self.base = base
    tokens = layout.pageTokens
    headDimension = layout.shape.headDimension
  }

  /// The index of each token's temporal patch in the stream.
  var streamIndices: UnsafeMutablePointer<Int64> { base.assumingMemoryBound(to: Int64.self) }
  /// Each token's patch in its temporal patch.
  var patches: UnsafeMutablePointer<Int32> { (base + 8 * tokens).assumingMemoryBound(to: Int32.self) }
  /// 16-bit floats `[tokens][headDimension]`.
  var keys: UnsafeMutablePointer<UInt16> { (base + 12 * tokens).assumingMemoryBound(to: UInt16.self) }
  /// Laid out like the keys.
  var values: UnsafeMutablePointer<UInt16> { keys + tokens * headDimension }
}

/// Bytes with one owner, all zero at first.
struct OffloadBuffer: ~Copyable {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { bytes.deallocate() }

  /// `count` bytes from an offset.
  func part(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}
