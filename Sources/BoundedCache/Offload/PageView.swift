// SPDX-License-Identifier: Apache-2.0

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
