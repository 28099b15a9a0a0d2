// SPDX-License-Identifier: Apache-2.0

import Compute

/// One head's keys and values in 16 bits, in memory that is used again from head to head.
final class RowScratch {
  private(set) var keys: [UInt16] = []
  private(set) var values: [UInt16] = []

  /// Hands out the first `count` numbers of both.
  func withNumbers(_ count: Int, _ body: (_ keys: Span<UInt16>, _ values: Span<UInt16>) -> Void) {
    keys.withUnsafeBufferPointer { keys in
      values.withUnsafeBufferPointer { values in
        body(keys.extracting(0..<count).span, values.extracting(0..<count).span)
      }
    }
  }

  /// Fills both from one head's slots.
  func read(_ storage: CacheStorage, _ head: HeadIndex, slots: Range<Int>) {
    let numbers = slots.count * storage.shape.headDimension
    if keys.count < numbers {
      keys = Array(repeating: 0, count: numbers)
      values = Array(repeating: 0, count: numbers)
    }
    keys.withUnsafeMutableBufferPointer { keys in
      values.withUnsafeMutableBufferPointer { values in
        guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
        storage.read(layer: head.layer, head: head.head, slots: slots, keys: keys, values: values)
      }
    }
  }
}

extension KeyValueCache {
  /// Tokens in a page of the cache's memory.
  public static var pageTokens: Int { CacheStorage.pageTokens }

  /// How rows are laid out in pages.
  var rowFormat: PagedRowFormat { storage.format }

  private func group(layer: Int, head: Int) -> Int {
    storage.groupOfHead[layer * shape.keyValueHeads + head]
  }

  /// Stores the keys and values of appended tokens in every head of a layer (`KVAppend.store`).
  func store(keys: FloatMatrix, values: FloatMatrix, layer: Int, for append: KVAppend, engine: Engine) {
    precondition(append.revision == revision, "the cache has changed since these slots were claimed")
    for head in 0..<shape.keyValueHeads {
      let slot = self.count(ofGroup: group(layer: layer, head: head)) - append.remaining
      storage.store(
        keys: keys, values: values, count: append.count, layer: layer, head: head, slot: slot, held: slot,
        engine: engine)
    }
  }

  /// One head's rows as attention reads them for one of the appended tokens (`KVAppend.rows`).
  func rows(layer: Int, head: Int, for append: KVAppend, token: Int) -> PagedRows {
    precondition(append.revision == revision, "the cache has changed since these slots were claimed")
    let remaining = append.remaining - token
    let group = group(layer: layer, head: head)
    let pages = isRetrieved[layer] ? retrievedPages[group] : 0
    return storage.rows(
      layer: layer, head: head,
      count: pages * CacheStorage.pageTokens + count(ofGroup: group) - remaining + 1, leadingPages: pages)
  }

  /// How the work of decoding with a layer is shared out among threads; made once for a number of threads and a budget.
  func attentionPlan(layer: Int, workers: Int) -> AttentionPlan {
    if plans.isEmpty || plans[0].workerCount != workers {
      plans = (0..<shape.layers).map { layer in
        let budgets = (0..<shape.keyValueHeads).map { head in capacities[group(layer: layer, head: head)] }
        return AttentionPlan(budgets: budgets, workers: workers)
      }
    }
    return plans[layer]
  }

  /// One head's keys, a row of 16-bit floats for each token held, as attention sees them.
  package func keyRows(layer: Int, head: Int) -> [[UInt16]] { read(layer: layer, head: head).keys }

  /// One head's values, alike.
  package func valueRows(layer: Int, head: Int) -> [[UInt16]] { read(layer: layer, head: head).values }

  private func read(layer: Int, head: Int) -> (keys: [[UInt16]], values: [[UInt16]]) {
    let held = count(ofGroup: group(layer: layer, head: head))
    let dimension = shape.headDimension
    scratch.read(storage, HeadIndex(layer: layer, head: head), slots: 0..<held)
    func rows(_ numbers: [UInt16]) -> [[UInt16]] {
      (0..<held).map { Array(numbers[$0 * dimension..<($0 + 1) * dimension]) }
    }
    return (rows(scratch.keys), rows(scratch.values))
  }

  /// Stores one head's key and value of the token that is `remaining` from the end, given as 16-bit floats.
  package func write(_ key: [UInt16], _ value: [UInt16], layer: Int, head: Int, remaining: Int) {
    let slot = count(ofGroup: group(layer: layer, head: head)) - remaining
    key.withUnsafeBufferPointer { key in
      value.withUnsafeBufferPointer { value in
        guard let key = key.baseAddress, let value = value.baseAddress else { return }
        storage.write(layer: layer, head: head, slot: slot, key: key, value: value, held: slot)
      }
    }
  }
}
