// SPDX-License-Identifier: Apache-2.0

/// The offload tier's file: keys and values that passes gave up, in pages, for questions about what is long past.
///
/// Every key-value head has pages of its own, since heads give up different tokens. A page is `pageTokens` tokens in
/// the order in which they were given up, with a digest of its keys. Ranking reads nothing but the digests, 2 to 3 % of
/// the file; nothing is kept in memory but 32 bytes a page and the one page of each head that is not yet full.
///
/// The file has its whole size from the start and never another. When it is full, pages give way so that those held
/// stay spread over the whole stream (`OffloadDirectory`). A page's checksum is written after the page and covers it;
/// what a crash leaves half written is not a page. Everything read is checked. One program at a time has the file.
///
/// An error is final: what is held is no longer sure. Whoever owns this object lets go of it and goes on without
/// offload. It has one owner. `rank`, `choice` and `read` may be called from several threads while nothing changes it.
public final class OffloadFile {
  public let shape: CacheShape
  public let pageTokens: Int
  public let rotation: RoPEFrequencies
  public private(set) var statistics = OffloadStatistics()

  private let layout: OffloadLayout
  private let disk: OffloadDisk
  private let origin: UInt64
  private var generation: UInt64
  private var directory: OffloadDirectory
  private var waiting: PageWriteBuffer
  private var rotator: RoPERotator
  private let record: OffloadBuffer

  private static let queriesAtOnce = 64
  private static let bytesAtOnce = 256 << 10

  /// Opens the file, or makes it. Pages of an earlier run belong to another stream: the file is emptied, unless told.
  ///
  /// - Parameters:
  ///   - byteCount: the most that the file may take on disk; it is reserved here.
  ///   - pageTokens: tokens in a page.
  ///   - rotation: how keys turn with what advances from frame to frame.
  ///   - tag: what else must be the same for keys to mean the same: the model's fingerprint.
  ///   - keepingPages: keeps the whole pages of an earlier run, whose file must have the same size.
  /// - Throws: what stands in the way. A file that is not a offload file of this model is never written to.
  public init(
    path: String, byteCount: Int, shape: CacheShape, pageTokens: Int, rotation: RoPEFrequencies, tag: String,
    keepingPages: Bool = false
  ) throws(OffloadError) {
    layout = try OffloadLayout(shape: shape, pageTokens: pageTokens, byteCount: byteCount)
    origin = OffloadHeader.origin(rotation: rotation, tag: tag)
    disk = try OffloadDisk(path: path)
    var header = OffloadHeader(layout: layout, origin: origin, generation: UInt64.random(in: 1 ... .max))
    let kept = try OffloadFile.check(disk, against: header)
    if keepingPages, let kept {
      guard kept.slotsPerHead == UInt64(layout.slotsPerHead) else { throw .otherLayout(path: path) }
      header = OffloadHeader(layout: layout, origin: origin, generation: kept.generation)
    }
    generation = header.generation
    do throws(OffloadError) {
      // A crash from here on leaves a file that is known as ours.
      try OffloadFile.write(header, to: disk)
      try disk.allocate(layout.byteCount)
    } catch {
      disk.removeIfNew()
      throw error
    }
    self.shape = shape
    self.pageTokens = pageTokens
    self.rotation = rotation
    directory = OffloadDirectory(heads: layout.heads, slotsPerHead: layout.slotsPerHead)
    waiting = PageWriteBuffer(layout: layout)
    rotator = RoPERotator(rotation, headDimension: shape.headDimension)
    record = OffloadBuffer(byteCount: layout.recordBytes)
    if keepingPages, kept != nil { try readDirectory() }
  }

  /// Bytes that the file takes on disk.
  public var byteCount: Int { layout.byteCount }

  /// Pages held in the file, of all heads.
  public var pageCount: Int { directory.held.reduce(0, +) }

  /// Whole pages of one head that are held.
  func pageCount(layer: Int, head: Int) -> Int { directory.held[headIndex(layer, head)] }

  /// Whether a page of one head that was offered is full, and not the one that is filling up.
  func isWhole(page: Int, layer: Int, head: Int) -> Bool { page != waiting.page(headIndex(layer, head)) }

  /// The most pages that the file can hold, of all heads.
  public var pageCapacity: Int { layout.heads * layout.slotsPerHead }

  // MARK: Writing

  /// Takes in tokens that one head gives up in a pass, in stream order.
  ///
  /// - Parameters:
  ///   - keys: 16-bit floats `[n][headDimension]`, rotated as they were in the cache; values likewise.
  ///   - positions: for each token, where its frame stands on the rope timeline now.
  public func append(
    layer: Int, head: Int, keys: Span<UInt16>, values: Span<UInt16>, tokens: [OffloadToken], positions: [Int32]
  ) throws(OffloadError) {
    let numbers = tokens.count * shape.headDimension
    precondition(keys.count == numbers && values.count == numbers, "a key and a value for each token")
    precondition(positions.count == tokens.count, "a position for each token")
    let index = headIndex(layer, head)
    try disk.check()
    for token in tokens.indices {
      waiting.add(tokens[token], position: positions[token], keys: keys, values: values, row: token, head: index)
      statistics.tokens += 1
      if waiting.count(index) == pageTokens { try store(index) }
    }
  }

  /// Tells that frames moved on the rope timeline: the tokens that wait for their page to fill up move along.
  ///
  /// - Parameter place: where a frame of the stream belongs now; for one of which nothing is held, where it would.
  public func moveWaiting(place: (Int64) -> Int32) {
    for head in 0..<layout.heads { waiting.move(head, place: place) }
  }

  /// Waits until all pages in the file are on the disk. Tokens that wait for their page to fill up stay in memory.
  public func flush() throws(OffloadError) { try disk.synchronize() }

  /// Empties the file, for another stream.
  public func removeAll() throws(OffloadError) {
    generation = UInt64.random(in: 1 ... .max)
    directory.removeAll()
    waiting.removeAll()
    statistics = OffloadStatistics()
    try OffloadFile.write(OffloadHeader(layout: layout, origin: origin, generation: generation), to: disk)
  }

  // MARK: Ranking

  /// The pages of one head that matter most to a question, best first, the page that is filling up included.
  ///
  /// - Parameters:
  ///   - queries: rotated queries `[n][headDimension]`: of all question tokens and all query heads of the group.
  ///   - limit: the most pages wanted.
  ///   - place: where a frame of the stream belongs on today's timeline, as in `moveWaiting`. A page moves as a whole,
  ///     with its first frame.
  public func rank(
    layer: Int, head: Int, queries: Span<Float>, limit: Int, place: (Int64) -> Int32
  ) throws(OffloadError) -> [RetrievedPage] {
    precondition(queries.count % shape.headDimension == 0, "whole queries")
    let index = headIndex(layer, head)
    var shares = PageShares(pages: directory.held[index] + (waiting.count(index) > 0 ? 1 : 0))
    guard limit > 0, !shares.shares.isEmpty else { return [] }
    try disk.check()
    let count = queries.count / shape.headDimension
    // Estimates are held for some queries at a time, so that memory does not grow with the question.
    for first in stride(from: 0, to: count, by: OffloadFile.queriesAtOnce) {
      let last = min(first + OffloadFile.queriesAtOnce, count)
      let numbers = first * shape.headDimension..<last * shape.headDimension
      var scorer = PageScorer(
        queries: queries.extracting(numbers), headDimension: shape.headDimension, rotation: rotation)
      var estimates = try estimate(index, scorer: &scorer, place: place)
      shares.add(&estimates, queries: scorer.queryCount)
    }
    var choices: [RetrievedPage] = []
    choices.reserveCapacity(shares.shares.count)
    for (position, page) in heldPages(index).enumerated() {
      let score = shares.shares[position] / Float(max(count, 1))
      choices.append(RetrievedPage(page: page.number, score: score, shift: place(page.firstFrame) &- page.position))
    }
    choices.sort { ($1.score, $0.page) < ($0.score, $1.page) }
    return Array(choices.prefix(limit))
  }

  /// A page that is held, as a choice that was not ranked; nil when it gave way to others.
  public func choice(page: Int, layer: Int, head: Int, place: (Int64) -> Int32) -> RetrievedPage? {
    let index = headIndex(layer, head)
    guard let page = heldPages(index).first(where: { $0.number == page }) else { return nil }
    return RetrievedPage(page: page.number, score: 0, shift: place(page.firstFrame) &- page.position)
  }

  // MARK: Reading

  /// Copies a page's keys, turned to where they belong today, and its values.
  ///
  /// - Parameters:
  ///   - choice: from a ranking, or `choice(page:layer:head:place:)`, since which the file has not changed.
  ///   - keys: room for `pageTokens` rows of 16-bit floats; values likewise.
  /// - Returns: where the tokens come from: `pageTokens` of them, or fewer for the page that is filling up.
  /// - Throws: `pageDamaged` also for a page that is not held.
  public func read(
    _ choice: RetrievedPage, layer: Int, head: Int, keys: UnsafeMutablePointer<UInt16>,
    values: UnsafeMutablePointer<UInt16>
  ) throws(OffloadError) -> [OffloadToken] {
    let index = headIndex(layer, head)
    let memory = OffloadBuffer(byteCount: layout.pageBytes)
    let page = PageView(memory.part(0, layout.pageBytes), layout)
    var rotator = rotator
    let count: Int
    if choice.page == waiting.page(index) {
      count = waiting.copy(index, to: page, rotator: &rotator)
    } else {
      guard let slot = directory.slot(of: choice.page, head: index) else { throw .pageDamaged(path: disk.path) }
      let entry = directory[index, slot]
      let bytes = memory.part(0, layout.pageBytes)
      try disk.read(bytes, at: layout.pageOffset(head: index, slot: slot))
      guard PageChecksum.of(UnsafeRawBufferPointer(bytes), seed: seed(index)) == entry.checksum else {
        throw .pageDamaged(path: disk.path)
      }
      count = Int(entry.count)
    }
    let numbers = count * shape.headDimension
    keys.update(from: page.keys, count: numbers)
    values.update(from: page.values, count: numbers)
    for row in 0..<count where choice.shift != 0 { rotator.turn(keys + row * shape.headDimension, by: choice.shift) }
    return (0..<count).map { OffloadToken(streamIndex: page.frames[$0], place: page.places[$0]) }
  }
}

extension OffloadFile {
  private func headIndex(_ layer: Int, _ head: Int) -> Int {
    precondition((0..<shape.layers).contains(layer) && (0..<shape.keyValueHeads).contains(head), "no such head")
    return layer * shape.keyValueHeads + head
  }

  /// What a head's checksums depend on beside the bytes: a record of another run, or another head, is not valid here.
  private func seed(_ head: Int) -> UInt64 { generation &+ UInt64(head) }

  /// Writes the page of a head that has filled up, or drops it where the file is full of pages that go before it.
  private func store(_ head: Int) throws(OffloadError) {
    defer { waiting.begin(head) }
    let number = waiting.page(head)
    guard let slot = directory.slot(for: number, head: head) else {
      statistics.pagesThinned += 1
      return
    }
    if directory[head, slot].page != 0 { statistics.pagesThinned += 1 }
    waiting.settle(head, rotator: &rotator)
    let page = waiting.view(head)
    let bytes = UnsafeRawBufferPointer(start: page.base, count: layout.pageBytes)
    let entry = OffloadDirectory.Entry(
      page: number, firstFrame: waiting.firstFrame(head), checksum: PageChecksum.of(bytes, seed: seed(head)),
      position: waiting.firstPosition(head), count: Int32(pageTokens))
    let record = OffloadRecord(bytes: record.part(0, layout.recordBytes))
    PageDigest.make(page.keys, count: pageTokens, headDimension: shape.headDimension, into: record.digest)
    record.set(entry, seed: seed(head))
    try disk.write(bytes, at: layout.pageOffset(head: head, slot: slot))
    try disk.write(UnsafeRawBufferPointer(record.bytes), at: layout.recordOffset(head: head, slot: slot))
    directory.set(entry, head: head, slot: slot)
    statistics.pagesWritten += 1
  }

  /// The pages of a head, in the order of the file, the one that is filling up at the end.
  private func heldPages(_ head: Int) -> [(number: Int, firstFrame: Int64, position: Int32)] {
    var pages: [(number: Int, firstFrame: Int64, position: Int32)] = []
    pages.reserveCapacity(directory.held[head] + 1)
    for slot in 0..<layout.slotsPerHead {
      let entry = directory[head, slot]
      if entry.page != 0 { pages.append((entry.page, entry.firstFrame, entry.position)) }
    }
    if waiting.count(head) > 0 {
      pages.append((waiting.page(head), waiting.firstFrame(head), waiting.firstPosition(head)))
    }
    return pages
  }

  /// Each query's estimate for each page, `[page][query]`, in the order of `heldPages`.
  private func estimate(
    _ head: Int, scorer: inout PageScorer, place: (Int64) -> Int32
  ) throws(OffloadError) -> [Float] {
    var estimates: [Float] = []
    estimates.reserveCapacity((directory.held[head] + 1) * scorer.queryCount)
    let recordBytes = layout.recordBytes
    let slotsAtOnce = min(max(OffloadFile.bytesAtOnce / recordBytes, 1), layout.slotsPerHead)
    let block = OffloadBuffer(byteCount: slotsAtOnce * recordBytes)
    for first in stride(from: 0, to: layout.slotsPerHead, by: slotsAtOnce) {
      let count = min(slotsAtOnce, layout.slotsPerHead - first)
      guard (first..<first + count).contains(where: { directory[head, $0].page != 0 }) else { continue }
      try disk.read(block.part(0, count * recordBytes), at: layout.recordOffset(head: head, slot: first))
      for slot in first..<first + count where directory[head, slot].page != 0 {
        let record = OffloadRecord(bytes: block.part((slot - first) * recordBytes, recordBytes))
        let entry = directory[head, slot]
        guard record.entry(seed: seed(head))?.page == entry.page else { throw .pageDamaged(path: disk.path) }
        scorer.estimate(record.digest, shift: place(entry.firstFrame) &- entry.position, into: &estimates)
      }
    }
    if waiting.count(head) > 0 {
      let memory = OffloadBuffer(byteCount: layout.pageBytes + layout.recordBytes)
      let page = PageView(memory.part(0, layout.pageBytes), layout)
      let digest = OffloadRecord(bytes: memory.part(layout.pageBytes, layout.recordBytes)).digest
      var rotator = rotator
      let count = waiting.copy(head, to: page, rotator: &rotator)
      PageDigest.make(page.keys, count: count, headDimension: shape.headDimension, into: digest)
      let shift = place(waiting.firstFrame(head)) &- waiting.firstPosition(head)
      scorer.estimate(digest, shift: shift, into: &estimates)
    }
    return estimates
  }

  /// What an existing file says of itself; nil for a new or empty one. Throws for one that is not ours to write to.
  private static func check(
    _ disk: OffloadDisk, against header: OffloadHeader
  ) throws(OffloadError) -> (slotsPerHead: UInt64, generation: UInt64)? {
    guard disk.byteCount > 0 else { return nil }
    guard disk.byteCount >= OffloadLayout.headerBytes else { throw .foreign(path: disk.path) }
    let memory = OffloadBuffer(byteCount: OffloadLayout.headerBytes)
    try disk.read(memory.bytes, at: 0)
    switch header.compare(UnsafeRawBufferPointer(memory.bytes)) {
    case .foreign: throw .foreign(path: disk.path)
    case .damaged: throw .headerDamaged(path: disk.path)
    case .other: throw .otherLayout(path: disk.path)
    case .same(let slotsPerHead, let generation): return (slotsPerHead, generation)
    }
  }

  private static func write(_ header: OffloadHeader, to disk: OffloadDisk) throws(OffloadError) {
    let memory = OffloadBuffer(byteCount: OffloadLayout.headerBytes)
    header.write(to: memory.bytes)
    try disk.write(UnsafeRawBufferPointer(memory.bytes), at: 0)
    try disk.synchronize()
  }

  /// Takes up the pages of an earlier run that are whole.
  private func readDirectory() throws(OffloadError) {
    let page = OffloadBuffer(byteCount: layout.pageBytes)
    for head in 0..<layout.heads {
      var last = 0
      for slot in 0..<layout.slotsPerHead {
        try disk.read(record.bytes, at: layout.recordOffset(head: head, slot: slot))
        guard let entry = OffloadRecord(bytes: record.bytes).entry(seed: seed(head)), entry.page > 0,
          (1...pageTokens).contains(Int(entry.count))
        else { continue }
        try disk.read(page.bytes, at: layout.pageOffset(head: head, slot: slot))
        guard PageChecksum.of(UnsafeRawBufferPointer(page.bytes), seed: seed(head)) == entry.checksum else { continue }
        directory.set(entry, head: head, slot: slot)
        last = max(last, entry.page)
      }
      waiting.begin(head, after: last)
    }
  }
}
