// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Foundation
import Inference
import Platform
import Records

/// The text that two models are compared on, and where the results go.
public struct ComparisonOptions: Sendable {
  /// A text file.
  public var data: String
  /// Tokens of a window.
  public var context: Int
  /// Windows at most; nil for all of the text.
  public var windows: Int?
  /// The file for the records; nil keeps them in memory only.
  public var output: String?
  /// Whether the records of an earlier run are kept.
  public var isResuming: Bool
  /// Called after each window, with the windows done and those in all.
  public var report: @Sendable (Int, Int) -> Void

  /// Memberwise; checks nothing.
  public init(
    data: String, context: Int = 512, windows: Int? = nil, output: String? = nil, isResuming: Bool = false,
    report: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) {
    self.data = data
    self.context = context
    self.windows = windows
    self.output = output
    self.isResuming = isResuming
    self.report = report
  }
}

/// Compares the predictions of a candidate with those of a reference on one text, such as a quantized model with the
/// one that it was made from.
public actor ComparisonRunner {
  private let thread: ThreadExecutor
  private let reference: LoadedModel
  private let candidate: LoadedModel
  private let options: ComparisonOptions
  private nonisolated let stop = StopSource()
  /// nil where nothing is written. A member, because Swift 6.2 does not see that a local one stays on this actor.
  private var file: ResultFile<ComparisonRecord>?

  /// Tokens whose logits are kept at a time.
  private static let block = 16

  /// The thread that the models run on.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Takes the models over: nobody else may use them while this runner lives.
  ///
  /// - Throws: `ReportedError` with the code `insufficient_threads`.
  public init(reference: sending LoadedModel, candidate: sending LoadedModel, options: ComparisonOptions)
    throws(ReportedError)
  {
    thread = try ThreadExecutor(reporting: "model")
    self.reference = reference
    self.candidate = candidate
    self.options = options
  }

  /// Ends the run after the current block. Finished records are in the output. May be called from any thread.
  public nonisolated func interrupt() { stop.stop() }

  /// Identity of the comparison, as values by name.
  public var identity: [(name: String, value: String)] {
    [
      ("suite", "compare"), ("data", (options.data as NSString).lastPathComponent), ("context", "\(options.context)"),
      ("model", reference.identity),
      ("candidate", candidate.identity),
    ] + (candidate.language.activationCast.map { [("activations", $0.rawValue)] } ?? [])
  }

  /// Compares the models on every window that has no record yet.
  ///
  /// - Returns: all records, with those of an earlier run, and whether the run was interrupted.
  /// - Throws: `ReportedError`.
  public func run() throws(ReportedError) -> (records: [ComparisonRecord], isInterrupted: Bool) {
    let text = try TextWindows(
      path: options.data, length: options.context, limit: options.windows,
      tokenizers: (reference.tokenizer, candidate.tokenizer), lengthOption: "--context", stop: stop)
    file = try options.output.map { (path) throws(ReportedError) in
      try ResultFile<ComparisonRecord>(path: path, isResuming: options.isResuming, identity: identity, stop: stop)
    }
    var records = (file?.records ?? []).filter {
      text.windows.indices.contains($0.window) && $0.isWhole(entries: text.scoredCount)
    }
    let done = Set(records.map(\.window))
    options.report(records.count, text.windows.count)
    for (window, tokens) in text.windows.enumerated() where !done.contains(window) {
      guard let record = try compare(window, tokens, from: text.firstScored) else { break }
      try file?.write(record)
      records.append(record)
      options.report(records.count, text.windows.count)
    }
    return (records.sorted { $0.window < $1.window }, stop.isStopped)
  }

  /// - Returns: nil if the run was stopped.
  private func compare(
    _ window: Int, _ tokens: [Int], from first: Int
  ) throws(ReportedError) -> ComparisonRecord? {
    var record = ComparisonRecord(window: window)
    let caches = (try cache(for: reference), try cache(for: candidate))
    // The logits after a token predict the next one.
    var start = 0
    while start < tokens.count - 1 {
      if stop.isStopped { return nil }
      let isContext = start < first - 1
      let end = min(isContext ? first - 1 : tokens.count - 1, start + Self.block)
      let left = try logits(of: reference, after: tokens, start..<end, isContext: isContext, in: caches.0)
      let right = try logits(of: candidate, after: tokens, start..<end, isContext: isContext, in: caches.1)
      for (offset, (left, right)) in zip(left, right).enumerated() {
        let token = tokens[start + offset + 1]
        guard let comparison = TokenComparison(of: token, reference: left, candidate: right) else {
          throw .init(.computation, "window \(window): the logits are not numbers; a model's weights are damaged")
        }
        record.add(comparison)
      }
      start = end
    }
    return record
  }

  private func cache(for model: LoadedModel) throws(ReportedError) -> KeyValueCache {
    do {
      return try KeyValueCache(shape: model.language.configuration.cacheShape, budget: options.context, policy: .full)
    } catch { throw .init(.insufficientMemory, error.description) }
  }

  /// - Returns: the logits after each token of a range; none for tokens that are only context.
  private func logits(
    of model: LoadedModel, after tokens: [Int], _ range: Range<Int>, isContext: Bool, in cache: KeyValueCache
  ) throws(ReportedError) -> [[Float]] {
    let part = Array(tokens[range])
    let positions = range.map { MRoPEPosition(text: Int32($0)) }
    do throws(ModelError) {
      if isContext {
        try model.language.prefill(tokens: part, positions: positions, into: cache.ticket(for: .text))
        return []
      }
      return try model.language.prefillKeepingLogits(
        tokens: part, positions: positions, into: cache.ticket(for: .text))
    } catch { throw .init(.computation, error.description) }
  }
}
