// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Foundation

/// How a stream is laid out before a language model: the text around its frames, and everything's places on the rope
/// timeline. The families of models differ in it.
///
/// | family | text | places |
/// |---|---|---|
/// | Qwen2-VL | a mark before the first frame, one after the last | frames share a start and follow each other by 1 |
/// | Qwen2.5-VL | the same | the same, but by what a frame lasts, in half seconds |
/// | Qwen3-VL | each frame between marks, its time before it | each frame starts where the text before it ends |
/// | LLaVA-OneVision | a line break's vector and a line break after the last frame | a frame's tokens follow each other as text does |
///
/// Sources: `get_rope_index` and the processors of these models in Hugging Face `transformers`.
package struct StreamLayout {
  /// What is read before a frame, and where the frame stands.
  package struct Placement {
    package let caption: [MRoPEPosition]
    package let tokens: [MRoPEPosition]
    /// How far the timeline has moved.
    package let advance: Int
  }

  /// Places on Qwen2.5-VL's timeline for a second of video. Files do not hold it; the published models all have 2.
  private static let placesPerSecond = 2.0
  /// The longest gap between two frames that the timeline shows, in seconds.
  private static let longestFrame = 60.0

  private let family: VisionFamily
  private let visionStart: [Int]
  private let visionEnd: [Int]
  private let encode: (String) -> [Int]
  private var timeline = MRoPEPositions()
  private(set) var hasFrames = false
  /// Where the first caption or frame stands.
  private var start = 0
  /// Places that frames have advanced since `start`, before rounding.
  private var elapsed = 0.0
  private var lastAdvance = 1

  package init(family: VisionFamily, visionStart: [Int], visionEnd: [Int], encode: @escaping (String) -> [Int]) {
    self.family = family
    self.visionStart = visionStart
    self.visionEnd = visionEnd
    self.encode = encode
  }

  // MARK: Text

  /// Positions of text that stands before the stream.
  package mutating func text(_ count: Int) -> [MRoPEPosition] { timeline.text(count) }

  /// What stands before the first frame for good.
  package var opening: [Int] {
    switch family {
    case .qwen2VL, .qwen25VL, .llavaOneVision: visionStart
    case .qwen3VL: []
    }
  }

  /// What stands between the last frame and the words after it.
  package var closing: [Int] { hasFrames ? visionEnd : [] }

  /// The text before the next frame, which comes and goes with it.
  ///
  /// - Parameter seconds: the stream time of the frame, the middle of its pictures'.
  package func caption(at seconds: Double) -> [Int] {
    guard family == .qwen3VL else { return [] }
    return closing + encode("<" + String(format: "%.1f", seconds) + " seconds>") + visionStart
  }

  // MARK: Frames

  /// Frames follow from here on.
  package mutating func begin() {
    start = timeline.textPosition
    timeline.beginVision()
  }

  /// Places of the next frame and of the caption before it.
  ///
  /// - Parameter seconds: how long the frame lasts.
  package mutating func frame(_ grid: GridTHW, caption: Int, lasting seconds: Double) -> Placement {
    hasFrames = true
    switch family {
    case .qwen2VL:
      return Placement(caption: [], tokens: timeline.temporalPatch(height: grid.height, width: grid.width), advance: 1)
    case .qwen25VL:
      let before = elapsed.rounded(.down)
      elapsed += min(max(seconds, 0), Self.longestFrame) * Self.placesPerSecond
      lastAdvance = Int(elapsed.rounded(.down) - before)
      return Placement(
        caption: [], tokens: timeline.temporalPatch(height: grid.height, width: grid.width, advance: lastAdvance),
        advance: lastAdvance)
    case .qwen3VL:
      let first = timeline.textPosition
      let text = timeline.text(caption)
      timeline.beginVision()
      let tokens = timeline.temporalPatch(height: grid.height, width: grid.width)
      timeline.endVision()
      return Placement(caption: text, tokens: tokens, advance: timeline.textPosition - first)
    case .llavaOneVision:
      return Placement(caption: [], tokens: timeline.text(grid.tokenCount), advance: grid.tokenCount)
    }
  }

  /// Where words after the frames go on.
  package var tail: MRoPEPositions {
    var tail = timeline
    if hasFrames { tail.endVision() }
    return tail
  }

  // MARK: Closing gaps

  /// How keys turn when their frame moves on the timeline.
  package static func rotation(of model: DecoderConfiguration, family: VisionFamily) -> RoPEFrequencies {
    switch family {
    case .qwen2VL, .qwen25VL: model.temporalRoPE
    case .qwen3VL, .llavaOneVision: model.textRoPE
    }
  }

  /// Goes on behind frames that were moved together and now take up `length` places.
  package mutating func goOn(after length: Int) {
    switch family {
    case .qwen2VL, .qwen25VL:
      elapsed = Double(length) + elapsed - elapsed.rounded(.down)
      timeline.rewind(toElapsed: length, lastAdvance: lastAdvance)
    case .qwen3VL, .llavaOneVision: timeline.rewind(toText: start + length)
    }
  }
}
