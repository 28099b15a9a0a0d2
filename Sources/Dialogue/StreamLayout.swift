// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Foundation

/// How a stream is laid out for a language model: the text around its temporal patches, and the RoPE positions of
/// everything. The families of models differ in it.
///
/// | family | text | positions |
/// |---|---|---|
/// | Qwen2-VL | a marker before the first patch, one after the last | patches share a start and follow each other by 1 |
/// | Qwen2.5-VL | the same | the same, but by what a patch lasts, in half seconds |
/// | Qwen3-VL | each patch between markers, its time before it | each patch starts where the text before it ends |
/// | SmolVLM | an introduction, each frame between markers, its time before it | tokens follow each other as text does |
/// | LFM2-VL | the same, its time as `mm:ss`, without an introduction | the same |
/// | MiniCPM-V 4.6 | the number of the image or video before it, each frame between markers | the same |
/// | LLaVA-OneVision | an image newline and a line break after the last patch | tokens follow each other as text does |
///
/// Sources: `get_rope_index` and the processors of these models in Hugging Face `transformers`.
package struct StreamLayout {
  /// The positions of a temporal patch and of the caption before it.
  package struct Positions {
    /// A position for each token of the caption; empty for a model without captions.
    package let caption: [MRoPEPosition]
    /// A position for each vision token, row by row.
    package let patch: [MRoPEPosition]
    /// How far the timeline has moved.
    package let advance: Int
  }

  /// The prompt between the last patch and the words after it.
  package struct VisionEnd {
    /// Up to the text.
    package let tokens: [Int]
    /// Text right before the words, which is tokenized together with them.
    package let text: String
  }

  /// Positions on Qwen2.5-VL's timeline for a second of video. Files do not say it; the published models all have 2.
  private static let positionsPerSecond = 2.0
  /// The longest gap between two patches that the timeline shows, in seconds.
  private static let longestPatch = 60.0

  private let family: VisionFamily
  /// White space before the stream.
  private let visionLead: [Int]
  private let visionStartMarker: [Int]
  private let videoEnd: VisionEnd
  /// Tokens that introduce a video, before its first frame.
  private let introduction: [Int]
  /// Tokens around the vision tokens of each patch, where captions stand between patches.
  private let patchStart, patchEnd: [Int]
  /// The template's own marker and text behind a video.
  private let templateVisionEnd: VisionEnd
  private let encode: (String) -> [Int]
  private var timeline = MRoPEPositionAssigner()
  /// Images that are no part of a stream, so far.
  private var imageCount = 0
  /// Stretches of frames without such an image between them, so far.
  private var videoCount = 0
  /// Whether the last patch was an image that is no part of a stream; nil before the first patch.
  private var followsStill: Bool?
  /// The position of the first caption or patch.
  private var start = 0
  /// Positions that patches have advanced since `start`, before rounding.
  private var elapsed = 0.0
  private var lastAdvance = 1

  /// - Parameters:
  ///   - visionLead: white space before the stream, in tokens.
  ///   - visionStart: the marker before a video, in tokens.
  ///   - visionEnd: the marker after a video, in tokens.
  ///   - visionEndText: text between that marker and words of the user.
  ///   - introductionStart: spaces that the chat template puts before words of the user.
  ///   - encode: the tokens of a text, special tokens among them.
  package init(
    family: VisionFamily, visionLead: [Int] = [], visionStart: [Int], visionEnd: [Int], visionEndText: String = "",
    introductionStart: String = "", encode: @escaping (String) -> [Int]
  ) {
    self.family = family
    self.visionLead = visionLead
    self.encode = encode
    templateVisionEnd = VisionEnd(tokens: visionEnd, text: visionEndText)
    // transformers says how many frames of how long a video follow. A stream does not know.
    introduction =
      switch family {
      case .idefics3: encode(introductionStart + "You are provided the following series of frames from a video.\n")
      case .minicpmV46: encode(Self.identifier(0))
      case .qwen2VL, .qwen25VL, .qwen3VL, .llavaOneVision, .lfm2: []
      }
    switch family {
    case .qwen2VL, .qwen25VL, .llavaOneVision:
      (visionStartMarker, videoEnd) = (visionStart, templateVisionEnd)
      (patchStart, patchEnd) = ([], [])
    case .qwen3VL:
      (visionStartMarker, videoEnd) = ([], templateVisionEnd)
      (patchStart, patchEnd) = (visionStart, visionEnd)
    case .idefics3:
      visionStartMarker = visionStart
      (patchStart, patchEnd) = (encode(family.markers.joined()), encode(family.markers[0]))
      videoEnd =
        visionEnd.isEmpty
        ? VisionEnd(tokens: patchEnd, text: "\n\n" + visionEndText)
        : VisionEnd(tokens: patchEnd + encode("\n\n") + visionEnd, text: visionEndText)
    case .lfm2, .minicpmV46:
      // These models know frames as images in a row; LFM2-VL is told the time before each.
      visionStartMarker = []
      (patchStart, patchEnd) = (encode(family.markers[0]), encode(family.markers[1]))
      videoEnd = VisionEnd(tokens: patchEnd + visionEnd, text: visionEndText)
    }
  }

  /// What MiniCPM-V writes before each image and each video, which it numbers each by themselves.
  private static func identifier(_ number: Int) -> String { "<image_id>\(number)</image_id>" }

  /// Whether temporal patches have come.
  var hasFrames: Bool { followsStill != nil }

  // MARK: Text

  /// Positions of text that stands before the stream.
  package mutating func text(_ count: Int) -> [MRoPEPosition] { timeline.text(count) }

  /// Tokens before the first patch, which are never evicted.
  package var visionStart: [Int] { visionLead + visionStartMarker + introduction }

  /// Tokens before an image that is no part of a stream: without the introduction of a video. Never evicted.
  package var imageStart: [Int] { visionLead + visionStartMarker }

  /// What stands between the last patch and the words after it; nil without patches.
  package var visionEnd: VisionEnd? {
    guard hasFrames else { return nil }
    guard family == .idefics3, videoCount == 0 else { return videoEnd }
    // Line breaks stand behind a video only.
    return VisionEnd(tokens: patchEnd + templateVisionEnd.tokens, text: templateVisionEnd.text)
  }

  /// Tokens of `visionEnd` once there are patches.
  package var visionEndCount: Int { videoEnd.tokens.count + encode(videoEnd.text).count }

  /// The text before the next patch, which is retained and evicted with it.
  ///
  /// - Parameter seconds: stream time of the middle of the patch's frames; nil for an image that is no part of a
  ///   stream.
  package func caption(at seconds: Double?) -> [Int] {
    if patchStart.isEmpty { return [] }
    let start = (seconds.map { encode(time(at: $0)) } ?? []) + patchStart
    return (hasFrames ? patchEnd : []) + identifier(isStill: seconds == nil) + start
  }

  /// The number of the next patch's image or video. That of a video which nothing precedes is in `visionStart`; the
  /// template's text behind an image stands before any other.
  private func identifier(isStill: Bool) -> [Int] {
    guard family == .minicpmV46 else { return [] }
    guard let followsStill else { return isStill ? encode(Self.identifier(0)) : [] }
    guard isStill || followsStill else { return [] }
    let identifier = Self.identifier(isStill ? imageCount : videoCount)
    return templateVisionEnd.tokens + encode(templateVisionEnd.text + identifier)
  }

  private func time(at seconds: Double) -> String {
    let whole = Int(max(0, seconds))
    return switch family {
    case .qwen2VL, .qwen25VL, .llavaOneVision, .minicpmV46: ""
    case .qwen3VL: "<" + String(format: "%.1f", seconds) + " seconds>"
    case .idefics3: String(format: "\nFrame from %02d:%02d:", whole / 60, whole % 60)
    case .lfm2: String(format: "%02d:%02d ", whole / 60, whole % 60)
    }
  }

  /// Where words after the patches go on.
  package var textPositions: MRoPEPositionAssigner {
    var positions = timeline
    if hasFrames { positions.endVision() }
    return positions
  }

  // MARK: Temporal patches

  /// Temporal patches follow from here on.
  package mutating func beginVision() {
    start = timeline.textPosition
    timeline.beginVision()
  }

  /// Positions of the next temporal patch and of the caption before it.
  ///
  /// - Parameters:
  ///   - captionTokens: tokens of the caption.
  ///   - duration: how much of the stream the patch stands for, in seconds.
  ///   - isStill: true for an image that is no part of a stream.
  package mutating func append(
    _ grid: GridTHW, captionTokens: Int, duration: Double, isStill: Bool = false
  ) -> Positions {
    if isStill {
      imageCount += 1
    } else if followsStill != false {
      videoCount += 1
    }
    followsStill = isStill
    switch family {
    case .qwen2VL:
      return Positions(caption: [], patch: timeline.temporalPatch(height: grid.height, width: grid.width), advance: 1)
    case .qwen25VL:
      let before = elapsed.rounded(.down)
      elapsed += min(max(duration, 0), Self.longestPatch) * Self.positionsPerSecond
      lastAdvance = Int(elapsed.rounded(.down) - before)
      return Positions(
        caption: [], patch: timeline.temporalPatch(height: grid.height, width: grid.width, advance: lastAdvance),
        advance: lastAdvance)
    case .qwen3VL:
      let first = timeline.textPosition
      let caption = timeline.text(captionTokens)
      timeline.beginVision()
      let patch = timeline.temporalPatch(height: grid.height, width: grid.width)
      timeline.endVision()
      return Positions(caption: caption, patch: patch, advance: timeline.textPosition - first)
    case .llavaOneVision, .idefics3, .lfm2, .minicpmV46:
      return Positions(
        caption: timeline.text(captionTokens), patch: timeline.text(grid.tokenCount),
        advance: captionTokens + grid.tokenCount)
    }
  }

  // MARK: Closing gaps

  /// How keys rotate when their temporal patch moves on the timeline.
  package static func rotation(of model: DecoderConfiguration, family: VisionFamily) -> RoPEFrequencies {
    switch family {
    case .qwen2VL, .qwen25VL: model.temporalRoPE
    case .qwen3VL, .llavaOneVision, .idefics3, .lfm2, .minicpmV46: model.textRoPE
    }
  }

  /// Goes on behind patches whose gaps were closed.
  ///
  /// - Parameter length: positions that the patches take up now.
  package mutating func rewind(toLength length: Int) {
    switch family {
    case .qwen2VL, .qwen25VL:
      elapsed = Double(length) + elapsed - elapsed.rounded(.down)
      timeline.rewind(toElapsed: length, lastAdvance: lastAdvance)
    case .qwen3VL, .llavaOneVision, .idefics3, .lfm2, .minicpmV46: timeline.rewind(toText: start + length)
    }
  }
}
