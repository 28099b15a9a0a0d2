// SPDX-License-Identifier: Apache-2.0

import Compute

/// Keys and values in pages, each group of heads through its own page table. It moves memory and decides nothing.
///
/// A row is a token's key or value in one head, stored as `type`. Slots count the rows of a head's sequence; those
/// below 0 are the leading pages, for retrieved tokens:
///
///     | leading pages | sequence: slot 0, 1, 2, … | free | parked text |
///
/// The pages of a group's table hold, one behind the other, `[head of the group][keys, then values][pageTokens]` rows.
/// Keys of type `q4` are quantized by channel, by ranges that all tokens of a head share (`KeyChannelRanges`): when a
/// range grows, all its rows are packed again. Methods that may do so are told how many slots are in use.
final class PageStore {
  let shape: CacheShape
  let type: KeyValueType
  /// How the rows are laid out in pages.
  let format: PagedRowFormat
  /// One for each group of heads.
  let tables: [PageTable]
  /// Of each group, slots of parked text.
  private(set) var parkedSlots: [Range<Int>]

  /// Tokens in a page.
  static let pageTokens = 16

  /// The group of each head, heads of the first layer first.
  private let groupOfHead: [Int]
  /// Where each head's rows lie in its group's pages, in bytes.
  private let keyOffsets: [Int]
  private let valueOffsets: [Int]
  private let keyBytes: Int
  private let valueBytes: Int
  /// Keys whose positions have changed since they were stored: they are rotated when they are read.
  let rotations: KeyRotationTable
  /// Ranges of keys that are quantized by channel; nil for other types.
  private let ranges: KeyChannelRanges?
  /// Forks that are alive.
  private var forks: [WeakFork] = []
  /// One row in 32 bits.
  private let row: UnsafeMutablePointer<Float>
  /// Rows of captions while vision tokens move over their slots.
  private var captionBytes: [UInt8] = []

  /// - Parameters:
  ///   - groups: the heads of each group.
  ///   - pages: of each group's sequence.
  ///   - leadingPages: of every group, in front of the sequence.
  /// - Throws: `cannotAllocate`, `unsupportedType`.
  init(
    shape: CacheShape, type: KeyValueType, groups: [[HeadIndex]], pages: [Int], leadingPages: Int
  ) throws(CacheError) {
    guard type.supports(headDimension: shape.headDimension) else {
      throw .unsupportedType(type, headDimension: shape.headDimension)
    }
    self.shape = shape
    self.type = type
    format = PagedRowFormat(type: type, headDimension: shape.headDimension, pageTokens: PageStore.pageTokens)
    keyBytes = type.keyRowBytes(shape.headDimension)
    valueBytes = type.valueRowBytes(shape.headDimension)
    let columnBytes = PageStore.pageTokens * (keyBytes + valueBytes)
    var groupOfHead = Array(repeating: 0, count: shape.heads)
    var keyOffsets = groupOfHead
    var valueOffsets = groupOfHead
    var tables: [PageTable] = []
    for (group, members) in groups.enumerated() {
      for (column, member) in members.enumerated() {
        let index = member.layer * shape.keyValueHeads + member.head
        groupOfHead[index] = group
        keyOffsets[index] = column * columnBytes
        valueOffsets[index] = column * columnBytes + PageStore.pageTokens * keyBytes
      }
      guard
        let table = PageTable(
          pageBytes: members.count.multipliedSaturating(by: columnBytes), leadingPages: leadingPages,
          pages: pages[group])
      else {
        let tokens = (pages.max() ?? 0).multipliedSaturating(by: PageStore.pageTokens)
        throw .cannotAllocate(
          tokens: tokens, bytes: tokens.multipliedSaturating(by: shape.bytesPerToken(type)))
      }
      tables.append(table)
    }
    self.tables = tables
    self.groupOfHead = groupOfHead
    parkedSlots = Array(repeating: 0..<0, count: groups.count)
    self.keyOffsets = keyOffsets
    self.valueOffsets = valueOffsets
    ranges = type == .q4 ? KeyChannelRanges(heads: groupOfHead.count, headDimension: shape.headDimension) : nil
    rotations = KeyRotationTable(heads: groupOfHead.count, headDimension: shape.headDimension)
    row = .allocate(capacity: shape.headDimension)
    row.initialize(repeating: 0, count: shape.headDimension)
  }

  /// The same keys and values in memory of their own.
  ///
  /// - Parameter used: slots of each group that are in use from the first on; parked text is copied too.
  /// - Throws: `cannotAllocate`.
  init(copying other: PageStore, used: [Int]) throws(CacheError) {
    shape = other.shape
    type = other.type
    format = other.format
    (keyBytes, valueBytes) = (other.keyBytes, other.valueBytes)
    groupOfHead = other.groupOfHead
    (keyOffsets, valueOffsets) = (other.keyOffsets, other.valueOffsets)
    parkedSlots = other.parkedSlots
    tables = other.tables.enumerated().compactMap { group, table in
      PageTable(copying: table, pages: [0..<used[group], other.parkedSlots[group]].map(PageStore.pages(of:)))
    }
    guard tables.count == other.tables.count else {
      throw .cannotAllocate(tokens: other.allocatedSlots.max() ?? 0, bytes: other.byteCount)
    }
    ranges = other.ranges.map { KeyChannelRanges(copying: $0) }
    rotations = KeyRotationTable(copying: other.rotations)
    row = .allocate(capacity: shape.headDimension)
    row.initialize(repeating: 0, count: shape.headDimension)
  }

  deinit { row.deallocate() }

  // MARK: Pages

  /// Pages that hold `tokens` tokens.
  static func pages(for tokens: Int) -> Int {
    tokens / pageTokens + (tokens % pageTokens == 0 ? 0 : 1)
  }

  /// Pages that hold some of the slots.
  private static func pages(of slots: Range<Int>) -> Range<Int> {
    slots.isEmpty ? 0..<0 : slots.lowerBound / pageTokens..<pages(for: slots.upperBound)
  }

  /// Bytes of all pages.
  var byteCount: Int { tables.reduce(0) { $0 + ($1.pageCount + $1.leadingPages) * $1.pageBytes } }

  /// Slots of each group's sequence that memory has been allocated for.
  var allocatedSlots: [Int] { tables.map { $0.pageCount * PageStore.pageTokens } }

  /// Pages in front of every group's sequence.
  var leadingPages: Int { tables.first?.leadingPages ?? 0 }

  /// Allocates or frees pages until every group has as many in its sequence as given.
  ///
  /// - Returns: false where the system refuses; nothing has changed then.
  func resize(toPages pages: [Int], leadingPages: Int) -> Bool {
    let before = tables.map { (pages: $0.pageCount, leading: $0.leadingPages) }
    // The system may grant each table what it would refuse for all of them.
    let added = zip(tables, pages).reduce(0) { sum, table in
      let missing = max(table.1 - table.0.pageCount, 0).addingSaturating(max(leadingPages - table.0.leadingPages, 0))
      return sum.addingSaturating(missing.multipliedSaturating(by: table.0.pageBytes))
    }
    guard PageRuns.isAvailable(added) else { return false }
    for (table, count) in zip(tables, pages) {
      guard table.resize(to: max(count, table.pageCount), leadingPages: max(leadingPages, table.leadingPages)) else {
        // Freeing needs no memory.
        for (table, old) in zip(tables, before) { _ = table.resize(to: old.pages, leadingPages: old.leading) }
        return false
      }
    }
    for (table, count) in zip(tables, pages) { _ = table.resize(to: count, leadingPages: leadingPages) }
    return true
  }

  /// Takes note that the last `rows` of each group's slots hold parked text.
  func markParked(_ rows: Int, slots: [Int]) {
    for (group, end) in slots.enumerated() { parkedSlots[group] = end - rows..<end }
  }

  /// Forgets the ranges and rotations of earlier keys.
  func removeAll() {
    ranges?.removeAll()
    rotations.removeAll()
  }

  /// Takes note of a fork, whose keys are packed again with the others of their heads.
  func add(_ fork: ForkPages) {
    forks.removeAll { $0.pages == nil }
    forks.append(WeakFork(pages: fork))
  }

  private struct WeakFork {
    weak var pages: ForkPages?
  }

  // MARK: Rows

  /// The group of a head.
  func group(layer: Int, head: Int) -> Int { groupOfHead[index(layer: layer, head: head)] }

  /// The group of a head, given as its number in all layers.
  func group(ofHead index: Int) -> Int { groupOfHead[index] }

  /// A head's number, heads of the first layer first.
  private func index(layer: Int, head: Int) -> Int {
    precondition(layer >= 0 && layer < shape.layers && head >= 0 && head < shape.keyValueHeads, "no such head")
    return layer * shape.keyValueHeads + head
  }

  /// One head's rows, as attention reads them.
  ///
  /// - Parameters:
  ///   - count: rows that are attended to, those of leading pages included.
  ///   - leadingPages: how many of the leading pages are attended to: the last ones.
  ///   - fork: whose rows; nil for the cached ones.
  func rows(layer: Int, head: Int, count: Int, leadingPages: Int = 0, in fork: ForkPages? = nil) -> PagedRows {
    let index = index(layer: layer, head: head)
    let group = groupOfHead[index]
    let sequence = fork?.sequence(ofGroup: group) ?? tables[group].sequence
    return PagedRows(
      pages: UnsafePointer(sequence - leadingPages), keyOffset: keyOffsets[index],
      valueOffset: valueOffsets[index], count: count, keyRange: ranges.map { UnsafePointer($0.range(of: index)) },
      rotatedRows: rotations.rows(head: index, from: leadingPages * PageStore.pageTokens))
  }

  private func page(_ index: Int, slot: Int) -> (page: UnsafeMutableRawPointer, row: Int) {
    let table = tables[groupOfHead[index]]
    let row = slot + table.leadingPages * PageStore.pageTokens
    return (table.base[row / PageStore.pageTokens], row % PageStore.pageTokens)
  }

  private func key(_ index: Int, slot: Int) -> UnsafeMutableRawPointer {
    let (page, row) = page(index, slot: slot)
    return page + keyOffsets[index] + row * keyBytes
  }

  private func value(_ index: Int, slot: Int) -> UnsafeMutableRawPointer {
    let (page, row) = page(index, slot: slot)
    return page + valueOffsets[index] + row * valueBytes
  }

  private func copyRow(_ index: Int, from source: Int, to target: Int) {
    key(index, slot: target).copyMemory(from: key(index, slot: source), byteCount: keyBytes)
    value(index, slot: target).copyMemory(from: value(index, slot: source), byteCount: valueBytes)
  }

  // MARK: Reading and writing

  /// Stores one head's part of freshly computed keys and values.
  ///
  /// - Parameters:
  ///   - keys: rows `[count][keyValueHeads · headDimension]`; values of the same shape.
  ///   - slot: the first of `count` slots; those in front of it are in use.
  ///   - fork: whose tokens they are; nil for tokens of the cache.
  func store(
    keys: FloatMatrix, values: FloatMatrix, count: Int, layer: Int, head: Int, slot: Int, in fork: ForkPages? = nil,
    engine: Engine
  ) {
    let index = index(layer: layer, head: head)
    if let ranges, ranges.widen(index, by: keys, head: head, count: count) {
      repack(index, used: fork?.cachedSlots[groupOfHead[index]] ?? slot)
    }
    let rows = rows(layer: layer, head: head, count: 0, in: fork)
    engine.store(keys, as: .keys, head: head, count: count, to: rows, slot: slot, format: format)
    engine.store(values, as: .values, head: head, count: count, to: rows, slot: slot, format: format)
  }

  /// Reads one head's rows as 16-bit floats, `[slots][headDimension]` each, the keys at their present positions.
  func read(
    layer: Int, head: Int, slots: Range<Int>, keys: UnsafeMutablePointer<UInt16>, values: UnsafeMutablePointer<UInt16>
  ) {
    let index = index(layer: layer, head: head)
    let dimension = shape.headDimension
    for (offset, slot) in slots.enumerated() {
      readKey(index, slot: slot, into: keys + offset * dimension)
      let target = values + offset * dimension
      guard type != .f16 else {
        UnsafeMutableRawPointer(target).copyMemory(from: value(index, slot: slot), byteCount: valueBytes)
        continue
      }
      KeyValueQuantization.dequantizeValue(value(index, slot: slot), into: row, type: type, headDimension: dimension)
      KeyValueQuantization.quantizeValue(row, into: target, type: .f16, headDimension: dimension)
    }
  }

  private func readKey(_ index: Int, slot: Int, into target: UnsafeMutablePointer<UInt16>) {
    guard type != .f16 || rotations.isRotated(head: index, row: slot) else {
      UnsafeMutableRawPointer(target).copyMemory(from: key(index, slot: slot), byteCount: keyBytes)
      return
    }
    KeyValueQuantization.dequantizeKey(
      key(index, slot: slot), into: row, type: type, headDimension: shape.headDimension,
      keyRange: ranges.map { UnsafePointer($0.range(of: index)) })
    rotations.rotate(row, head: index, row: slot)
    KeyValueQuantization.quantizeKey(row, into: target, type: .f16, headDimension: shape.headDimension, keyRange: nil)
  }

  /// Stores one head's key and value, given as 16-bit floats `[headDimension]`.
  ///
  /// - Parameter used: slots of the head's sequence that are in use.
  func write(
    layer: Int, head: Int, slot: Int, key: UnsafePointer<UInt16>, value: UnsafePointer<UInt16>, used: Int
  ) {
    let index = index(layer: layer, head: head)
    let dimension = shape.headDimension
    guard type != .f16 else {
      self.key(index, slot: slot).copyMemory(from: key, byteCount: keyBytes)
      self.value(index, slot: slot).copyMemory(from: value, byteCount: valueBytes)
      return
    }
    KeyValueQuantization.dequantizeValue(UnsafeRawPointer(value), into: row, type: .f16, headDimension: dimension)
    KeyValueQuantization.quantizeValue(row, into: self.value(index, slot: slot), type: type, headDimension: dimension)
    KeyValueQuantization.dequantizeKey(
      UnsafeRawPointer(key), into: row, type: .f16, headDimension: dimension, keyRange: nil)
    if let ranges, ranges.widen(index, by: row) { repack(index, used: used) }
    KeyValueQuantization.quantizeKey(
      row, into: self.key(index, slot: slot), type: type, headDimension: dimension,
      keyRange: ranges.map { UnsafePointer($0.range(of: index)) })
  }

  /// Packs keys again after their head's range has grown.
  private func repack(_ index: Int, used: Int) {
    guard let ranges else { return }
    let leading = tables[groupOfHead[index]].leadingPages * PageStore.pageTokens
    for slot in -leading..<used { ranges.repack(key(index, slot: slot), head: index) }
    for slot in parkedSlots[groupOfHead[index]] { ranges.repack(key(index, slot: slot), head: index) }
    for fork in forks.compactMap(\.pages) {
      let (sequence, tokens) = (fork.sequence(ofGroup: groupOfHead[index]), PageStore.pageTokens)
      for slot in fork.ownSlots(ofGroup: groupOfHead[index]) {
        let page = sequence[slot / tokens]
        ranges.repack(page + keyOffsets[index] + slot % tokens * keyBytes, head: index)
      }
    }
  }

  // MARK: Moving

  /// Moves rows of one head; source and target may overlap.
  func move(_ head: HeadIndex, rows: Int, from source: Int, to target: Int) {
    guard source != target else { return }
    let index = index(layer: head.layer, head: head.head)
    // In the order in which no row is overwritten before it has moved.
    if target < source {
      for row in 0..<rows { copyRow(index, from: source + row, to: target + row) }
    } else {
      for row in (0..<rows).reversed() { copyRow(index, from: source + row, to: target + row) }
    }
  }

  /// Closes the gaps that evicted rows leave in one head.
  ///
  /// - Parameters:
  ///   - start: the first slot of `count` from which rows are evicted.
  ///   - retained: the slots that stay, ascending, counted from `start`.
  ///   - following: rows behind those `count` slots that move down with them.
  func compact(_ head: HeadIndex, start: Int, count: Int, retaining retained: [Int], following: Int) {
    let index = index(layer: head.layer, head: head.head)
    for (target, source) in retained.enumerated() where target != source {
      copyRow(index, from: start + source, to: start + target)
    }
    move(head, rows: following, from: start + count, to: start + retained.count)
  }

  /// Moves, in one head's vision segment, all captions in front of all vision tokens, both in their order.
  ///
  /// - Parameters:
  ///   - runs: what lies from slot `start` on, in this head.
  ///   - start: the first slot of the vision segment.
  func gatherCaptions(_ runs: [CaptionLayout.Run], of head: HeadIndex, start: Int) {
    let index = index(layer: head.layer, head: head.head)
    captionBytes.removeAll(keepingCapacity: true)
    var source = start
    for run in runs {
      for slot in source..<source + run.captionTokens {
        captionBytes.append(contentsOf: UnsafeRawBufferPointer(start: key(index, slot: slot), count: keyBytes))
        captionBytes.append(contentsOf: UnsafeRawBufferPointer(start: value(index, slot: slot), count: valueBytes))
      }
      source += run.captionTokens + run.visionTokens
    }
    // Vision tokens move up, the last ones first, so that none is overwritten before it has moved.
    var target = source
    for run in runs.reversed() {
      for _ in 0..<run.visionTokens {
        source -= 1
        target -= 1
        if source != target { copyRow(index, from: source, to: target) }
      }
      source -= run.captionTokens
    }
    captionBytes.withUnsafeBytes { captions in
      guard var next = captions.baseAddress else { return }
      for slot in start..<target {
        key(index, slot: slot).copyMemory(from: next, byteCount: keyBytes)
        value(index, slot: slot).copyMemory(from: next + keyBytes, byteCount: valueBytes)
        next += keyBytes + valueBytes
      }
    }
  }
}
