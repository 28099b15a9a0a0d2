// SPDX-License-Identifier: Apache-2.0

/// The page of each head that is filling up, in memory: always one page a head.
///
/// A page collects tokens of several compressions, between which positions may be re-indexed. Each token therefore
/// keeps the position that its key was rotated to beside its present one, and is rotated once, when the page is full.
struct PageWriteBuffer: ~Copyable {
  private let layout: OffloadLayout
  private let memory: OffloadBuffer
  /// For each head and row, the position that the key is rotated to.
  private var rotated: [Int32]
  /// For each head and row, the present position of its temporal patch.
  private var present: [Int32]
  private var counts: [Int]
  /// For each head, the sum over the tokens of its page (`KeyNovelty`).
  private var novelties: [Float]
  private var pages: [Int]

  init(layout: OffloadLayout) {
    self.layout = layout
    memory = OffloadBuffer(byteCount: layout.heads * layout.pageBytes)
    rotated = Array(repeating: 0, count: layout.heads * layout.pageTokens)
    present = rotated
    counts = Array(repeating: 0, count: layout.heads)
    novelties = Array(repeating: 0, count: layout.heads)
    pages = Array(repeating: 1, count: layout.heads)
  }

  /// The same pages in memory of their own.
  init(copying other: borrowing PageWriteBuffer) {
    layout = other.layout
    memory = OffloadBuffer(byteCount: other.memory.bytes.count)
    memory.bytes.copyMemory(from: UnsafeRawBufferPointer(other.memory.bytes))
    (rotated, present) = (other.rotated, other.present)
    (counts, novelties, pages) = (other.counts, other.novelties, other.pages)
  }

  /// Tokens in a head's page.
  func count(_ head: Int) -> Int { counts[head] }

  /// The novelty of a head's page, the sum over its tokens.
  func novelty(_ head: Int) -> Float { novelties[head] }

  /// The number that the page has, or will have.
  func page(_ head: Int) -> Int { pages[head] }

  /// The stream index of the page's first token.
  func firstStreamIndex(_ head: Int) -> Int64 { view(head).streamIndices[0] }

  /// The present position of the page's first token.
  func firstPosition(_ head: Int) -> Int32 { present[head * layout.pageTokens] }

  /// The page as it will be written.
  func view(_ head: Int) -> PageView {
    PageView(memory.part(head * layout.pageBytes, layout.pageBytes), layout)
  }

  /// Adds row `row` of a head's keys and values to its page.
  ///
  /// - Parameters:
  ///   - position: the position that the key is rotated to.
  ///   - novelty: of the key.
  /// - Precondition: the page is not full.
  mutating func add(
    _ token: OffloadToken, position: Int32, novelty: Float, keys: Span<UInt16>, values: Span<UInt16>, row: Int,
    head: Int
  ) {
    let dimension = layout.shape.headDimension
    let target = counts[head]
    precondition(target < layout.pageTokens, "the page has room")
    let page = view(head)
    page.streamIndices[target] = token.streamIndex
    page.patches[target] = token.patch
    keys.withUnsafeBufferPointer { keys in
      guard let key = keys.baseAddress else { return }
      (page.keys + target * dimension).update(from: key + row * dimension, count: dimension)
    }
    values.withUnsafeBufferPointer { values in
      guard let value = values.baseAddress else { return }
      (page.values + target * dimension).update(from: value + row * dimension, count: dimension)
    }
    rotated[head * layout.pageTokens + target] = position
    present[head * layout.pageTokens + target] = position
    novelties[head] += novelty
    counts[head] += 1
  }

  /// Moves a head's tokens to their present positions.
  ///
  /// - Parameter position: the present position of a temporal patch, given by its index in the stream.
  mutating func move(_ head: Int, position: (Int64) -> Int32) {
    let page = view(head)
    for row in 0..<counts[head] { present[head * layout.pageTokens + row] = position(page.streamIndices[row]) }
  }

  /// Rotates the keys to their present positions.
  mutating func rotate(_ head: Int, rotator: inout RoPERotator) {
    rotate(view(head).keys, head: head, rotator: &rotator)
    for row in 0..<counts[head] {
      rotated[head * layout.pageTokens + row] = present[head * layout.pageTokens + row]
    }
  }

  /// Copies a head's page, its keys rotated to their present positions.
  ///
  /// - Returns: its number of tokens.
  func copy(_ head: Int, to other: PageView, rotator: inout RoPERotator) -> Int {
    other.base.copyMemory(from: view(head).base, byteCount: layout.pageBytes)
    rotate(other.keys, head: head, rotator: &rotator)
    return counts[head]
  }

  private func rotate(_ keys: UnsafeMutablePointer<UInt16>, head: Int, rotator: inout RoPERotator) {
    for row in 0..<counts[head] {
      let index = head * layout.pageTokens + row
      let change = present[index] &- rotated[index]
      if change != 0 { rotator.rotate(keys + row * layout.shape.headDimension, by: change) }
    }
  }

  /// Begins the next page.
  mutating func begin(_ head: Int) {
    counts[head] = 0
    novelties[head] = 0
    pages[head] += 1
  }

  mutating func removeAll() {
    for head in counts.indices {
      counts[head] = 0
      novelties[head] = 0
      pages[head] = 1
    }
  }
}
