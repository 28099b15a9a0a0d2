// SPDX-License-Identifier: Apache-2.0

/// Where frames and their captions lie in the vision part, in every head alike.
///
/// A caption is text that stands before a frame, such as the timestamps of Qwen3-VL. Captions come between the frames;
/// a pass gathers those that stay in front of all frames (attention does not mind: positions are in the keys).
struct VisionLayout {
  /// A caption, or several that were gathered, and the vision tokens after it.
  struct Run: Equatable {
    var captionTokens: Int
    var frameTokens: Int
  }

  struct Caption: Equatable {
    /// The number of the frame that it stands before, as `StreamTimes` counts.
    var frame: Int32
    var tokens: Int
  }

  private(set) var runs: [Run] = []
  private(set) var captions: [Caption] = []
  private(set) var captionTokens = 0

  var longestCaption: Int { captions.reduce(0) { max($0, $1.tokens) } }
  /// True when all captions lie in front of all frames.
  var isGathered: Bool { runs.count <= 1 }

  mutating func appendCaption(tokens: Int, frame: Int32) {
    captionTokens += tokens
    captions.append(Caption(frame: frame, tokens: tokens))
    if runs.last?.frameTokens == 0 {
      runs[runs.count - 1].captionTokens += tokens
    } else {
      runs.append(Run(captionTokens: tokens, frameTokens: 0))
    }
  }

  mutating func appendFrames(tokens: Int) {
    if runs.isEmpty { runs.append(Run(captionTokens: 0, frameTokens: 0)) }
    runs[runs.count - 1].frameTokens += tokens
  }

  /// After the captions were moved to the front, and those of `captions` alone were kept.
  mutating func gather(keeping kept: [Caption], frameTokens: Int) {
    captions = kept
    captionTokens = kept.reduce(0) { $0 + $1.tokens }
    runs = captionTokens + frameTokens > 0 ? [Run(captionTokens: captionTokens, frameTokens: frameTokens)] : []
  }

  /// The captions that a pass keeps: those of the `count` frames of which most is held, the newer ones first among
  /// equals, and those whose frame is still to come.
  ///
  /// - Parameter held: for each frame's number, how many of its tokens are held in all heads together.
  func captions(ofBest count: Int, held: [Int]) -> [Caption] {
    let past = captions.filter { Int($0.frame) < held.count }
    let best = past.sorted { (held[Int($0.frame)], $0.frame) > (held[Int($1.frame)], $1.frame) }.prefix(count)
    let kept = Set(best.filter { held[Int($0.frame)] > 0 }.map(\.frame))
    return captions.filter { Int($0.frame) >= held.count || kept.contains($0.frame) }
  }

  mutating func removeAll() {
    runs = []
    captions = []
    captionTokens = 0
  }
}
