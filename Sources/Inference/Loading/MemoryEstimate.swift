// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile

/// An estimate of the memory that a model takes when it runs, from its files' headers and the program's own
/// arithmetic.
///
/// All figures are resident bytes at the peak of a run that has read every weight and filled the cache.
public struct MemoryEstimate: Sendable, Equatable {
  /// All weights as they are stored in memory. Of an embedding matrix that is not the output head as well, some rows.
  public var weights: Int
  /// Keys and values at the full budget, and recurrent states.
  public var cache: Int
  /// Recurrent states of a hybrid model, whatever the budget.
  public var recurrentStates = 0
  /// Working memory of the language model and the vision tower.
  public var working: Int
  /// The program and its libraries, the tokenizer's tables, a video being decoded; see `programByteCount`.
  public var program: Int
  /// Tokens that the KV cache may hold.
  public var budget: Int
  /// Bytes of a token's keys and values.
  public var cacheBytesPerToken: Int

  /// Weights, cache, working memory and program, in bytes; `Int.max` where the sum would overflow.
  public var total: Int { [weights, cache, working, program].reduce(0, Self.sum) }
  /// The total without the weights, which can be paged in from disk as they are needed.
  public var leastTotal: Int { [cache, working, program].reduce(0, Self.sum) }

  /// Loads both files without their weights and without allocating, counting what loading would allocate.
  ///
  /// - Parameters:
  ///   - budget: of the KV cache; nil for what the model prefers.
  ///   - type: how keys and values are stored.
  ///   - pixels: the area of the largest frame; nil for what the model prefers.
  /// - Throws: `ModelError` where the model cannot be run.
  public init(
    language: GGUFFile, vision: GGUFFile?, adapter: GGUFFile? = nil, budget: CacheBudget? = nil,
    type: KeyValueType = .f16, threads: Int, pixels: Int? = nil, visionWeights: WeightLayout = .repackedQ8,
    visionEncoding: VisionEncoding = .dense
  ) throws(ModelError) {
    let pool = ThreadPool(threads: threads)
    let shape = try DecoderConfiguration(file: language).cacheShape
    let configuration = try vision.map { file throws(ModelError) in try VisionConfiguration(file: file) }
    let preferences = ModelPreferences(
      metadata: language.metadata, vision: configuration, isReadSparsely: visionEncoding.isReadSparsely && pixels == nil
    )
    var working = try LanguageModel.estimatedWorkingByteCount(of: language, threads: pool)
    if let vision {
      let tower = try VisionTower.estimatedWorkingByteCount(
        of: vision, threads: pool, pixels: pixels ?? preferences.maximumPixels, weights: visionWeights,
        cache: visionEncoding.precision)
      working = Self.sum(working, tower)
    }
    self.working = working
    let towerBytes = vision.map { VisionTower.weightByteCount(of: $0, weights: visionWeights) } ?? 0
    weights = [towerBytes, adapter?.byteCount ?? 0].reduce(Self.touchedByteCount(of: language), Self.sum)
    program = Self.programByteCount(vocabulary: language.vocabularyCount, hasVision: vision != nil)
    (self.budget, cacheBytesPerToken, cache) = (0, 0, 0)
    let tokens = (budget ?? preferences.budget).tokens(shape: shape, type: type)
    self = with(budget: tokens, shape: shape, type: type)
  }

  /// The estimate for another KV cache.
  func with(budget: Int, shape: CacheShape, type: KeyValueType) -> MemoryEstimate {
    var estimate = self
    estimate.budget = budget
    estimate.cacheBytesPerToken = shape.bytesPerToken(type)
    let (bytes, overflow) = estimate.cacheBytesPerToken.multipliedReportingOverflow(by: budget)
    estimate.recurrentStates = shape.recurrentStateBytes
    estimate.cache = overflow ? .max : Self.sum(bytes, estimate.recurrentStates)
    return estimate
  }

  /// The largest budget with which everything fits; 0 if none does.
  ///
  /// - Parameter isMappedOnly: leaves the weights out.
  public func budget(fitting limit: Int, isMappedOnly: Bool = false) -> Int {
    let fixed = [isMappedOnly ? 0 : weights, working, program, recurrentStates].reduce(0, Self.sum)
    return cacheBytesPerToken > 0 ? max(0, limit - fixed) / cacheBytesPerToken : 0
  }

  // MARK: Measured

  /// Resident for the program, its threads and the parts of its libraries that run, and what decoding an H.264 video of
  /// 1920 × 1080 pixels adds, frames that wait for the model included. Measured on Linux x86-64 with FFmpeg 5.1 and two
  /// threads. A video of 640 × 480 takes 18 to 28 MiB; other builds and codecs differ by some MiB.
  private static let baseByteCount = 53 << 20
  private static let videoByteCount = 38 << 20
  /// Bytes of a byte-level tokenizer's tables per token of its vocabulary, merges included. Measured at 151,936 tokens.
  private static let bytesPerVocabularyToken = 85
  /// An embedding row brings its page and, where the file is cached, the 15 around it.
  private static let embeddingBytesTouched = LanguageModel.embeddingRowsHeld * 65536

  private static func programByteCount(vocabulary: Int, hasVision: Bool) -> Int {
    let tokenizer = min(vocabulary, 1 << 32) * bytesPerVocabularyToken
    return baseByteCount + (hasVision ? videoByteCount : 0) + tokenizer
  }

  private static func touchedByteCount(of file: GGUFFile) -> Int {
    guard file.tensor("output.weight") != nil, let embedding = file.tensor("token_embd.weight") else {
      return file.byteCount
    }
    return file.byteCount - max(0, embedding.byteCount - embeddingBytesTouched)
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (result, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : result
  }
}

extension GGUFFile {
  /// Entries of the tokenizer's vocabulary.
  var vocabularyCount: Int { (try? metadata.arrayIfPresent("tokenizer.ggml.tokens"))??.count ?? 0 }
}
