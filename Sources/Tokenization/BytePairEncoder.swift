// SPDX-License-Identifier: Apache-2.0

/// Byte-pair encoding of one piece of text: starts from the tokens of single bytes and applies the merge of lowest
/// rank, leftmost first, until none applies.
///
/// Neighbours are linked and candidates wait in a heap, so n bytes take O(n log n) however they are merged.
struct BytePairEncoder: Sendable {
  private let merges: MergeTable
  /// The token of each byte, or -1 for a byte without one.
  private let byteTokens: [Int32]
  /// The tokens that a whole piece may be; nil where merges alone make tokens.
  private let wholePieces: TokenIndex?

  /// Memory that encoding uses again from piece to piece.
  struct Workspace {
    fileprivate var tokens: [Int32] = []
    fileprivate var previous: [Int] = []
    fileprivate var next: [Int] = []
    fileprivate var candidates = MinimumHeap()
  }

  /// A byte that the vocabulary has no token for becomes `unknown`, or is left out if there is no such token: what the
  /// reference does with and without its `unk_token`. Real byte-level vocabularies have all 256.
  ///
  /// - Parameter takesWholePieces: whether a piece that is a token is that token, whatever merges would make of it.
  init(merges: MergeTable, index: TokenIndex, unknown: Int32?, takesWholePieces: Bool) {
    self.merges = merges
    wholePieces = takesWholePieces ? index : nil
    byteTokens = (UInt8.min...UInt8.max).map { index.token([$0]) ?? unknown ?? -1 }
  }

  func encode(_ piece: ArraySlice<UInt8>, into result: inout [Int], using work: inout Workspace) {
    if let token = wholePieces?.token(piece) { return result.append(Int(token)) }
    work.tokens.removeAll(keepingCapacity: true)
    for byte in piece where byteTokens[Int(byte)] >= 0 { work.tokens.append(byteTokens[Int(byte)]) }
    if work.tokens.count > 1 { merge(&work) }
    for token in work.tokens where token >= 0 { result.append(Int(token)) }
  }

  /// Merges in place; a token that went into its left neighbour becomes -1.
  private func merge(_ work: inout Workspace) {
    let count = work.tokens.count
    work.previous.removeAll(keepingCapacity: true)
    work.next.removeAll(keepingCapacity: true)
    work.previous.append(contentsOf: -1..<count - 1)
    work.next.append(contentsOf: 1...count)
    for position in 0..<count - 1 { propose(position, position + 1, &work) }

    while let candidate = work.candidates.removeFirst() {
      let left = Int(candidate & 0xFFFF_FFFF)
      let right = work.next[left]
      // Merges since the candidate was proposed may have consumed either side: only the same merge still counts.
      guard
        work.tokens[left] >= 0, right < count,
        let merge = merges[work.tokens[left], work.tokens[right]], UInt64(merge.rank) == candidate >> 32
      else { continue }
      work.tokens[left] = merge.token
      work.tokens[right] = -1
      let following = work.next[right]
      work.next[left] = following
      if following < count {
        work.previous[following] = left
        propose(left, following, &work)
      }
      if work.previous[left] >= 0 { propose(work.previous[left], left, &work) }
    }
  }

  /// Puts a pair with a merge among the candidates: rank in the upper half, position in the lower, so that numbers
  /// compare as merges do. (A piece beyond 4 GiB would miss merges, nothing worse.)
  private func propose(_ left: Int, _ right: Int, _ work: inout Workspace) {
    if let merge = merges[work.tokens[left], work.tokens[right]] {
      work.candidates.insert(UInt64(merge.rank) << 32 | UInt64(left & 0xFFFF_FFFF))
    }
  }
}

/// A binary heap that gives its least number first.
struct MinimumHeap {
  private var items: [UInt64] = []

  mutating func insert(_ item: UInt64) {
    var index = items.count
    items.append(item)
    while index > 0, items[(index - 1) / 2] > item {
      items[index] = items[(index - 1) / 2]
      index = (index - 1) / 2
    }
    items[index] = item
  }

  mutating func removeFirst() -> UInt64? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return first }
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < items.count else { break }
      if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
      guard items[child] < last else { break }
      items[index] = items[child]
      index = child
    }
    items[index] = last
    return first
  }
}
