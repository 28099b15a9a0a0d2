// SPDX-License-Identifier: Apache-2.0

import ConstrainedDecoding
import Foundation

/// Chooses tokens. Its buffers are made once, for one vocabulary, so that choosing allocates nothing.
///
/// The steps come in the order in which most runtimes apply them: repetition penalty, top-k, temperature, top-p,
/// min-p, then the draw.
public struct Sampler: Sendable {
  /// Fixed for the sampler's life.
  public let parameters: SamplingParameters
  private var generator: SeededGenerator
  private var logits: [Float]
  private var candidates: [Candidate]
  private var recent: [Int]
  private var recentStart = 0

  private struct Candidate: Sendable {
    var token: Int
    var logit: Float
    var probability: Double = 0
  }

  /// Allocates all working memory: nothing is allocated by token.
  public init(parameters: SamplingParameters, vocabularySize: Int) {
    self.parameters = parameters
    generator = SeededGenerator(seed: parameters.seed)
    logits = [Float](repeating: 0, count: vocabularySize)
    candidates = []
    candidates.reserveCapacity(vocabularySize)
    recent = []
    recent.reserveCapacity(max(0, parameters.repetitionWindow))
  }

  /// Chooses one token and remembers it for the repetition penalty.
  ///
  /// - Parameter source: one logit for each entry of the vocabulary. Logits that are not numbers are never chosen.
  /// - Returns: nil where no logit is a number, or the highest is infinite: the computation before has overflowed.
  public mutating func choose(from source: ArraySlice<Float>) -> Int? {
    guard let token = proposal(from: source) else { return nil }
    remember(token)
    return token
  }

  /// Chooses one token among those that a constraint allows: by the same distribution, without the others.
  ///
  /// The constraint is asked about the token that would be chosen without it, which is mostly allowed, and only then
  /// about all. That changes no probability.
  ///
  /// - Parameters:
  ///   - isAllowed: whether a token is allowed.
  ///   - mask: all that are allowed, one at least.
  /// - Returns: as without a constraint; nil too where no allowed token has a finite logit.
  mutating func choose(
    from source: ArraySlice<Float>, where isAllowed: (Int) -> Bool, mask: () -> TokenMask
  ) -> Int? {
    guard var token = proposal(from: source) else { return nil }
    if !isAllowed(token) {
      guard let other = proposal(from: source, of: mask()) else { return nil }
      token = other
    }
    remember(token)
    return token
  }

  private mutating func proposal(from source: ArraySlice<Float>, of mask: TokenMask? = nil) -> Int? {
    if parameters.temperature == 0 && parameters.repetitionPenalty == 1 && mask == nil {
      return Self.mostLikely(source)
    }
    copy(source)
    if let mask { for token in logits.indices where !mask[token] { logits[token] = -.infinity } }
    penalizeRepetition()
    return parameters.temperature == 0 ? Self.mostLikely(logits[...]) : draw()
  }

  /// The same from all logits of an array.
  public mutating func choose(from source: [Float]) -> Int? { choose(from: source[...]) }

  private static func mostLikely(_ logits: ArraySlice<Float>) -> Int? {
    var best = 0
    var highest = -Float.infinity
    for (token, logit) in logits.enumerated() where logit > highest {
      highest = logit
      best = token
    }
    return highest.isFinite ? best : nil
  }

  private mutating func copy(_ source: ArraySlice<Float>) {
    for (index, logit) in source.prefix(logits.count).enumerated() { logits[index] = logit.isNaN ? -.infinity : logit }
  }

  private mutating func remember(_ token: Int) {
    guard parameters.repetitionWindow > 0 else { return }
    if recent.count < parameters.repetitionWindow {
      recent.append(token)
    } else {
      recent[recentStart] = token
      recentStart = (recentStart + 1) % recent.count
    }
  }

  private mutating func penalizeRepetition() {
    guard parameters.repetitionPenalty != 1 else { return }
    let penalty = Float(parameters.repetitionPenalty)
    for (index, token) in recent.enumerated() where !recent[..<index].contains(token) {
      logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty
    }
  }

  private mutating func draw() -> Int? {
    candidates.removeAll(keepingCapacity: true)
    for (token, logit) in logits.enumerated() where logit > -.infinity {
      candidates.append(Candidate(token: token, logit: logit))
    }
    candidates.sort { $0.logit == $1.logit ? $0.token < $1.token : $0.logit > $1.logit }
    guard let first = candidates.first, first.logit.isFinite else { return nil }
    if parameters.topK > 0 && parameters.topK < candidates.count {
      candidates.removeLast(candidates.count - parameters.topK)
    }
    normalize()
    cut()
    return pick()
  }

  private mutating func normalize() {
    let highest = Double(candidates[0].logit)
    var sum = 0.0
    for index in candidates.indices {
      let probability = exp((Double(candidates[index].logit) - highest) / parameters.temperature)
      candidates[index].probability = probability
      sum += probability
    }
    for index in candidates.indices { candidates[index].probability /= sum }
  }

  /// Applies top-p and min-p; the most likely token always stays.
  private mutating func cut() {
    let least = candidates[0].probability * parameters.minP
    var sum = 0.0
    var kept = 0
    for candidate in candidates {
      if kept > 0 && (sum >= parameters.topP || candidate.probability < least) { break }
      sum += candidate.probability
      kept += 1
    }
    candidates.removeLast(candidates.count - kept)
  }

  private mutating func pick() -> Int {
    var sum = 0.0
    for candidate in candidates { sum += candidate.probability }
    var left = generator.nextUnit() * sum
    for candidate in candidates {
      left -= candidate.probability
      if left < 0 { return candidate.token }
    }
    return candidates[candidates.count - 1].token
  }
}
