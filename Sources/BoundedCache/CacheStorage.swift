#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Keys and values as 16-bit floats, each laid out `[layer][head][slot][dimension]`. It moves memory and decides nothing.
struct CacheStorage: ~Copyable {
  let shape: CacheShape
  /// Slots of every head.
  let capacity: Int
  private let keyBase: UnsafeMutablePointer<UInt16>
  private let valueBase: UnsafeMutablePointer<UInt16>

  /// Memory is asked for once, here; pages that are never written cost nothing.
  init(shape: CacheShape, capacity: Int) throws(CacheError) {
    let bytes = shape.bytesPerToken.multipliedSaturating(by: capacity)
    guard bytes < .max, let keys = CacheStorage.allocate(bytes / 2) else {
      throw .cannotAllocate(tokens: capacity, bytes: bytes)
    }
    guard let values = CacheStorage.allocate(bytes / 2) else {
      free(keys)
      throw .cannotAllocate(tokens: capacity, bytes: bytes)
    }
    self.shape = shape
    self.capacity = capacity
    keyBase = keys.assumingMemoryBound(to: UInt16.self)
    valueBase = values.assumingMemoryBound(to: UInt16.self)
  }

  deinit {
    free(keyBase)
    free(valueBase)
  }

  /// Aligned to a cache line; nil where the system refuses, which `UnsafeMutableRawPointer.allocate` would trap on.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, 64, max(bytes, 64)) == 0 ? memory : nil
  }

  func keys(layer: Int, head: Int) -> UnsafeMutablePointer<UInt16> { keyBase + offset(layer: layer, head: head) }

  func values(layer: Int, head: Int) -> UnsafeMutablePointer<UInt16> { valueBase + offset(layer: layer, head: head) }

  private func offset(layer: Int, head: Int) -> Int {
    precondition(layer >= 0 && layer < shape.layers && head >= 0 && head < shape.keyValueHeads, "no such head")
    return (layer * shape.keyValueHeads + head) * capacity * shape.headDimension
  }

  /// Copies the first `count` slots of every head to storage of another capacity.
  func copy(_ count: Int, to other: borrowing CacheStorage) {
    let numbers = count * shape.headDimension
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        other.keys(layer: layer, head: head).update(from: keys(layer: layer, head: head), count: numbers)
        other.values(layer: layer, head: head).update(from: values(layer: layer, head: head), count: numbers)
      }
    }
  }

  /// Closes up one head in place: of the slots from `start`, those in `kept` (ascending, counted from `start`) move
  /// down to stand together, and the `tail` slots that begin at `tailStart` move down behind them.
  func compact(layer: Int, head: Int, start: Int, kept: [Int], tailStart: Int, tail: Int) {
    let keys = keys(layer: layer, head: head)
    let values = values(layer: layer, head: head)
    let dimension = shape.headDimension
    func move(_ count: Int, from source: Int, to target: Int) {
      guard count > 0, source != target else { return }
      (keys + target * dimension).update(from: keys + source * dimension, count: count * dimension)
      (values + target * dimension).update(from: values + source * dimension, count: count * dimension)
    }
    // Neighbours that stay together move together.
    var first = 0
    while first < kept.count {
      var end = first + 1
      while end < kept.count, kept[end] == kept[end - 1] + 1 { end += 1 }
      move(end - first, from: start + kept[first], to: start + first)
      first = end
    }
    move(tail, from: tailStart, to: start + kept.count)
  }

  /// Moves, in one head's vision part from slot `start`, all captions in front of all frames, both in their order.
  func gather(_ runs: [VisionLayout.Run], layer: Int, head: Int, start: Int, captions scratch: inout [UInt16]) {
    for base in [keys(layer: layer, head: head), values(layer: layer, head: head)] {
      let dimension = shape.headDimension
      let first = base + start * dimension
      scratch.removeAll(keepingCapacity: true)
      var source = 0
      for run in runs {
        scratch.append(
          contentsOf: UnsafeBufferPointer(start: first + source * dimension, count: run.captionTokens * dimension))
        source += run.captionTokens + run.frameTokens
      }
      // Frames move up, the last ones first, so that none is overwritten before it has moved.
      var target = source
      for run in runs.reversed() {
        source -= run.frameTokens
        target -= run.frameTokens
        (first + target * dimension).update(from: first + source * dimension, count: run.frameTokens * dimension)
        source -= run.captionTokens
      }
      scratch.withUnsafeBufferPointer { captions in
        if let captions = captions.baseAddress { first.update(from: captions, count: target * dimension) }
      }
    }
  }
}
