// SPDX-License-Identifier: Apache-2.0

/// The file of the offload tier: evicted keys and values, in pages, for questions about what is long past.
///
/// Every key-value head has pages of its own, because heads evict different tokens. A page is `pageTokens` tokens in
/// the order in which they were evicted, with a digest of its keys. Ranking reads the digests alone, 5 % of the file.
/// Memory holds 40 bytes for each page, and for each head the page that is not yet full and the keys of one temporal
/// patch.
///
/// The file has its whole size from the start. When it is full, pages give way so that those in the file stay spread
/// over all that changed in the stream (`PageThinning`). It serves one stream: opening it empties it. Whatever is read
/// is checked against a checksum. One program at a time can open it.
///
/// An error is final, because the contents are no longer certain: the owner goes on without offload. The object has one
/// owner; `rank`, `choice` and `read` may be called from several threads while nothing changes it.
public final class OffloadFile {
  /// The cache whose tokens it takes.
  public let shape: CacheShape
  /// Tokens in a page.
  public let pageTokens: Int
  /// RoPE of a temporal position.
  public let rotation: RoPEFrequencies
  /// Counts of the tokens appended and the pages written or dropped so far.
  package private(set) var statistics = OffloadStatistics()

  private let layout: OffloadLayout
  /// As `OffloadHeader.origin`.
  private let origin: UInt64
  private let file: LockedFile
  private var directory: OffloadPageIndex
  private var pending: PageWriteBuffer
  private var rotator: RoPERotator
  private var novelty: KeyNovelty
  private let record: OffloadBuffer

  /// Queries whose estimates are in memory at a time.
  private static let queryBlock = 64
  /// Bytes of records that are read at a time.
  private static let recordBlock = 256 << 10

  /// Opens the file or creates it. Pages of an earlier stream are dropped.
  ///
  /// - Parameters:
  ///   - byteCount: the largest size of the file in bytes; its blocks are reserved here.
  ///   - pageTokens: tokens in a page.
  ///   - rotation: RoPE of a temporal position.
  ///   - tag: what else the meaning of a key depends on: the model's fingerprint.
  /// - Throws: `OffloadError`. A file that is not an offload file of this model is never written to.
  public init(
    path: String, byteCount: Int, shape: CacheShape, pageTokens: Int, rotation: RoPEFrequencies, tag: String
  ) throws(OffloadError) {
    layout = try OffloadLayout(shape: shape, pageTokens: pageTokens, byteCount: byteCount)
    file = try LockedFile(path: path)
    origin = OffloadHeader.origin(rotation: rotation, tag: tag)
    try OffloadFile.prepare(file, with: OffloadHeader(layout: layout, origin: origin))
    self.shape = shape
    self.pageTokens = pageTokens
    self.rotation = rotation
    directory = OffloadPageIndex(heads: layout.heads, slotsPerHead: layout.slotsPerHead)
    pending = PageWriteBuffer(layout: layout)
    rotator = RoPERotator(rotation, headDimension: shape.headDimension)
    novelty = KeyNovelty(heads: layout.heads, dimension: shape.headDimension, rotator: rotator)
    record = OffloadBuffer(byteCount: layout.recordBytes)
  }

  /// The same pages in a file of its own.
  ///
  /// - Parameter path: a file that is new, empty or an offload file of this model.
  /// - Throws: `OffloadError`, as opening does, and what reading `other` does.
  init(copying other: OffloadFile, to path: String) throws(OffloadError) {
    layout = other.layout
    shape = other.shape
    pageTokens = other.pageTokens
    rotation = other.rotation
    origin = other.origin
    file = try LockedFile(path: path)
    try OffloadFile.prepare(file, with: OffloadHeader(layout: layout, origin: origin))
    directory = other.directory
    pending = PageWriteBuffer(copying: other.pending)
    (rotator, novelty) = (other.rotator, other.novelty)
    statistics = other.statistics
    record = OffloadBuffer(byteCount: layout.recordBytes)
    let page = OffloadBuffer(byteCount: layout.pageBytes)
    for head in 0..<layout.heads {
      for slot in 0..<layout.slotsPerHead where directory[head, slot].page != 0 {
        for (bytes, offset) in [
          (page.bytes, layout.pageOffset(head: head, slot: slot)),
          (record.bytes, layout.recordOffset(head: head, slot: slot)),
        ] {
          try other.file.read(bytes, at: offset)
          try file.write(UnsafeRawBufferPointer(bytes), at: offset)
        }
      }
    }
  }

  /// Bytes of the file.
  public var byteCount: Int { layout.byteCount }

  /// Pages in the file, of all heads.
  package var pageCount: Int { directory.counts.reduce(0, +) }

  /// Pages of one head in the file.
  func pageCount(layer: Int, head: Int) -> Int { directory.counts[headIndex(layer, head)] }

  /// Whether a page of one head is in the file, and not the one that is filling up.
  func isWhole(page: Int, layer: Int, head: Int) -> Bool { page != pending.page(headIndex(layer, head)) }

  // MARK: Writing

  /// Takes the tokens that one head evicts in a compression, in stream order.
  ///
  /// - Parameters:
  ///   - keys: 16-bit floats `[n][headDimension]`, rotated as they were in the cache.
  ///   - values: 16-bit floats of the same shape.
  ///   - positions: for each token, the temporal position that its key is rotated to.
  /// - Throws: `removed`, `resized`, `unreadable`, `unwritable`.
  package func append(
    layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>, tokens: [OffloadToken], positions: [Int32]
  ) throws(OffloadError) {
    let count = tokens.count * shape.headDimension
    precondition(keys.count == count && values.count == count, "a key and a value for each token")
    precondition(positions.count == tokens.count, "a position for each token")
    let index = headIndex(layer, head)
    try file.check()
    for token in tokens.indices {
      let novelty = novelty.measure(
        keys, row: token, position: positions[token], patch: tokens[token].patch, head: index)
      pending.add(
        tokens[token], position: positions[token], novelty: novelty, keys: keys, values: values, row: token,
        head: index)
      statistics.tokens += 1
      if pending.count(index) == pageTokens { try store(index) }
    }
  }

  /// Moves the tokens whose page is still filling up to their present positions, after positions were re-indexed.
  ///
  /// - Parameter position: the present temporal position of a temporal patch, given by its index in the stream; of an
  ///   evicted one, the position that it would have.
  package func movePending(position: (Int64) -> Int32) {
    for head in 0..<layout.heads { pending.move(head, position: position) }
  }

  /// Empties the file, for another stream.
  package func removeAll() {
    directory.removeAll()
    pending.removeAll()
    novelty.removeAll()
    statistics = OffloadStatistics()
  }

  // MARK: Ranking

  /// The pages of one head that a question attends to most, best first, the page that is filling up included.
  ///
  /// - Parameters:
  ///   - queries: queries `[n][headDimension]`, rotated by RoPE: of all question tokens and all attention heads that
  ///     share this key-value head.
  ///   - limit: the most pages to return.
  ///   - position: as in `movePending`. A page moves as a whole, with its first token.
  /// - Throws: `removed`, `resized`, `unreadable`, `pageDamaged`.
  package func rank(
    layer: Int, head: Int, queries: Span<Float>, limit: Int, position: (Int64) -> Int32
  ) throws(OffloadError) -> [RetrievedPage] {
    precondition(queries.count % shape.headDimension == 0, "whole queries")
    let index = headIndex(layer, head)
    var shares = PageShares(pages: directory.counts[index] + (pending.count(index) > 0 ? 1 : 0))
    guard limit > 0, !shares.shares.isEmpty else { return [] }
    try file.check()
    let count = queries.count / shape.headDimension
    // Estimates are made for a block of queries at a time, so that memory does not grow with the question.
    for first in stride(from: 0, to: count, by: OffloadFile.queryBlock) {
      let last = min(first + OffloadFile.queryBlock, count)
      let block = first * shape.headDimension..<last * shape.headDimension
      var scorer = PageScorer(
        queries: queries.extracting(block), headDimension: shape.headDimension, rotation: rotation)
      var estimates = try estimate(index, scorer: &scorer, position: position)
      shares.add(&estimates, queries: scorer.queryCount)
    }
    var choices: [RetrievedPage] = []
    choices.reserveCapacity(shares.shares.count)
    for (page, share) in zip(pages(index), shares.shares) {
      let shift = position(page.firstStreamIndex) &- page.position
      choices.append(RetrievedPage(page: page.number, score: share / Float(max(count, 1)), shift: shift))
    }
    choices.sort { ($1.score, $0.page) < ($0.score, $1.page) }
    return Array(choices.prefix(limit))
  }

  /// A page that was not ranked, as a choice; nil where it gave way to others.
  package func choice(page: Int, layer: Int, head: Int, position: (Int64) -> Int32) -> RetrievedPage? {
    let index = headIndex(layer, head)
    guard let page = pages(index).first(where: { $0.number == page }) else { return nil }
    return RetrievedPage(page: page.number, score: 0, shift: position(page.firstStreamIndex) &- page.position)
  }

  // MARK: Reading

  /// Reads a page's keys, rotated to their present positions, and its values.
  ///
  /// - Parameters:
  ///   - choice: from `rank` or `choice`, since which the file has not changed.
  ///   - keys: memory for `[pageTokens][headDimension]` 16-bit floats.
  ///   - values: memory of the same size.
  /// - Returns: where the tokens come from: `pageTokens` of them, or fewer for the page that is filling up.
  /// - Throws: `resized`, `unreadable`, `pageDamaged`, which is also thrown for a page that gave way to others.
  package func read(
    _ choice: RetrievedPage, layer: Int, head: Int, keys: UnsafeMutablePointer<UInt16>,
    values: UnsafeMutablePointer<UInt16>
  ) throws(OffloadError) -> [OffloadToken] {
    let index = headIndex(layer, head)
    let memory = OffloadBuffer(byteCount: layout.pageBytes)
    let page = PageView(memory.part(0, layout.pageBytes), layout)
    var rotator = rotator
    let count: Int
    if choice.page == pending.page(index) {
      count = pending.copy(index, to: page, rotator: &rotator)
    } else {
      guard let slot = directory.slot(of: choice.page, head: index) else { throw .pageDamaged(path: file.path) }
      let entry = directory[index, slot]
      let bytes = memory.part(0, layout.pageBytes)
      try file.read(bytes, at: layout.pageOffset(head: index, slot: slot))
      guard PageChecksum.of(UnsafeRawBufferPointer(bytes), seed: seed(index)) == entry.checksum else {
        throw .pageDamaged(path: file.path)
      }
      count = Int(entry.count)
    }
    keys.update(from: page.keys, count: count * shape.headDimension)
    values.update(from: page.values, count: count * shape.headDimension)
    for row in 0..<count where choice.shift != 0 { rotator.rotate(keys + row * shape.headDimension, by: choice.shift) }
    return (0..<count).map { OffloadToken(streamIndex: page.streamIndices[$0], patch: page.patches[$0]) }
  }
}

extension OffloadFile {
  private func headIndex(_ layer: Int, _ head: Int) -> Int {
    precondition((0..<shape.layers).contains(layer) && (0..<shape.keyValueHeads).contains(head), "no such head")
    return layer * shape.keyValueHeads + head
  }

  /// Seed of a head's checksums, beside the bytes. It makes a page of another head invalid here.
  private func seed(_ head: Int) -> UInt64 { UInt64(head) }

  /// Writes the page of a head that has filled up, or drops it where the file is full of pages with higher priorities.
  private func store(_ head: Int) throws(OffloadError) {
    defer { pending.begin(head) }
    let number = pending.page(head)
    let priority = PageThinning.priority(of: number, novelty: pending.novelty(head))
    guard let slot = directory.slot(forPriority: priority, head: head) else {
      statistics.pagesThinned += 1
      return
    }
    if directory[head, slot].page != 0 { statistics.pagesThinned += 1 }
    pending.rotate(head, rotator: &rotator)
    let page = pending.view(head)
    let bytes = UnsafeRawBufferPointer(start: page.base, count: layout.pageBytes)
    let entry = OffloadPageIndex.Entry(
      page: number, firstStreamIndex: pending.firstStreamIndex(head),
      checksum: PageChecksum.of(bytes, seed: seed(head)),
      position: pending.firstPosition(head), count: Int32(pageTokens), priority: priority)
    let record = OffloadPageRecord(bytes: record.part(0, layout.recordBytes))
    PageDigest.make(page.keys, count: pageTokens, headDimension: shape.headDimension, into: record.digest)
    record.set(entry, seed: seed(head))
    try file.write(bytes, at: layout.pageOffset(head: head, slot: slot))
    try file.write(UnsafeRawBufferPointer(record.bytes), at: layout.recordOffset(head: head, slot: slot))
    directory.set(entry, head: head, slot: slot)
    statistics.pagesWritten += 1
  }

  /// The pages of a head, in the order of the file, the one that is filling up at the end.
  private func pages(_ head: Int) -> [(number: Int, firstStreamIndex: Int64, position: Int32)] {
    var pages: [(number: Int, firstStreamIndex: Int64, position: Int32)] = []
    pages.reserveCapacity(directory.counts[head] + 1)
    for slot in 0..<layout.slotsPerHead {
      let entry = directory[head, slot]
      if entry.page != 0 { pages.append((entry.page, entry.firstStreamIndex, entry.position)) }
    }
    if pending.count(head) > 0 {
      pages.append((pending.page(head), pending.firstStreamIndex(head), pending.firstPosition(head)))
    }
    return pages
  }

  /// Each query's estimate for each page, `[page][query]`, in the order of `pages`.
  private func estimate(
    _ head: Int, scorer: inout PageScorer, position: (Int64) -> Int32
  ) throws(OffloadError) -> [Float] {
    var estimates: [Float] = []
    estimates.reserveCapacity((directory.counts[head] + 1) * scorer.queryCount)
    let recordBytes = layout.recordBytes
    let slotBlock = min(max(OffloadFile.recordBlock / recordBytes, 1), layout.slotsPerHead)
    let block = OffloadBuffer(byteCount: slotBlock * recordBytes)
    for first in stride(from: 0, to: layout.slotsPerHead, by: slotBlock) {
      let count = min(slotBlock, layout.slotsPerHead - first)
      guard (first..<first + count).contains(where: { directory[head, $0].page != 0 }) else { continue }
      try file.read(block.part(0, count * recordBytes), at: layout.recordOffset(head: head, slot: first))
      for slot in first..<first + count where directory[head, slot].page != 0 {
        let record = OffloadPageRecord(bytes: block.part((slot - first) * recordBytes, recordBytes))
        let entry = directory[head, slot]
        guard record.entry(seed: seed(head))?.page == entry.page else { throw .pageDamaged(path: file.path) }
        scorer.estimate(record.digest, shift: position(entry.firstStreamIndex) &- entry.position, into: &estimates)
      }
    }
    if pending.count(head) > 0 {
      let memory = OffloadBuffer(byteCount: layout.pageBytes + layout.recordBytes)
      let page = PageView(memory.part(0, layout.pageBytes), layout)
      let digest = OffloadPageRecord(bytes: memory.part(layout.pageBytes, layout.recordBytes)).digest
      var rotator = rotator
      let count = pending.copy(head, to: page, rotator: &rotator)
      PageDigest.make(page.keys, count: count, headDimension: shape.headDimension, into: digest)
      let shift = position(pending.firstStreamIndex(head)) &- pending.firstPosition(head)
      scorer.estimate(digest, shift: shift, into: &estimates)
    }
    return estimates
  }

  /// Writes the header and reserves the file's blocks.
  ///
  /// - Throws: as opening does. A file that may not be written to is left as it is, and a new one removed.
  private static func prepare(_ file: LockedFile, with header: OffloadHeader) throws(OffloadError) {
    try check(file, against: header)
    do throws(OffloadError) {
      // With the header first, a crash from here on leaves a file that can be opened again.
      try write(header, to: file)
      try file.allocate(header.layout.byteCount)
    } catch {
      file.removeIfNew()
      throw error
    }
  }

  /// Checks that a file is new, empty or an offload file of this model, and may be written to.
  ///
  /// - Throws: `foreign`, `headerDamaged`, `otherLayout`, `resized`, `unreadable`.
  private static func check(_ file: LockedFile, against header: OffloadHeader) throws(OffloadError) {
    guard file.byteCount > 0 else { return }
    guard file.byteCount >= OffloadLayout.headerBytes else { throw .foreign(path: file.path) }
    let memory = OffloadBuffer(byteCount: OffloadLayout.headerBytes)
    try file.read(memory.bytes, at: 0)
    switch header.compare(UnsafeRawBufferPointer(memory.bytes)) {
    case .foreign: throw .foreign(path: file.path)
    case .damaged: throw .headerDamaged(path: file.path)
    case .other: throw .otherLayout(path: file.path)
    case .same: return
    }
  }

  private static func write(_ header: OffloadHeader, to file: LockedFile) throws(OffloadError) {
    let memory = OffloadBuffer(byteCount: OffloadLayout.headerBytes)
    header.write(to: memory.bytes)
    try file.write(UnsafeRawBufferPointer(memory.bytes), at: 0)
    try file.synchronize()
  }
}
