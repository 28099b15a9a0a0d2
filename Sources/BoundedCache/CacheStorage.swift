// SPDX-License-Identifier: Apache-2.0

import Compute

/// Keys and values in pages, each group of heads through its own page table. It moves memory and decides nothing.
final class CacheStorage {
  let shape: CacheShape
  let type: KeyValueType
  /// One for each group of heads.
  let tables: [PageTable]
  /// The group of each head, heads of the first layer first.
  let groupOfHead: [Int]
  /// Of each group, slots beyond the sequence that are in use.
  var parkedSlots: [Range<Int>]

  /// Tokens in a page.
  static let pageTokens = 16

  /// Where each head's rows lie in its group's pages, in bytes.
  private let keyOffsets: [Int]
  private let valueOffsets: [Int]
  private let keyBytes: Int
  private let valueBytes: Int
  /// Of keys that are quantized by channel, the ranges: for each head its steps, then its lowest values.
  private let ranges: KeyRanges?
  /// One row in 32 bits.
  private let row: UnsafeMutablePointer<Float>

  /// - Parameters:
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
    keyBytes = type.keyRowBytes(shape.headDimension)
    valueBytes = type.valueRowBytes(shape.headDimension)
    let columnBytes = CacheStorage.pageTokens * (keyBytes + valueBytes)
    var groupOfHead = Array(repeating: 0, count: shape.layers * shape.keyValueHeads)
    var keyOffsets = groupOfHead
    var valueOffsets = groupOfHead
    var tables: [PageTable] = []
    for (group, members) in groups.enumerated() {
      for (column, member) in members.enumerated() {
        let index = member.layer * shape.keyValueHeads + member.head
        groupOfHead[index] = group
        keyOffsets[index] = column * columnBytes
        valueOffsets[index] = column * columnBytes + CacheStorage.pageTokens * keyBytes
      }
      guard
        let table = PageTable(
          pageBytes: members.count.multipliedSaturating(by: columnBytes), leadingPages: leadingPages,
          pages: pages[group])
      else {
        let tokens = (pages.max() ?? 0).multipliedSaturating(by: CacheStorage.pageTokens)
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
    ranges = type == .q4 ? KeyRanges(heads: groupOfHead.count, headDimension: shape.headDimension) : nil
    row = .allocate(capacity: shape.headDimension)
    row.initialize(repeating: 0, count: shape.headDimension)
  }

  deinit { row.deallocate() }

  /// Forgets what it knows of earlier contents.
  func removeAll() { ranges?.removeAll() }

  /// Bytes of all pages.
  var byteCount: Int { tables.reduce(0) { $0 + ($1.pageCount + $1.leadingPages) * $1.pageBytes } }

  /// Gives every group so many pages in its sequence.
  ///
  /// - Returns: false where the system refuses; nothing has changed then.
  func resize(toPages pages: [Int], leadingPages: Int) -> Bool {
    let before = tables.map { (pages: $0.pageCount, leading: $0.leadingPages) }
    for (table, count) in zip(tables, pages) {
      guard table.resize(to: max(count, table.pageCount), leadingPages: max(leadingPages, table.leadingPages)) else {
        // Giving back needs no memory.
        for (table, old) in zip(tables, before) { _ = table.resize(to: old.pages, leadingPages: old.leading) }
        return false
      }
    }
    for (table, count) in zip(tables, pages) { _ = table.resize(to: count, leadingPages: leadingPages) }
    return true
  }

  // MARK: Rows

  /// How the rows are laid out in pages.
  var format: PagedRowFormat {
    PagedRowFormat(type: type, headDimension: shape.headDimension, pageTokens: CacheStorage.pageTokens)
  }

  private func index(layer: Int, head: Int) -> Int {
    precondition(layer >= 0 && layer < shape.layers && head >= 0 && head < shape.keyValueHeads, "no such head")
    return layer * shape.keyValueHeads + head
  }

  /// One head's rows, as attention reads them.
  ///
  /// - Parameters:
  ///   - count: rows that can be seen; those in front included.
  ///   - leadingPages: pages in front of the sequence that can be seen too: the last ones.
  func rows(layer: Int, head: Int, count: Int, leadingPages: Int = 0) -> PagedRows {
    let index = index(layer: layer, head: head)
    return PagedRows(
      pages: UnsafePointer(tables[groupOfHead[index]].sequence - leadingPages), keyOffset: keyOffsets[index],
      valueOffset: valueOffsets[index], count: count, keyRange: ranges.map { UnsafePointer($0.range(of: index)) })
  }

  /// Where a row of the sequence lies; rows below 0 are those in front of it.
  private func page(_ index: Int, slot: Int) -> (page: UnsafeMutableRawPointer, row: Int) {
    let table = tables[groupOfHead[index]]
    let row = slot + table.leadingPages * CacheStorage.pageTokens
    return (table.base[row / CacheStorage.pageTokens], row % CacheStorage.pageTokens)
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
  func store(
    keys: FloatMatrix, values: FloatMatrix, count: Int, layer: Int, head: Int, slot: Int, held: Int, engine: Engine
  ) {
    let index = index(layer: layer, head: head)
    if let ranges, ranges.widen(index, by: keys, head: head, count: count) { repack(index, held: held) }
    let rows = rows(layer: layer, head: head, count: 0)
    engine.store(keys, as: .keys, head: head, count: count, to: rows, slot: slot, format: format)
    engine.store(values, as: .values, head: head, count: count, to: rows, slot: slot, format: format)
  }

  /// One head's rows as 16-bit floats, `[count][headDimension]` each.
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
      KeyValueRow.unpackValue(value(index, slot: slot), into: row, type: type, headDimension: dimension)
      KeyValueRow.packValue(row, into: target, type: .f16, headDimension: dimension)
    }
  }

  private func readKey(_ index: Int, slot: Int, into target: UnsafeMutablePointer<UInt16>) {
    guard type != .f16 else {
      UnsafeMutableRawPointer(target).copyMemory(from: key(index, slot: slot), byteCount: keyBytes)
      return
    }
    unpackKey(index, slot: slot)
    KeyValueRow.packKey(row, into: target, type: .f16, headDimension: shape.headDimension, keyRange: nil)
  }

  /// A key in 32 bits, in `row`.
  private func unpackKey(_ index: Int, slot: Int) {
    KeyValueRow.unpackKey(
      key(index, slot: slot), into: row, type: type, headDimension: shape.headDimension,
      keyRange: ranges.map { UnsafePointer($0.range(of: index)) })
  }

  /// Stores one head's key and value, given as 16-bit floats.
  ///
  /// - Parameter held: slots of the head's sequence that are in use.
  func write(
    layer: Int, head: Int, slot: Int, key: UnsafePointer<UInt16>, value: UnsafePointer<UInt16>, held: Int
  ) {
    let index = index(layer: layer, head: head)
    let dimension = shape.headDimension
    guard type != .f16 else {
      self.key(index, slot: slot).copyMemory(from: key, byteCount: keyBytes)
      self.value(index, slot: slot).copyMemory(from: value, byteCount: valueBytes)
      return
    }
    KeyValueRow.unpackValue(UnsafeRawPointer(value), into: row, type: .f16, headDimension: dimension)
    KeyValueRow.packValue(row, into: self.value(index, slot: slot), type: type, headDimension: dimension)
    KeyValueRow.unpackKey(UnsafeRawPointer(key), into: row, type: .f16, headDimension: dimension, keyRange: nil)
    packKey(index, slot: slot, held: held)
  }

  /// Stores the key in `row`.
  private func packKey(_ index: Int, slot: Int, held: Int) {
    if let ranges, ranges.widen(index, by: row) { repack(index, held: held) }
    KeyValueRow.packKey(
      row, into: key(index, slot: slot), type: type, headDimension: shape.headDimension,
      keyRange: ranges.map { UnsafePointer($0.range(of: index)) })
  }

  /// Turns keys of one head.
  ///
  /// - Parameter held: slots of the head's sequence that are in use.
  func rotateKey(_ head: HeadIndex, slot: Int, by change: Int32, rotator: inout RoPERotator, held: Int) {
    let index = index(layer: head.layer, head: head.head)
    if type == .f16 {
      rotator.turn(key(index, slot: slot).assumingMemoryBound(to: UInt16.self), by: change)
    } else {
      unpackKey(index, slot: slot)
      rotator.turn(row, by: change)
      packKey(index, slot: slot, held: held)
    }
  }

  /// Packs keys anew after their head's range has become wider.
  private func repack(_ index: Int, held: Int) {
    guard let ranges else { return }
    let leading = tables[groupOfHead[index]].leadingPages * CacheStorage.pageTokens
    for slot in -leading..<held { ranges.repack(key(index, slot: slot), head: index) }
    for slot in parkedSlots[groupOfHead[index]] { ranges.repack(key(index, slot: slot), head: index) }
  }

  // MARK: Moving

  /// Moves rows of one head; the two places may overlap.
  func move(_ head: HeadIndex, rows: Int, from source: Int, to target: Int) {
    guard source != target else { return }
    let index = index(layer: head.layer, head: head.head)
    // None is overwritten before it has moved.
    if target < source {
      for row in 0..<rows { copyRow(index, from: source + row, to: target + row) }
    } else {
      for row in (0..<rows).reversed() { copyRow(index, from: source + row, to: target + row) }
    }
  }

  /// Closes up one head in place: of the slots from `start`, those in `kept` (ascending, counted from `start`) move
  /// down to stand together, and the `tail` slots that begin at `textStart` move down behind them.
  func compact(layer: Int, head: Int, start: Int, kept: [Int], textStart: Int, tail: Int) {
    let index = index(layer: layer, head: head)
    for (target, source) in kept.enumerated() where target != source {
      copyRow(index, from: start + source, to: start + target)
    }
    move(HeadIndex(layer: layer, head: head), rows: tail, from: textStart, to: start + kept.count)
  }

  /// Moves, in one head's vision part from slot `start`, all captions in front of all frames, both in their order.
  ///
  /// - Parameter frameTokens: of each run, how many this head holds.
  func gather(
    _ runs: [VisionLayout.Run], layer: Int, head: Int, start: Int, scratch: inout [UInt8]
  ) {
    let index = index(layer: layer, head: head)
    scratch.removeAll(keepingCapacity: true)
    var source = start
    for run in runs {
      for slot in source..<source + run.captionTokens {
        scratch.append(contentsOf: UnsafeRawBufferPointer(start: key(index, slot: slot), count: keyBytes))
        scratch.append(contentsOf: UnsafeRawBufferPointer(start: value(index, slot: slot), count: valueBytes))
      }
      source += run.captionTokens + run.frameTokens
    }
    // Frames move up, the last ones first, so that none is overwritten before it has moved.
    var target = source
    for run in runs.reversed() {
      for _ in 0..<run.frameTokens {
        source -= 1
        target -= 1
        if source != target { copyRow(index, from: source, to: target) }
      }
      source -= run.captionTokens
    }
    scratch.withUnsafeBytes { captions in
      guard var next = captions.baseAddress else { return }
      for slot in start..<target {
        key(index, slot: slot).copyMemory(from: next, byteCount: keyBytes)
        value(index, slot: slot).copyMemory(from: next + keyBytes, byteCount: valueBytes)
        next += keyBytes + valueBytes
      }
    }
  }
}
