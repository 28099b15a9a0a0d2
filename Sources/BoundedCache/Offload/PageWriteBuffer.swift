// SPDX-License-Identifier: Apache-2.0

/// The page of each head that is filling up, in memory: one page a head, whatever comes.
///
/// Tokens of several passes meet here, and between passes the timeline may move. Each token therefore keeps the
/// position that its key stands at beside the one where it belongs now, and is turned once, when the page is complete.
struct PageWriteBuffer: ~Copyable {
  private let layout: OffloadLayout
  private let memory: OffloadBuffer
  /// For each head and row, the position of the key as it came.
  private var stood: [Int32]
  /// For each head and row, the position where it belongs now.
  private var belongs: [Int32]
  private var counts: [Int]
  private var pages: [Int]

  init(layout: OffloadLayout) {
    self.layout = layout
    memory = OffloadBuffer(byteCount: layout.heads * layout.pageBytes)
    stood = Array(repeating: 0, count: layout.heads * layout.pageTokens)
    belongs = stood
    counts = Array(repeating: 0, count: layout.heads)
    pages = Array(repeating: 1, count: layout.heads)
  }

  /// Tokens that wait.
  func count(_ head: Int) -> Int { counts[head] }

  /// The number that the page has, or will have.
  func page(_ head: Int) -> Int { pages[head] }

  func firstFrame(_ head: Int) -> Int64 { view(head).frames[0] }

  func firstPosition(_ head: Int) -> Int32 { belongs[head * layout.pageTokens] }

  func view(_ head: Int) -> PageView {
    PageView(memory.part(head * layout.pageBytes, layout.pageBytes), layout)
  }

  /// - Precondition: the page is not full.
  mutating func add(
    _ token: OffloadToken, position: Int32, keys: Span<UInt16>, values: Span<UInt16>, row: Int, head: Int
  ) {
    let dimension = layout.shape.headDimension
    let target = counts[head]
    precondition(target < layout.pageTokens, "the page has room")
    let page = view(head)
    page.frames[target] = token.streamIndex
    page.places[target] = token.place
    keys.withUnsafeBufferPointer { keys in
      guard let key = keys.baseAddress else { return }
      (page.keys + target * dimension).update(from: key + row * dimension, count: dimension)
    }
    values.withUnsafeBufferPointer { values in
      guard let value = values.baseAddress else { return }
      (page.values + target * dimension).update(from: value + row * dimension, count: dimension)
    }
    stood[head * layout.pageTokens + target] = position
    belongs[head * layout.pageTokens + target] = position
    counts[head] += 1
  }

  mutating func move(_ head: Int, place: (Int64) -> Int32) {
    let page = view(head)
    for row in 0..<counts[head] { belongs[head * layout.pageTokens + row] = place(page.frames[row]) }
  }

  /// Turns the keys to where they belong.
  mutating func settle(_ head: Int, rotator: inout RoPERotator) {
    turn(view(head).keys, head: head, rotator: &rotator)
    for row in 0..<counts[head] {
      stood[head * layout.pageTokens + row] = belongs[head * layout.pageTokens + row]
    }
  }

  /// Copies what waits, its keys turned to where they belong.
  ///
  /// - Returns: how many tokens.
  func copy(_ head: Int, to other: PageView, rotator: inout RoPERotator) -> Int {
    other.base.copyMemory(from: view(head).base, byteCount: layout.pageBytes)
    turn(other.keys, head: head, rotator: &rotator)
    return counts[head]
  }

  private func turn(_ keys: UnsafeMutablePointer<UInt16>, head: Int, rotator: inout RoPERotator) {
    for row in 0..<counts[head] {
      let index = head * layout.pageTokens + row
      let change = belongs[index] &- stood[index]
      if change != 0 { rotator.turn(keys + row * layout.shape.headDimension, by: change) }
    }
  }

  /// Begins the next page.
  mutating func begin(_ head: Int) { begin(head, after: pages[head]) }

  /// Begins the page after another.
  mutating func begin(_ head: Int, after page: Int) {
    counts[head] = 0
    pages[head] = page + 1
  }

  mutating func removeAll() {
    for head in counts.indices { begin(head, after: 0) }
  }
}
