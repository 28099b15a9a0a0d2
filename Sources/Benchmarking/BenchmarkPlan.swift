// SPDX-License-Identifier: Apache-2.0

import Compute
import Images

/// Plan of a benchmark: its parts, their conditions, and the number of repetitions.
public struct BenchmarkPlan: Sendable {
  /// The parts to measure.
  public var parts: Set<BenchmarkPart>
  /// How often each result is measured.
  public var repetitions: Int
  /// Lengths of the prompts that are prefilled, in tokens.
  public var promptLengths: [Int]
  /// Tokens in the KV cache before tokens are decoded.
  public var contextLengths: [Int]
  /// Approximate time of one repetition of decoding, in seconds.
  public var decodeSeconds: Double
  /// Size of frames, in pixels; nil for the largest square that the model prefers.
  public var imageSize: ImageSize?
  /// KV cache budget of streams, in tokens.
  public var budget: Int
  /// Number format of keys and values.
  public var cacheType: KeyValueType
  /// Minutes of a long stream that are measured, from 1; none leaves that part out.
  public var minutes: [Int] = []

  /// All parts, five times each, unless said otherwise; `minutes` stays empty.
  public init(
    parts: Set<BenchmarkPart> = Set(BenchmarkPart.allCases), repetitions: Int = 5,
    promptLengths: [Int] = [32, 128, 512], contextLengths: [Int] = [0, 1024, 4096], decodeSeconds: Double = 0.5,
    imageSize: ImageSize? = nil, budget: Int = 1024, cacheType: KeyValueType = .f16
  ) {
    self.parts = parts
    self.repetitions = repetitions
    self.promptLengths = promptLengths
    self.contextLengths = contextLengths
    self.decodeSeconds = decodeSeconds
    self.imageSize = imageSize
    self.budget = budget
    self.cacheType = cacheType
  }

  /// A plan that takes seconds with a small model.
  public static let quick = BenchmarkPlan(
    repetitions: 3, promptLengths: [32, 128], contextLengths: [0, 256], decodeSeconds: 0.1, budget: 512)

  /// The most tokens that a KV cache of the plan has to hold.
  public var mostTokens: Int {
    [budget, promptLengths.max() ?? 0, (contextLengths.max() ?? 0) + DecodeBenchmark.mostTokens].max() ?? budget
  }
}
