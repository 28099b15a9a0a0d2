// SPDX-License-Identifier: Apache-2.0

/// How the next token is chosen from the model's logits.
public struct SamplingParameters: Sendable, Equatable {
  /// 0 takes the most likely token always; 1 samples the model's own distribution.
  public var temperature: Double
  /// Only the `topK` most likely tokens may be chosen; 0 lifts the limit.
  public var topK: Int
  /// Only the smallest set of tokens whose probabilities reach this sum may be chosen; 1 lifts the limit.
  public var topP: Double
  /// Only tokens at least this likely relative to the most likely one may be chosen; 0 lifts the limit.
  public var minP: Double
  /// Divides the positive (multiplies the negative) logits of recent tokens; 1 leaves them as they are.
  public var repetitionPenalty: Double
  /// How many of the answer's last tokens the penalty looks at.
  public var repetitionWindow: Int
  /// The same seed, request and thread count give the same answer.
  public var seed: UInt64

  /// Greedy unless a temperature is given.
  public init(
    temperature: Double = 0, topK: Int = 40, topP: Double = 0.95, minP: Double = 0, repetitionPenalty: Double = 1,
    repetitionWindow: Int = 64, seed: UInt64 = 0
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.repetitionWindow = repetitionWindow
    self.seed = seed
  }

  /// The first value out of its range, as a sentence for the user; nil when all are sound.
  public var validationError: String? {
    if !(temperature >= 0 && temperature <= 10) { return "temperature must be between 0 and 10, not \(temperature)" }
    if topK < 0 { return "top-k must be 0 (no limit) or more, not \(topK)" }
    if !(topP > 0 && topP <= 1) { return "top-p must be above 0 and at most 1, not \(topP)" }
    if !(minP >= 0 && minP < 1) { return "min-p must be at least 0 and below 1, not \(minP)" }
    if !(repetitionPenalty > 0 && repetitionPenalty <= 10) {
      return "repetition penalty must be above 0 and at most 10, not \(repetitionPenalty)"
    }
    return nil
  }
}
