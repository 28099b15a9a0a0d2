// SPDX-License-Identifier: Apache-2.0

/// One measurement, over several repetitions.
public struct BenchmarkResult: Sendable, Codable, Equatable {
  /// The unit of a value.
  public enum Unit: String, Sendable, Codable {
    /// Tokens, of all sequences that are computed together.
    case tokensPerSecond = "tokens/s"
    /// Sampled frames of a video.
    case framesPerSecond = "frames/s"
    /// Bytes that all threads read from memory.
    case bytesPerSecond = "bytes/s"
    /// Elapsed time.
    case seconds = "s"
    /// Resident memory.
    case bytes = "bytes"

    /// Whether a larger value is better.
    public var isRate: Bool {
      switch self {
      case .tokensPerSecond, .framesPerSecond, .bytesPerSecond: true
      case .seconds, .bytes: false
      }
    }
  }

  /// The part that was measured.
  public var part: BenchmarkPart
  /// Condition that tells the result from others of its part: `512 tokens`, `context 4096`; empty for the only one.
  public var condition: String
  /// The unit of the value.
  public var unit: Unit
  /// The value over all repetitions.
  public var value: MedianRange
  /// Frames that the vision tower encodes at once.
  public var temporalPatchSize: Int?
  /// Bytes of weights, keys and values that decoding one token reads from memory.
  public var bytesPerToken: Int?
  /// Bytes per second that all threads read, measured right before and after each repetition.
  public var bandwidth: MedianRange?
  /// Ratio of that bandwidth that each repetition used.
  public var bandwidthRatio: MedianRange?
  /// A sentence on how it was measured.
  public var note: String?

  /// The name is made of `part` and `condition`.
  public init(
    _ part: BenchmarkPart, condition: String = "", unit: Unit, value: MedianRange, temporalPatchSize: Int? = nil,
    bytesPerToken: Int? = nil, bandwidth: MedianRange? = nil, bandwidthRatio: MedianRange? = nil, note: String? = nil
  ) {
    self.part = part
    self.condition = condition
    self.unit = unit
    self.value = value
    self.temporalPatchSize = temporalPatchSize
    self.bytesPerToken = bytesPerToken
    self.bandwidth = bandwidth
    self.bandwidthRatio = bandwidthRatio
    self.note = note
  }

  /// The part and its condition, for example `prefill, 512 tokens`.
  public var name: String { condition.isEmpty ? part.rawValue : part.rawValue + ", " + condition }
}

extension BenchmarkResult {
  /// A result of decoding: tokens per second, and the ratio of the bandwidth that they use.
  ///
  /// - Parameters:
  ///   - secondsPerToken: of each repetition.
  ///   - bandwidths: bytes per second before the first repetition, between each two, and after the last.
  ///   - isWithinCaches: whether the bytes fit into the processor's caches. There is no ratio then.
  /// - Returns: nil without a repetition, or unless there is one bandwidth more than repetitions.
  package static func decoding(
    condition: String, secondsPerToken: [Double], bytesPerToken: Int, bandwidths: [Double], isWithinCaches: Bool
  ) -> BenchmarkResult? {
    guard bandwidths.count == secondsPerToken.count + 1, let value = MedianRange(secondsPerToken.map { 1 / $0 }) else {
      return nil
    }
    let during = zip(bandwidths, bandwidths.dropFirst()).map { ($0 + $1) / 2 }
    let ratios = zip(secondsPerToken, during).map { Double(bytesPerToken) / $0 / $1 }
    return BenchmarkResult(
      .decode, condition: condition, unit: .tokensPerSecond, value: value, bytesPerToken: bytesPerToken,
      bandwidth: MedianRange(during), bandwidthRatio: isWithinCaches ? nil : MedianRange(ratios),
      note: isWithinCaches ? "the weights and the KV cache fit into the processor's caches" : nil)
  }
}
