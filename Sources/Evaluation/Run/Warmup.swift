// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Inference
import Platform
import Records

/// Temporal patches before every stream of a suite. Each configuration prefills them once. Each stream then goes on
/// with a copy of the dialogue.
struct Warmup {
  /// In stream order.
  let patches: [TemporalPatch]
  /// Dialogues that have seen the warm-up, by configuration and budget.
  private var dialogues: [String: VideoDialogue] = [:]
  /// Temporal patches between two reports of progress.
  private static let reportInterval = 1024

  /// Nothing has been prefilled.
  init(_ patches: [TemporalPatch]) { self.patches = patches }

  /// A dialogue that has seen the warm-up and nothing else.
  ///
  /// - Parameters:
  ///   - run: says the configuration and the budget.
  ///   - stream: what comes after the warm-up, for a budget that is a ratio of both. The first stream's counts for all.
  ///   - stop: looked at before each patch.
  ///   - report: receives the stream time in seconds now and then.
  /// - Returns: nil where it was stopped.
  /// - Throws: `ReportedError`.
  mutating func dialogue(
    of run: StreamRun, for stream: [TemporalPatch], model: LoadedModel, options: DialogueOptions, stop: StopSource,
    report: (_ seconds: Double) -> Void
  ) throws(ReportedError) -> VideoDialogue? {
    let offloadPath = run.configuration.offloads ? options.offload?.path : nil
    if dialogues[run.label] == nil {
      var options = options
      // Each holds its file open to the end.
      options.offload?.path += "-\(dialogues.count + 1)"
      let dialogue = try run.makeDialogue(for: patches + stream, model: model, options: options)
      for (index, patch) in patches.enumerated() {
        if stop.isStopped { return nil }
        if index % Self.reportInterval == 0 { report(patch.time) }
        try dialogue.ingest(patch)
      }
      _ = dialogue.takeCompressions()
      dialogues[run.label] = dialogue
    }
    return try dialogues[run.label].map { warmedUp throws(ReportedError) in
      try VideoDialogue(copying: warmedUp, offloadPath: offloadPath)
    }
  }
}
