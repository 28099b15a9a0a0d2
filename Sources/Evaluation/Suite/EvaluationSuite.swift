// SPDX-License-Identifier: Apache-2.0

import Inference
import Platform

/// A set of streams and questions that is the same in every run.
public protocol EvaluationSuite: Sendable {
  /// A short description for people.
  var title: String { get }
  /// The parameters of the suite, by name. Suites with the same parameters are the same.
  var identity: [(name: String, value: String)] { get }
  /// The streams, in the order in which they are evaluated.
  var streams: [EvaluationStream] { get }

  /// Gives the frames that come before each stream to an encoder, the same for all streams.
  ///
  /// - Parameters: as of `show`.
  /// - Throws: as `show`.
  func showWarmup(to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource) throws

  /// Gives the frames of a stream to an encoder, from the first to the last.
  ///
  /// - Parameters:
  ///   - encoded: makes temporal patches of them.
  ///   - model: the model whose preferences set the frames' size and rate.
  ///   - stop: ends it before the last frame.
  ///   - runner: the actor on whose thread the model runs.
  /// - Throws: what keeps a frame from being made, or `ReportedError` where one cannot be encoded.
  func show(
    _ stream: EvaluationStream, to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource,
    on runner: isolated any Actor
  ) async throws
}

extension EvaluationSuite {
  /// No frames come before the streams.
  public func showWarmup(to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource) throws {}
}
