// SPDX-License-Identifier: Apache-2.0

import Compute

/// The offload tier of a cache: what passes give up goes to a file, and pages of it come back while a question is read.
///
/// When the file fails, offload is over for good: nothing comes back from then on, and `failure` says why.
final class OffloadTier {
  let file: OffloadFile
  private(set) var failure: OffloadError?
  /// Of each head, the pages that stay from question to question.
  private var steady: [PageHysteresis]
  /// Of each head, what lies in its leading pages, the one next to the sequence first.
  private var resident: [[RetrievedPage]]
  /// One head's rows on their way to the file or back.
  private var keys: [UInt16] = []
  private var values: [UInt16] = []
  private var tokens: [OffloadToken] = []
  private var positions: [Int32] = []
  private var queries: [Float] = []

  /// The newest tokens of a question that rank the pages: the question itself more than what was said before it.
  private static let rankingTokens = 32

  init(file: OffloadFile) {
    self.file = file
    let heads = file.shape.layers * file.shape.keyValueHeads
    steady = Array(repeating: PageHysteresis(), count: heads)
    resident = Array(repeating: [], count: heads)
  }

  private func attempt(_ work: () throws(OffloadError) -> Void) {
    guard failure == nil else { return }
    do { try work() } catch { failure = error }
  }

  // MARK: Giving up

  /// Takes what one head gives up: all rows of `rows` but those kept.
  ///
  /// - Parameters:
  ///   - kept: the rows that stay, ascending.
  ///   - starts: where each frame stands on the rope timeline.
  func archive(
    _ head: HeadIndex, rows: RowScratch, count: Int, kept: [Int], origins: TokenOrigins, streamIndices: [Int],
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
      if next < kept.count, kept[next] == row {
        next += 1
        continue
      }
      let frame = Int(origins.frames[row])
      tokens.append(OffloadToken(streamIndex: Int64(streamIndices[frame]), place: origins.places[row]))
      positions.append(starts[frame])
      keys.append(contentsOf: rows.keys[row * dimension..<(row + 1) * dimension])
      values.append(contentsOf: rows.values[row * dimension..<(row + 1) * dimension])
    }
    let (keys, values) = (keys, values)
    attempt { () throws(OffloadError) in
      try file.append(
        layer: head.layer, head: head.head, keys: keys.span, values: values.span, tokens: tokens, positions: positions)
    }
  }

  /// Tells that frames have moved on the rope timeline.
  func moved(place: (Int64) -> Int32) { file.moveWaiting(place: place) }

  // MARK: Coming back

  /// Whole pages that every head of a group can get back.
  func pages(of members: [HeadIndex], limit: Int) -> Int {
    guard failure == nil else { return 0 }
    return members.reduce(limit) { min($0, file.pageCount(layer: $1.layer, head: $1.head)) }
  }

  /// Fills a head's leading pages with those that its queries rank highest.
  ///
  /// - Parameters:
  ///   - rows: rotated queries of all attention heads, a row for each token.
  ///   - pages: how many.
  ///   - held: rows of the head's sequence.
  ///   - place: where a frame of the stream belongs on today's timeline.
  /// - Returns: false where the file failed.
  func fill(
    _ head: HeadIndex, of storage: CacheStorage, queries rows: FloatMatrix, count: Int, pages: Int, held: Int,
    place: (Int64) -> Int32
  ) -> Bool {
    let index = head.layer * file.shape.keyValueHeads + head.head
    let width = rows.width / file.shape.keyValueHeads
    let first = max(0, count - OffloadTier.rankingTokens)
    rows.copy(rows: first..<count, column: head.head * width, width: width, into: &queries)
    let queries = queries
    attempt { () throws(OffloadError) in
      // The page that is still filling up may be offered, and is none that can be shown whole.
      let ranked = try file.rank(
        layer: head.layer, head: head.head, queries: queries.span, limit: pages + 1, place: place
      ).filter { file.isWhole(page: $0.page, layer: head.layer, head: head.head) }
      let chosen = steady[index].choose(ranked, limit: pages) { page in
        file.isWhole(page: page, layer: head.layer, head: head.head)
          ? file.choice(page: page, layer: head.layer, head: head.head, place: place) : nil
      }
      try show(chosen, of: head, index: index, in: storage, held: held)
    }
    return failure == nil
  }

  /// Writes chosen pages into a head's leading pages; those that lie there already stay where they are.
  private func show(
    _ chosen: [RetrievedPage], of head: HeadIndex, index: Int, in storage: CacheStorage, held: Int
  ) throws(OffloadError) {
    var coming = chosen
    var places: [RetrievedPage?] = Array(repeating: nil, count: chosen.count)
    for (place, held) in resident[index].enumerated() where place < places.count {
      guard let at = coming.firstIndex(where: { $0.page == held.page && $0.shift == held.shift }) else { continue }
      places[place] = coming.remove(at: at)
    }
    let dimension = file.shape.headDimension
    let numbers = file.pageTokens * dimension
    if keys.count < numbers { keys = Array(repeating: 0, count: numbers) }
    if values.count < numbers { values = Array(repeating: 0, count: numbers) }
    for place in places.indices where places[place] == nil {
      guard let choice = coming.popLast() else { break }
      try keys.withUnsafeMutableBufferPointer { keys throws(OffloadError) in
        try values.withUnsafeMutableBufferPointer { values throws(OffloadError) in
          guard let keys = keys.baseAddress, let values = values.baseAddress else { return }
          _ = try file.read(choice, layer: head.layer, head: head.head, keys: keys, values: values)
          for row in 0..<file.pageTokens {
            storage.write(
              layer: head.layer, head: head.head, slot: row - (place + 1) * file.pageTokens,
              key: keys + row * dimension, value: values + row * dimension, held: held)
          }
        }
      }
      places[place] = choice
    }
    resident[index] = places.compactMap(\.self)
  }

  /// Says that the leading pages may hold something else now.
  func forgetResident() {
    for index in resident.indices { resident[index] = [] }
  }

  /// Empties the file, for another stream.
  func removeAll() {
    forgetResident()
    for index in steady.indices { steady[index] = PageHysteresis() }
    attempt { () throws(OffloadError) in try file.removeAll() }
  }
}
