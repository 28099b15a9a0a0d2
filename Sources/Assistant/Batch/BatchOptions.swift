// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import Dialogue
import Inference
import Logging

/// How a batch is run.
public struct BatchOptions: Sendable {
  /// The request file; `-` for standard input.
  public var input: String
  /// The result file; nil for standard output.
  public var output: String?
  /// Leave out what the result file already answers.
  public var isResuming: Bool
  /// The part of the requests that is answered; nil for all.
  public var shard: BatchShard?
  /// How requests are answered, where they say nothing else.
  public var dialogue: DialogueOptions
  /// How videos are sampled; nil members take the model's own values.
  public var stream: StreamSettings
  /// How programming tasks are worked on; nil refuses them.
  public var code: CodeAgentSettings?
  /// Told of requests, answers, warnings, signal losses and errors, for people to read.
  public var logger: Logger
  /// Receives the progress, at most five times a second and after each request.
  public var report: @Sendable (BatchProgress) -> Void
  /// Told what the user is to know of a code model.
  public var warn: @Sendable (String) -> Void

  /// Makes the options of a run.
  public init(
    input: String, output: String?, isResuming: Bool, shard: BatchShard? = nil, dialogue: DialogueOptions,
    stream: StreamSettings, code: CodeAgentSettings? = nil, logger: Logger,
    report: @escaping @Sendable (BatchProgress) -> Void, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.input = input
    self.output = output
    self.isResuming = isResuming
    self.shard = shard
    self.dialogue = dialogue
    self.stream = stream
    self.code = code
    self.logger = logger
    self.report = report
    self.warn = warn
  }
}
