// SPDX-License-Identifier: Apache-2.0

import Compute

/// The offload tier of a cache: evicted tokens go to a file, and pages of them are retrieved for a question.
///
/// Retrieved pages lie in the leading pages of every head, in front of the sequence, and only the text segment attends
/// to them. Each head chooses its own; all heads of a group have the same number.
///
/// When the file fails, offload ends for good: nothing is retrieved from then on, and `failure` says why.
final class OffloadTier {
  let file: OffloadFile
  private(set) var failure: OffloadError?
  /// Retrieved pages that the text segment sees, in the heads of each group.
  private(set) var retrievedPages: [Int]

  /// Layers whose heads have been filled for the present question.
  private var isFilled: [Bool]
  /// The temporal position of each temporal patch while the present question is read.
  private var starts: [Int32] = []
  /// Of each head, the pages that stay from question to question.
  private var hysteresis: [PageHysteresis]
  /// Of each head, the pages in its leading pages, the one next to the sequence first.
  private var resident: [[RetrievedPage]]
  /// One head's rows on their way to the file or back.
  private var keys: [UInt16] = []
  private var values: [UInt16] = []
  private var tokens: [OffloadToken] = []
  private var positions: [Int32] = []
  private var queries: [Float] = []

  /// The newest tokens of a prompt that rank the pages, so that the question counts more than earlier turns.
  private static let rankingTokens = 32

  /// - Parameter groups: groups of heads.
  init(file: OffloadFile, groups: Int) {
    self.file = file
    retrievedPages = Array(repeating: 0, count: groups)
    isFilled = Array(repeating: false, count: file.shape.layers)
    hysteresis = Array(repeating: PageHysteresis(), count: file.shape.heads)
    resident = Array(repeating: [], count: file.shape.heads)
  }

  /// The same pages, retrieved and in a file of its own.
  ///
  /// - Throws: as `OffloadFile.init(copying:to:)`.
  init(copying other: OffloadTier, to path: String) throws(OffloadError) {
    file = try OffloadFile(copying: other.file, to: path)
    failure = other.failure
    retrievedPages = other.retrievedPages
    isFilled = other.isFilled
    starts = other.starts
    hysteresis = other.hysteresis
    resident = other.resident
  }

  private func attempt(_ work: () throws(OffloadError) -> Void) {
    guard failure == nil else { return }
    do { try work() } catch { failure = error }
  }

  // MARK: Eviction

  /// Takes what one head evicts: all rows but those retained.
  ///
  /// - Parameters:
  ///   - rows: the head's vision tokens, `count` of them.
  ///   - retained: the rows that stay, ascending.
  ///   - streamIndices: of each temporal patch's number, its index in the stream.
  ///   - starts: of each temporal patch's number, its temporal position.
  func evict(
    _ head: HeadIndex, rows: RowScratch, count: Int, retained: [Int], origins: HeadTokenOrigins, streamIndices: [Int],
    starts: [Int32]
  ) {
    guard failure == nil else { return }
    let dimension = file.shape.headDimension
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    var next = 0
    for row in 0..<count {
      if next < retained.count, retained[next] == row {
        next += 1
        continue
      }
      let number = Int(origins.temporalPatches[row])
      tokens.append(OffloadToken(streamIndex: Int64(streamIndices[number]), patch: origins.patches[row]))
      positions.append(starts[number])
      keys.append(contentsOf: rows.keys[row * dimension..<(row + 1) * dimension])
      values.append(contentsOf: rows.values[row * dimension..<(row + 1) * dimension])
    }
    let (keys, values) = (keys, values)
    attempt { () throws(OffloadError) in
      try file.append(
        layer: head.layer, head: head.head, keys: keys.span, values: values.span, tokens: tokens, positions: positions)
    }
  }

  /// Takes note that the positions of the vision segment have been re-indexed.
  func moved(to origins: VisionTokenOrigins) {
    let starts = origins.starts
    file.movePending { origins.position(ofStreamIndex: $0, starts: starts) }
  }

  // MARK: Retrieval

  /// Begins the retrieval for a question: makes room for as many pages as every head of a group can fill.
  func beginRetrieval(groups: HeadGroups, limit: Int, origins: VisionTokenOrigins) {
    for (group, members) in groups.members.enumerated() {
      retrievedPages[group] =
        failure == nil ? members.reduce(limit) { min($0, file.pageCount(layer: $1.layer, head: $1.head)) } : 0
    }
    starts = origins.starts
    for layer in isFilled.indices { isFilled[layer] = false }
  }

  /// Lets a question's queries choose, in one layer, the pages that are retrieved for it.
  ///
  /// - Parameters:
  ///   - queries: rows `[count][attention heads · headDimension]`, rotated by RoPE.
  ///   - layout: says how many slots of each head are in use.
  func retrieve(
    layer: Int, queries: FloatMatrix, count: Int, layout: SegmentLayout, origins: VisionTokenOrigins,
    in store: PageStore
  ) {
    guard !retrievedPages.allSatisfy({ $0 == 0 }) else { return }
    for head in 0..<file.shape.keyValueHeads {
      let group = store.group(layer: layer, head: head)
      fill(
        HeadIndex(layer: layer, head: head), in: store, queries: queries, count: count, pages: retrievedPages[group],
        used: layout.count(ofGroup: group),
        position: { [starts] in origins.position(ofStreamIndex: $0, starts: starts) })
      // Pages read for earlier layers are valid. This layer and those after it attend to retained tokens alone.
      guard failure == nil else { return endRetrieval() }
    }
    isFilled[layer] = true
  }

  /// Retrieved pages that the text segment sees in a layer, in the heads of a group.
  func visiblePages(layer: Int, group: Int) -> Int { isFilled[layer] ? retrievedPages[group] : 0 }

  /// Ends the retrieval: retrieved pages are seen no longer.
  func endRetrieval() {
    for group in retrievedPages.indices { retrievedPages[group] = 0 }
    for layer in isFilled.indices { isFilled[layer] = false }
  }

  /// Fills a head's leading pages with those that its queries rank highest.
  ///
  /// - Parameters:
  ///   - pages: how many.
  ///   - used: slots of the head's sequence that are in use.
  ///   - position: the present position of a temporal patch, given by its index in the stream.
  private func fill(
    _ head: HeadIndex, in store: PageStore, queries rows: FloatMatrix, count: Int, pages: Int, used: Int,
    position: (Int64) -> Int32
  ) {
    let index = head.layer * file.shape.keyValueHeads + head.head
    let width = rows.width / file.shape.keyValueHeads
    let first = max(0, count - OffloadTier.rankingTokens)
    rows.copy(rows: first..<count, column: head.head * width, width: width, into: &queries)
    let queries = queries
    attempt { () throws(OffloadError) in
      // The page that is filling up may be ranked, but only whole pages can be attended to.
      let ranked = try file.rank(
        layer: head.layer, head: head.head, queries: queries.span, limit: pages + 1, position: position
      ).filter { file.isWhole(page: $0.page, layer: head.layer, head: head.head) }
      let chosen = hysteresis[index].choose(ranked, limit: pages) { page in
        file.isWhole(page: page, layer: head.layer, head: head.head)
          ? file.choice(page: page, layer: head.layer, head: head.head, position: position) : nil
      }
      try load(chosen, of: head, index: index, in: store, used: used)
    }
  }

  /// Reads chosen pages into a head's leading pages; those that are there already stay where they are.
  private func load(
    _ chosen: [RetrievedPage], of head: HeadIndex, index: Int, in store: PageStore, used: Int
  ) throws(OffloadError) {
    var missing = chosen
    var pages: [RetrievedPage?] = Array(repeating: nil, count: chosen.count)
    for (slot, page) in resident[index].enumerated() where slot < pages.count {
      guard let at = missing.firstIndex(where: { $0.page == page.page && $0.shift == page.shift }) else { continue }
      pages[slot] = missing.remove(at: at)
    }
    let dimension = file.shape.headDimension
    let count = file.pageTokens * dimension
    if keys.count < count { keys = Array(repeating: 0, count: count) }
    if values.count < count { values = Array(repeating: 0, count: count) }
    for slot in pages.indices where pages[slot] == nil {
      guard let page = missing.popLast() else { break }
      try keys.withUnsafeMutableBufferPointer { keys throws(OffloadError) in
        try values.withUnsafeMutableBufferPointer { values throws(OffloadError) in
          guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
          _ = try file.read(page, layer: head.layer, head: head.head, keys: keys, values: values)
          for row in 0..<file.pageTokens {
            store.write(
              layer: head.layer, head: head.head, slot: row - (slot + 1) * file.pageTokens,
              key: keys + row * dimension, value: values + row * dimension, used: used)
          }
        }
      }
      pages[slot] = page
    }
    resident[index] = pages.compactMap(\.self)
  }

  /// Takes note that the leading pages may hold something else now.
  func forgetResident() {
    for index in resident.indices { resident[index] = [] }
  }

  /// Empties the file, for another stream.
  func removeAll() {
    endRetrieval()
    forgetResident()
    for index in hysteresis.indices { hysteresis[index] = PageHysteresis() }
    file.removeAll()
  }
}
