/// When the vision tokens of every head were seen: for each slot the number of its frame, for each frame its place on
/// the rotary timeline.
///
/// The published method never needs it. Endless streams do: positions that grow for ever leave the range that a model
/// was trained on.
struct StreamTimes {
  /// For each layer and head, the frames' numbers of its vision slots in stream order.
  private var frames: [[Int32]]
  /// How far the timeline advances with each frame, in positions.
  private var advances: [Int32] = []
  /// Positions that all frames take up.
  private(set) var length: Int32 = 0

  /// The number of the next frame.
  var next: Int32 { Int32(advances.count) }

  init(heads: Int) {
    frames = [[Int32]](repeating: [], count: heads)
  }

  mutating func append(frames count: Int, tokensPerFrame: Int, advance: Int32) {
    for _ in 0..<count {
      let number = next
      for head in frames.indices { frames[head].append(contentsOf: repeatElement(number, count: tokensPerFrame)) }
      advances.append(advance)
      length &+= advance
    }
  }

  /// Closes up one head: `kept` are the vision slots that stay, ascending.
  mutating func keep(_ kept: [Int], head: Int) {
    for (slot, index) in kept.enumerated() { frames[head][slot] = frames[head][index] }
    frames[head].removeLast(frames[head].count - kept.count)
  }

  mutating func removeAll() {
    for head in frames.indices { frames[head].removeAll(keepingCapacity: true) }
    advances.removeAll(keepingCapacity: true)
    length = 0
  }

  /// For each frame's number, how many of its tokens are held in all heads together.
  func heldTokens() -> [Int] {
    var held = [Int](repeating: 0, count: advances.count)
    for head in frames { for frame in head { held[Int(frame)] += 1 } }
    return held
  }

  /// Numbers the frames of which any head still holds a token anew, without gaps, and moves them together.
  ///
  /// - Parameter move: called for each head and slot whose frame moved, with the change of its positions.
  /// - Returns: for each old number, the new one and the change of its positions; nil for frames that are gone.
  mutating func compact(
    _ move: (_ head: Int, _ slot: Int, _ change: Int32) -> Void
  ) -> [(number: Int32, change: Int32)?] {
    let held = heldTokens()
    var moves: [(number: Int32, change: Int32)?] = []
    var kept: [Int32] = []
    var before: Int32 = 0
    var after: Int32 = 0
    for (frame, advance) in advances.enumerated() {
      if held[frame] > 0 {
        moves.append((Int32(kept.count), after &- before))
        kept.append(advance)
        after &+= advance
      } else {
        moves.append(nil)
      }
      before &+= advance
    }
    for head in frames.indices {
      for slot in frames[head].indices {
        guard let (number, change) = moves[Int(frames[head][slot])] else { continue }
        frames[head][slot] = number
        if change != 0 { move(head, slot, change) }
      }
    }
    advances = kept
    length = after
    return moves
  }
}
