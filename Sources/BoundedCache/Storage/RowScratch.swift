// SPDX-License-Identifier: Apache-2.0

/// Keys and values of one head as 16-bit floats, in memory that is reused from head to head.
final class RowScratch {
  /// `[rows][headDimension]`, and older rows behind.
  private(set) var keys: [UInt16] = []
  /// Laid out like the keys.
  private(set) var values: [UInt16] = []

  /// Calls `body` with the first `count` values of keys and values.
  func withSpans(_ count: Int, _ body: (_ keys: Span<UInt16>, _ values: Span<UInt16>) -> Void) {
    keys.withUnsafeBufferPointer { keys in
      values.withUnsafeBufferPointer { values in
        body(keys.extracting(0..<count).span, values.extracting(0..<count).span)
      }
    }
  }

  /// Fills both from one head's slots.
  func read(_ store: PageStore, _ head: HeadIndex, slots: Range<Int>) {
    let count = slots.count * store.shape.headDimension
    if keys.count < count {
      keys = Array(repeating: 0, count: count)
      values = Array(repeating: 0, count: count)
    }
    keys.withUnsafeMutableBufferPointer { keys in
      values.withUnsafeMutableBufferPointer { values in
        guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
        store.read(layer: head.layer, head: head.head, slots: slots, keys: keys, values: values)
      }
    }
  }
}
