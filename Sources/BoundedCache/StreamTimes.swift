import Foundation

/// When the vision tokens of every head were seen: for each slot the number of its frame on the rotary timeline.
///
/// The published method never needs it. Endless streams do: positions that grow for ever leave the range that a model
/// was trained on.
struct StreamTimes {
  /// For each layer and head, the frames of its vision slots in stream order.
  private var frames: [[Int32]]
  /// The number of the next frame.
  private(set) var next: Int32 = 0

  init(heads: Int) {
    frames = [[Int32]](repeating: [], count: heads)
  }

  mutating func append(frames count: Int, tokensPerFrame: Int) {
    for _ in 0..<count {
      for head in frames.indices { frames[head].append(contentsOf: repeatElement(next, count: tokensPerFrame)) }
      next &+= 1
    }
  }

  /// Closes up one head: `kept` are the vision slots that stay, ascending.
  mutating func keep(_ kept: [Int], head: Int) {
    for (slot, index) in kept.enumerated() { frames[head][slot] = frames[head][index] }
    frames[head].removeLast(frames[head].count - kept.count)
  }

  mutating func removeAll() {
    for head in frames.indices { frames[head].removeAll(keepingCapacity: true) }
    next = 0
  }

  /// Numbers the frames of which any head still holds a token anew, without gaps.
  ///
  /// - Parameter move: called for each head and slot whose frame's number changed, with the change.
  mutating func compact(_ move: (_ head: Int, _ slot: Int, _ change: Int32) -> Void) {
    var number = [Int32](repeating: 0, count: Int(next))
    for head in frames { for frame in head { number[Int(frame)] = 1 } }
    var count: Int32 = 0
    for frame in number.indices where number[frame] == 1 {
      number[frame] = count
      count += 1
    }
    for head in frames.indices {
      for slot in frames[head].indices {
        let old = frames[head][slot]
        let new = number[Int(old)]
        guard new != old else { continue }
        frames[head][slot] = new
        move(head, slot, new - old)
      }
    }
    next = count
  }
}

/// How a key turns with time: rotary pairs (i, i + half a head) for i below the number of frequencies.
public struct TimeRotation: Sendable, Equatable {
  /// Radians for one step of time, pair by pair.
  public var frequencies: [Double]

  public init(frequencies: [Double]) {
    self.frequencies = frequencies
  }

  /// Turns one key by so many steps.
  func turn(_ key: UnsafeMutablePointer<UInt16>, by steps: Int32, headDimension: Int) {
    let half = headDimension / 2
    for pair in 0..<min(frequencies.count, half) {
      let angle = Double(steps) * frequencies[pair]
      let cosine = Float(cos(angle))
      let sine = Float(sin(angle))
      let first = Float(Float16(bitPattern: key[pair]))
      let second = Float(Float16(bitPattern: key[pair + half]))
      key[pair] = Float16(first * cosine - second * sine).bitPattern
      key[pair + half] = Float16(first * sine + second * cosine).bitPattern
    }
  }
}
