// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import Dialogue
import Inference

/// How a batch is run.
public struct BatchOptions: Sendable {
  /// The request file; `-` for standard input.
  public var input: String
  /// The result file; nil for standard output.
  public var output: String?
  /// Leave out what the result file already answers.
  public var isResuming: Bool
  /// How requests are answered, where they say nothing else.
  public var dialogue: DialogueOptions
  /// How videos are sampled; nil members take the model's own values.
  public var stream: StreamSettings
  /// How programming tasks are worked on; nil refuses them.
  public var code: SolveSettings?
  /// Receives the progress, at most five times a second and after each request.
  public var report: @Sendable (BatchStep) -> Void

  /// Makes the options of a run.
  public init(
    input: String, output: String?, isResuming: Bool, dialogue: DialogueOptions, stream: StreamSettings,
    code: SolveSettings? = nil, report: @escaping @Sendable (BatchStep) -> Void
  ) {
    self.input = input
    self.output = output
    self.isResuming = isResuming
    self.dialogue = dialogue
    self.stream = stream
    self.code = code
    self.report = report
  }
}

/// Where a batch is.
public struct BatchStep: Sendable, Equatable {
  /// Requests finished.
  public var finished = 0
  /// Those of them of which a turn failed.
  public var failed = 0
  /// The request under way.
  public var id = ""
  /// Stream time up to which frames were taken in, in seconds.
  public var time = 0.0
  /// Length of the stream in seconds; nil if it is not known.
  public var duration: Double?
}

/// What came of a batch.
public struct BatchSummary: Sendable, Equatable {
  /// Requests finished.
  public var finished = 0
  /// Those of them of which a turn failed.
  public var failed = 0
  /// Whether it was stopped before the end of the file.
  public var isInterrupted = false
}
