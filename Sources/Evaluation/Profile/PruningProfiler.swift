// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Dialogue
import Foundation
import Inference
import Platform
import Records

/// Options of the measurement of a pruning profile.
public struct PruningOptions: Sendable {
  /// The streams and questions.
  public var suite: any EvaluationSuite
  /// A text that the language model is measured on in place of the questions; nil for the questions.
  public var text: String?
  /// Windows of 512 tokens of the text.
  public var windows: Int
  /// How much is left out.
  public var amounts: PruningAmounts
  /// Called after each measurement, with those done and those in all.
  public var report: @Sendable (_ done: Int, _ all: Int) -> Void

  /// Memberwise; checks nothing.
  public init(
    suite: any EvaluationSuite, text: String? = nil, windows: Int = 2, amounts: PruningAmounts = PruningAmounts(),
    report: @escaping @Sendable (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) {
    self.suite = suite
    self.text = text
    self.windows = windows
    self.amounts = amounts
    self.report = report
  }
}

/// Measures what a model loses without each of its attention heads, and where layers of its vision tower reuse the
/// attention map of the layer before.
///
/// A head's gate is closed, and the predictions are compared with those of the whole model (leave one out). The heads
/// that matter least alone are left out together, and compared with heads drawn at random.
public actor PruningProfiler {
  private let thread: ThreadExecutor
  private let model: LoadedModel
  private let options: PruningOptions
  private nonisolated let stop = StopSource()
  private var contexts: [Context] = []
  private var embeddings: [Float] = []
  private var done = 0
  private var all = 0
  private static let draws = 10

  /// What the language model predicts from, and what it predicts with all heads.
  private struct Context {
    enum Source {
      /// The predictions after these tokens of a text count.
      case text([Int], scored: Range<Int>)
      /// The first tokens of the answers count.
      case stream([TemporalPatch], questions: [String])
    }
    var source: Source
    var logits: [[Float]] = []
  }

  /// The thread that the model runs on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the model over: nobody else may use it while this profiler lives.
  ///
  /// - Throws: `ReportedError` with the code `unsupported` for a file that lacks heads already, `insufficient_threads`.
  public init(model: sending LoadedModel, options: PruningOptions) throws(ReportedError) {
    let missing = model.language.configuration.headsLeftOut
    guard missing == 0 else {
      throw ReportedError(
        .unsupported,
        "\(model.language.path) lacks the weights of \(missing) attention heads already; make the profile of the "
          + "original, with a higher --prune-heads")
    }
    thread = try ThreadExecutor(reporting: "model")
    self.model = model
    self.options = options
  }

  /// Ends the measurement after the pass under way. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Measures, and chooses.
  ///
  /// - Returns: nil when it was interrupted.
  /// - Throws: `ReportedError` or `EvaluationError`.
  public func run() async throws -> PruningMeasurement? {
    let shape = model.language.configuration.cacheShape
    var result = PruningMeasurement(
      profile: PruningProfile(model: model.fingerprint, language: AttentionPruning(), vision: nil, origin: ""))
    let amounts = options.amounts
    let tower = amounts.visionHeads > 0 || amounts.reusedMaps > 0 ? model.vision : nil
    let visionSteps = tower.map { $0.configuration.layers * ($0.configuration.heads + 1) + Self.draws } ?? 0
    all = shape.layers * shape.keyValueHeads + Self.draws + visionSteps
    options.report(0, all)
    guard try await readContexts() else { return nil }
    guard try measureLanguage(shape, amounts.languageHeads, into: &result) else { return nil }
    if let tower { guard try await measure(tower, into: &result) else { return nil } }
    result.profile.origin =
      (options.text.map { _ in "\(contexts.count) windows of a text" }
        ?? "\(contexts.reduce(0) { $0 + $1.logits.count }) questions about \(contexts.count) streams")
      + ", one part left out at a time"
    return result
  }

  private func count() {
    done += 1
    options.report(done, all)
  }

  // MARK: The language model

  private func measureLanguage(
    _ shape: CacheShape, _ ratio: Double, into result: inout PruningMeasurement
  ) throws(ReportedError) -> Bool {
    defer { model.language.pruning = AttentionPruning() }
    func divergence(without heads: [[Int]]) throws(ReportedError) -> Double {
      defer { count() }
      model.language.pruning = AttentionPruning(heads: heads)
      return try self.divergence()
    }
    result.headDivergences = Array(repeating: [], count: shape.layers)
    for layer in 0..<shape.layers {
      for head in 0..<shape.keyValueHeads {
        if stop.isStopped { return false }
        var heads = Array(repeating: [Int](), count: shape.layers)
        heads[layer] = [head]
        result.headDivergences[layer].append(try divergence(without: heads))
      }
    }
    let number = Int((Double(shape.layers * shape.keyValueHeads) * ratio).rounded())
    guard number > 0 else { return true }
    let chosen = PruningMeasurement.smallest(number, of: result.headDivergences)
    result.profile.language = AttentionPruning(heads: chosen)
    result.language.chosen = try divergence(without: chosen)
    var random: [Double] = []
    for draw in 0..<Self.draws {
      if stop.isStopped { return false }
      random.append(
        try divergence(
          without: Self.drawn(number, layers: shape.layers, heads: shape.keyValueHeads, seed: UInt64(draw))))
    }
    result.language.random = random.median
    return true
  }

  /// Mean divergence of the predictions from those with all heads.
  private func divergence() throws(ReportedError) -> Double {
    var (sum, count) = (0.0, 0)
    for context in contexts {
      for (reference, found) in zip(context.logits, try predictions(context.source)) {
        guard let comparison = TokenComparison(of: 0, reference: reference, candidate: found) else {
          throw .init(.computation, "the logits are not numbers; the model is damaged")
        }
        sum += comparison.divergence
        count += 1
      }
    }
    return sum / Double(max(count, 1))
  }

  private func predictions(_ source: Context.Source) throws(ReportedError) -> [[Float]] {
    switch source {
    case .text(let tokens, let scored):
      let shape = model.language.configuration.cacheShape
      do {
        let cache = try KeyValueCache(shape: shape, budget: tokens.count, policy: .full)
        let logits = try model.language.prefillKeepingLogits(
          tokens: tokens, positions: tokens.indices.map { MRoPEPosition(text: Int32($0)) },
          into: cache.ticket(for: .text))
        return Array(logits[scored])
      } catch { throw ReportedError(error) }
    case .stream(let patches, let questions):
      var dialogueOptions = DialogueOptions()
      dialogueOptions.policy = .full
      let dialogue = try VideoDialogue(model: model, options: dialogueOptions)
      for patch in patches { try dialogue.ingest(patch) }
      return try dialogue.logits(of: questions)
    }
  }

  // MARK: Reading

  /// - Returns: false when it was interrupted.
  private func readContexts() async throws -> Bool {
    if let text = options.text {
      let windows = try TextWindows(
        path: text, length: Self.windowLength, limit: options.windows,
        tokenizers: (model.tokenizer, model.tokenizer), lengthOption: "text", stop: stop)
      contexts = windows.windows.map {
        Context(source: .text($0, scored: windows.firstScored - 1..<windows.length - 1))
      }
    } else {
      for stream in options.suite.streams {
        guard let patches = try await patches(of: stream) else { return false }
        contexts.append(
          Context(source: .stream(patches, questions: stream.moments.flatMap { $0.questions.map(\.ask) })))
      }
    }
    for index in contexts.indices {
      if stop.isStopped { return false }
      contexts[index].logits = try predictions(contexts[index].source)
    }
    return true
  }

  /// The temporal patches of a stream, as the tower is now; nil when it was interrupted.
  private func patches(of stream: EvaluationStream) async throws -> [TemporalPatch]? {
    var encoded = EncodedTemporalPatches(model: model)
    try await options.suite.show(stream, to: &encoded, model: model, stop: stop, on: self)
    if stop.isStopped { return nil }
    try encoded.finish()
    return encoded.patches
  }

  // MARK: The vision tower

  private func measure(_ tower: VisionTower, into result: inout PruningMeasurement) async throws -> Bool {
    guard let stream = options.suite.streams.first, let fingerprint = model.towerFingerprint else { return true }
    defer { tower.pruning = AttentionPruning() }
    let (layers, heads) = (tower.configuration.layers, tower.configuration.heads)
    let none = Array(repeating: [Int](), count: layers)
    guard let whole = try await patches(of: stream) else { return false }
    embeddings = whole.flatMap(\.embeddings.values)
    func error(of pruning: AttentionPruning) async throws -> Double? {
      defer { count() }
      tower.pruning = pruning
      guard let found = try await patches(of: stream) else { return nil }
      return Self.relativeError(of: found.flatMap(\.embeddings.values), from: embeddings)
    }
    for layer in 0..<layers {
      var errors: [Double] = []
      for head in 0..<heads where options.amounts.visionHeads > 0 {
        var left = none
        left[layer] = [head]
        guard let value = try await error(of: AttentionPruning(heads: left)) else { return false }
        errors.append(value)
      }
      result.visionHeadErrors.append(errors)
      guard options.amounts.reusedMaps > 0, tower.canReuseMap(layer) else {
        result.mapErrors.append(nil)
        continue
      }
      guard let value = try await error(of: AttentionPruning(reusedMaps: [layer])) else { return false }
      result.mapErrors.append(value)
    }
    let number = Int((Double(layers * heads) * options.amounts.visionHeads).rounded())
    let chosen = AttentionPruning(
      heads: number > 0 ? PruningMeasurement.smallest(number, of: result.visionHeadErrors) : [],
      reusedMaps: PruningMeasurement.smallest(
        Int((Double(layers) * options.amounts.reusedMaps).rounded()), of: result.mapErrors))
    guard let joint = try await error(of: chosen) else { return false }
    let reusable = (0..<layers).filter(tower.canReuseMap)
    var random: [Double] = []
    for draw in 0..<Self.draws where !chosen.isEmpty {
      var generator = SeededGenerator(seed: UInt64(draw) + 1)
      let drawn = AttentionPruning(
        heads: number > 0 ? Self.drawn(number, layers: layers, heads: heads, seed: UInt64(draw)) : [],
        reusedMaps: reusable.shuffled(using: &generator).prefix(chosen.reusedMaps.count).sorted())
      guard let value = try await error(of: drawn) else { return false }
      random.append(value)
    }
    result.vision = .init(chosen: joint, random: random.isEmpty ? nil : random.median)
    result.profile.vision = .init(tower: fingerprint, pruning: chosen)
    return true
  }

  private static func relativeError(of found: [Float], from reference: [Float]) -> Double {
    var (squares, total) = (0.0, 0.0)
    for (left, right) in zip(reference, found) {
      let difference = Double(left) - Double(right)
      squares += difference * difference
      total += Double(left) * Double(left)
    }
    return (squares / max(total, .leastNormalMagnitude)).squareRoot()
  }

  /// Heads that are drawn at random, by layer.
  private static func drawn(_ count: Int, layers: Int, heads: Int, seed: UInt64) -> [[Int]] {
    var generator = SeededGenerator(seed: seed + 1)
    let chosen = (0..<layers * heads).shuffled(using: &generator).prefix(count)
    return (0..<layers).map { layer in chosen.filter { $0 / heads == layer }.map { $0 % heads }.sorted() }
  }

  private static let windowLength = 512
}

extension [Double] {
  /// The middle of the sorted values, or the mean of the two in the middle; there is one at least.
  fileprivate var median: Double {
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
