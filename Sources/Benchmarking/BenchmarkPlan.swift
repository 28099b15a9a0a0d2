// SPDX-License-Identifier: Apache-2.0

import Compute
import Video

/// What is to be measured, and how thoroughly.
public struct BenchmarkPlan: Sendable {
  public var parts: Set<BenchmarkPart>
  /// How often each figure is measured.
  public var rounds: Int
  /// Tokens read at once.
  public var lengths: [Int]
  /// Tokens in the cache while others are written.
  public var held: [Int]
  /// What a round of decoding takes, in seconds, roughly.
  public var decodingSeconds: Double
  /// Sides of the pictures, in pixels; nil for the largest square that the model is usually shown.
  public var imageSize: ImageSize?
  /// Tokens that a stream may hold.
  public var budget: Int
  /// How keys and values are stored.
  public var cacheType: KeyValueType
  /// Minutes of a long stream that are measured, for `growth`; none leaves that out.
  public var minutes: [Int] = []

  public struct ImageSize: Sendable, Equatable {
    public var width: Int
    public var height: Int

    public init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }
  }

  public init(
    parts: Set<BenchmarkPart> = Set(BenchmarkPart.allCases), rounds: Int = 5, lengths: [Int] = [32, 128, 512],
    held: [Int] = [0, 1024, 4096], decodingSeconds: Double = 0.5, imageSize: ImageSize? = nil, budget: Int = 1024,
    cacheType: KeyValueType = .f16
  ) {
    self.parts = parts
    self.rounds = rounds
    self.lengths = lengths
    self.held = held
    self.decodingSeconds = decodingSeconds
    self.imageSize = imageSize
    self.budget = budget
    self.cacheType = cacheType
  }

  /// A look that takes seconds with a small model.
  public static let quick = BenchmarkPlan(
    rounds: 3, lengths: [32, 128], held: [0, 256], decodingSeconds: 0.1, budget: 512)

  /// The most tokens that a cache has to hold for it.
  public var mostTokens: Int {
    [budget, lengths.max() ?? 0, (held.max() ?? 0) + DecodeBenchmark.mostTokens].max() ?? budget
  }
}
