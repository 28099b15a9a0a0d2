// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import ModelFile
import Platform
import Records
import Tokenization

/// Flips bits in a copy of a model file, one at a time, and finds out what notices them and what they do.
///
/// The copy is a temporary file, which is removed at the end. The original is only read.
public struct FaultInjector {
  private let path: String
  private let flips: Int
  private let seed: UInt64
  private let pool: ThreadPool

  /// - Parameters:
  ///   - path: a language model.
  ///   - flips: bits that are flipped.
  ///   - seed: the same one always chooses the same bits.
  public init(path: String, flips: Int, seed: UInt64, threads: Int) {
    self.path = path
    self.flips = flips
    self.seed = seed
    pool = ThreadPool(threads: threads)
  }

  /// - Parameters:
  ///   - stop: looked at between two flips.
  ///   - progress: called with the flips that are done.
  /// - Throws: `ReportedError.modelUnreadable` for a file that is no language model that can be run;
  ///   `outputUnwritable` where there is no room for the copy; `computation_failed` for a model that is damaged
  ///   already.
  public func run(stop: StopSource? = nil, progress: (Int) -> Void = { _ in }) throws(ReportedError) -> FaultReport {
    let original: GGUFFile
    do throws(GGUFError) { original = try GGUFFile(path: path) } catch {
      throw .modelUnreadable(message: error.message)
    }
    let copy = try TemporaryCopy(of: original)
    let tokens = try tokens(of: original)
    let reference = try results(of: copy.file, tokens: tokens)
    guard case .logits(let logits, let maxima) = reference, logits.joined().allSatisfy(\.isFinite) else {
      throw .init(.computation, "\(path): the model is damaged already: its predictions are not numbers.")
    }
    let plan = FaultPlan(tensors: copy.file.tensors, count: flips, seed: seed)
    guard !plan.faults.isEmpty || flips == 0 else {
      throw .modelUnreadable(message: "\(path) has no weights that can be computed with")
    }
    var checksums: [String: UInt64] = [:]
    var outcomes: [FaultOutcome] = []
    for fault in plan.faults {
      if stop?.isStopped == true { break }
      let tensor = try copy.tensor(fault.tensor)
      var checksum = checksums[fault.tensor]
      if checksum == nil { checksum = try copy.checksum(of: tensor) }
      checksums[fault.tensor] = checksum
      try copy.flip(fault)
      var outcome = FaultOutcome(
        fault: fault, isSeenByChecksum: try copy.checksum(of: tensor) != checksum, isOutOfRange: false)
      switch try results(of: copy.file, tokens: tokens) {
      case .stopped(let layer): outcome.guardedLayer = layer
      case .logits(let found, let largest):
        outcome.isOutOfRange = zip(largest, maxima).contains { !($0 <= FaultReport.rangeFactor * $1) }
        outcome.compare(found, with: logits, tokens: tokens)
      }
      try copy.flip(fault)
      outcomes.append(outcome)
      progress(outcomes.count)
    }
    return FaultReport(
      tokens: tokens.count, perplexity: Self.perplexity(logits, tokens), outcomes: outcomes,
      isComplete: outcomes.count == plan.faults.count, bitCounts: plan.bitCounts)
  }

  private static func perplexity(_ logits: [[Float]], _ tokens: [Int]) -> Double {
    let losses = (1..<tokens.count).compactMap { index in
      TokenComparison(of: tokens[index], reference: logits[index - 1], candidate: logits[index - 1])?.referenceLoss
    }
    return exp(losses.reduce(0, +) / Double(max(losses.count, 1)))
  }

  private enum Results {
    /// Of each token of the text, with the largest magnitude of each layer's output.
    case logits([[Float]], maxima: [Float])
    /// A guard ended the forward pass.
    case stopped(layer: String)
  }

  /// Loads the model as it is now, and has it read the text.
  private func results(of file: GGUFFile, tokens: [Int]) throws(ReportedError) -> Results {
    do {
      let model = try LanguageModel(file: file, threads: pool)
      model.outputMaxima = Array(repeating: 0, count: model.configuration.layers)
      let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: tokens.count, policy: .full)
      let logits = try model.prefillKeepingLogits(
        tokens: tokens, positions: tokens.indices.map { MRoPEPosition(text: Int32($0)) }, into: cache.ticket(for: .text)
      )
      if logits.contains(where: { $0.first?.isNaN == true }) { return .stopped(layer: "output") }
      return .logits(logits, maxima: model.outputMaxima ?? [])
    } catch ModelError.notFinite(_, let layer), ModelError.outOfRange(_, let layer, _) {
      return .stopped(layer: layer)
    } catch {
      throw .modelUnreadable(message: String(describing: error))
    }
  }

  private func tokens(of file: GGUFFile) throws(ReportedError) -> [Int] {
    do {
      let tokens = try Tokenizer(metadata: file.metadata).encode(Self.text, parsingSpecialTokens: false)
      return Array(tokens.prefix(Self.longestText))
    } catch {
      throw .modelUnreadable(message: String(describing: error))
    }
  }

  private static let longestText = 128

  /// The text that is read.
  private static let text = """
    The harbour was quiet in the early morning. A red boat lay at the end of the pier, and two men carried boxes of \
    fish up to the road, where a white van was waiting. One of them stopped, looked at his watch, and said that the \
    ferry would come at half past seven. The other laughed. "It has been late every day this week," he answered. \
    Behind them a dog ran along the wall and barked at the gulls until they flew away over the water.
    """
}

extension FaultOutcome {
  /// Compares predictions with those of the model as it was.
  fileprivate mutating func compare(_ found: [[Float]], with reference: [[Float]], tokens: [Int]) {
    let comparisons = (1..<tokens.count).compactMap { index in
      TokenComparison(of: tokens[index], reference: reference[index - 1], candidate: found[index - 1])
    }
    guard !comparisons.isEmpty else { return }
    let count = Double(comparisons.count)
    divergence = comparisons.reduce(0) { $0 + $1.divergence } / count
    lossIncrease = comparisons.reduce(0) { $0 + $1.candidateLoss - $1.referenceLoss } / count
    sameTop = Double(comparisons.count(where: \.hasSameTop)) / count
  }
}
