// SPDX-License-Identifier: Apache-2.0

/// One thing that was measured, over several rounds.
public struct BenchmarkResult: Sendable, Codable, Equatable {
  /// What a figure counts.
  public enum Unit: String, Sendable, Codable {
    case tokensPerSecond = "tokens/s"
    case framesPerSecond = "pictures/s"
    case bytesPerSecond = "bytes/s"
    case seconds = "s"
    case bytes = "bytes"

    /// Whether more of it is better.
    public var isRate: Bool {
      switch self {
      case .tokensPerSecond, .framesPerSecond, .bytesPerSecond: true
      case .seconds, .bytes: false
      }
    }
  }

  public var part: BenchmarkPart
  /// What tells it from other figures of the part: `512 tokens`, `4096 held`; empty where there is one alone.
  public var place: String
  public var unit: Unit
  public var value: MedianRange
  /// Pictures that the vision tower looks at together.
  public var framesAtOnce: Int?
  /// Decoding reads so many bytes of memory for a token: weights, keys and values.
  public var bytesPerToken: Int?
  /// Bytes a second that all threads read, right before and after each round.
  public var bandwidth: MedianRange?
  /// The part of it that each round reached.
  public var share: MedianRange?
  /// What one has to know to repeat it, in words.
  public var note: String?

  public init(
    _ part: BenchmarkPart, place: String = "", unit: Unit, value: MedianRange, framesAtOnce: Int? = nil,
    bytesPerToken: Int? = nil, bandwidth: MedianRange? = nil, share: MedianRange? = nil, note: String? = nil
  ) {
    self.part = part
    self.place = place
    self.unit = unit
    self.value = value
    self.framesAtOnce = framesAtOnce
    self.bytesPerToken = bytesPerToken
    self.bandwidth = bandwidth
    self.share = share
    self.note = note
  }

  /// For example `prefill, 512 tokens`.
  public var name: String { place.isEmpty ? part.rawValue : part.rawValue + ", " + place }
}

/// What can be measured, in the order in which it is.
public enum BenchmarkPart: String, Sendable, Codable, CaseIterable {
  /// From nothing to a model that is ready, its file in the system's cache.
  case load
  /// Memory, read by all threads.
  case bandwidth
  /// Reading tokens.
  case prefill
  /// Writing tokens.
  case decode
  /// Looking at pictures.
  case vision
  /// A stream end to end: pictures through vision tower and language model into a cache that is full.
  case ingest
  /// A pass over that cache.
  case pass
  /// From a question to its answer's first word.
  case answer
  /// What a picture of a long stream costs, and the process holds, in some of its minutes.
  case growth
  /// What of the process is in memory at the end.
  case memory
}

extension BenchmarkResult {
  /// Decoding, as tokens a second and as a part of the bandwidth.
  ///
  /// - Parameters:
  ///   - secondsPerToken: of each round.
  ///   - bandwidths: bytes a second before the first round, between each two, and after the last.
  /// - Returns: nil unless there is a round, with one reading more than rounds.
  package static func decoding(
    place: String, secondsPerToken: [Double], bytesPerToken: Int, bandwidths: [Double], isWithinCaches: Bool
  ) -> BenchmarkResult? {
    guard bandwidths.count == secondsPerToken.count + 1, let value = MedianRange(secondsPerToken.map { 1 / $0 }) else {
      return nil
    }
    let beside = zip(bandwidths, bandwidths.dropFirst()).map { ($0 + $1) / 2 }
    let shares = zip(secondsPerToken, beside).map { Double(bytesPerToken) / $0 / $1 }
    return BenchmarkResult(
      .decode, place: place, unit: .tokensPerSecond, value: value, bytesPerToken: bytesPerToken,
      bandwidth: MedianRange(beside), share: isWithinCaches ? nil : MedianRange(shares),
      note: isWithinCaches ? "what it reads fits into the caches, so memory is no limit" : nil)
  }
}
