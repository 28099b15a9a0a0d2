// SPDX-License-Identifier: Apache-2.0

/// Where captions lie among the vision tokens: in every head the same, but for the length of the first run.
///
/// A caption is text in front of a temporal patch, such as the timestamps of Qwen3-VL. It is appended in front of its
/// temporal patch. Compression moves the captions that it retains in front of all vision tokens:
///
///     appended     | caption 0 | patch 0 | caption 1 | patch 1 | caption 2 | patch 2 |
///     compressed   | caption 0 | caption 2 | retained tokens of patches 0 … 2 |
///
/// Attention gives the same result, because the position of a token is in its key and not in its slot.
struct CaptionLayout {
  /// A caption, or several that were gathered, and the vision tokens behind it.
  struct Run: Equatable {
    var captionTokens: Int
    var visionTokens: Int
  }

  struct Caption: Equatable {
    /// The number of the temporal patch that it precedes, as `VisionTokenOrigins` counts.
    var temporalPatch: Int32
    var tokens: Int
    /// Positions by which it has moved since its keys were stored.
    var change: Int32 = 0
  }

  private(set) var runs: [Run] = []
  private(set) var captions: [Caption] = []
  /// Tokens of all captions.
  private(set) var tokens = 0

  /// Tokens of the longest caption.
  var longest: Int { captions.reduce(0) { max($0, $1.tokens) } }
  /// True where all captions lie in front of all vision tokens.
  var isGathered: Bool { runs.count <= 1 }

  mutating func append(tokens count: Int, temporalPatch: Int32) {
    tokens += count
    captions.append(Caption(temporalPatch: temporalPatch, tokens: count))
    if runs.last?.visionTokens == 0 {
      runs[runs.count - 1].captionTokens += count
    } else {
      runs.append(Run(captionTokens: count, visionTokens: 0))
    }
  }

  mutating func appendVision(tokens count: Int) {
    if runs.isEmpty { runs.append(Run(captionTokens: 0, visionTokens: 0)) }
    runs[runs.count - 1].visionTokens += count
  }

  /// After the captions were moved to the front, and all but `retained` evicted.
  mutating func gather(retaining retained: [Caption], visionTokens: Int) {
    captions = retained
    tokens = retained.reduce(0) { $0 + $1.tokens }
    runs = tokens + visionTokens > 0 ? [Run(captionTokens: tokens, visionTokens: visionTokens)] : []
  }

  /// The captions that a compression retains: those of the `count` temporal patches with the most cached tokens, the
  /// newer one first among equals, and those whose temporal patch is still to come.
  ///
  /// - Parameter cached: for each temporal patch's number, its tokens that are cached in all heads together.
  func captions(ofBest count: Int, cached: [Int]) -> [Caption] {
    let past = captions.filter { Int($0.temporalPatch) < cached.count }
    let best = past.sorted {
      (cached[Int($0.temporalPatch)], $0.temporalPatch) > (cached[Int($1.temporalPatch)], $1.temporalPatch)
    }.prefix(count)
    let retained = Set(best.filter { cached[Int($0.temporalPatch)] > 0 }.map(\.temporalPatch))
    return captions.filter { Int($0.temporalPatch) >= cached.count || retained.contains($0.temporalPatch) }
  }
}
