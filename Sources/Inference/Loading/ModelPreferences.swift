// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import ModelFile

/// How a model file wants to be used, where it says so; the program's own defaults otherwise.
public struct ModelPreferences: Sendable, Equatable {
  /// Limits of a frame's area, in pixels, after resizing.
  public var minimumPixels: Int
  /// The upper limit, in pixels.
  public var maximumPixels: Int
  /// Frames sampled from a second of video.
  public var framesPerSecond: Double
  /// nil leaves it to the chat template.
  public var systemPrompt: String?
  /// The largest KV cache budget, in tokens, with which the model still answers well on long streams; nil where the
  /// file does not say.
  public var largestBudget: Int?

  /// The KV cache budget where none is asked for.
  public var budget: CacheBudget { largestBudget.map { .tokens($0) } ?? .standard }

  /// Vision tokens of a temporal patch: 128 at most, the operating point of the InfiniPot-V paper.
  static let defaultMaximumTokens = 128
  static let defaultFramesPerSecond = 2.0

  /// - Parameters:
  ///   - vision: nil for a model that only reads.
  ///   - isReadSparsely: whether the language model reads changed places alone. As many tokens then stand for twice as
  ///     many moments and more, so that the largest budget is half of what the file says.
  init(metadata: GGUFMetadata, vision: VisionConfiguration?, isReadSparsely: Bool = false) {
    let side = vision?.sideMultiple ?? LoadedModel.usualSide
    let minimumTokens = (vision?.family ?? .qwen2VL).minimumTokens
    let integer = { (key: String) in (try? metadata.integerIfPresent(key)) ?? nil }
    let rate = (try? metadata.floatIfPresent("edgeassist.sampling.fps")) ?? nil
    minimumPixels = integer("edgeassist.vision.min_pixels") ?? minimumTokens * side * side
    maximumPixels = integer("edgeassist.vision.max_pixels") ?? Self.defaultMaximumTokens * side * side
    framesPerSecond = rate.flatMap { $0 > 0 && $0 <= 240 ? $0 : nil } ?? Self.defaultFramesPerSecond
    systemPrompt = (try? metadata.stringIfPresent("edgeassist.system_prompt")) ?? nil
    let budget = integer("edgeassist.kv_budget").map { isReadSparsely ? $0 / 2 : $0 }
    largestBudget = budget.flatMap { $0 > 0 ? $0 : nil }
  }

  /// A warning about a budget that is larger than the model is meant for; nil for any other.
  ///
  /// - Parameter tokens: the budget of a cache that is bounded.
  package func warning(ofBudget tokens: Int) -> String? {
    guard let largestBudget, tokens > largestBudget else { return nil }
    return
      "the model is meant for a KV cache of at most \(largestBudget) tokens; with \(tokens) its answers about long "
      + "streams become wrong"
  }
}
