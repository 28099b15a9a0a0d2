// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Inference
import Platform
import Records

/// The user's own clips: a request file as `edgeassist --batch` reads it, and a file with the right answers.
///
/// Requests about one clip share its temporal patches. A request with several turns is a conversation. Every other
/// request is asked as if it were the only one.
public struct ClipSuite: EvaluationSuite {
  /// A short description for people.
  public let title = "clips and questions of a request file"
  /// The two files, and the number of questions.
  public let identity: [(name: String, value: String)]
  /// A stream for each clip, and one for each conversation.
  public let streams: [EvaluationStream]
  /// The clip's path of each stream.
  private let paths: [String]
  private let settings: StreamSettings

  /// - Parameters:
  ///   - requests: JSON Lines with `id`, `video`, and `ask` or `turns`.
  ///   - answers: JSON Lines with `id`, `answer`, and, if known, `turn` (from 0), `kind` and `position`.
  /// - Throws: `EvaluationError` or `ReportedError` naming the file and the line.
  public init(requests: String, answers: String, settings: StreamSettings) throws {
    self.settings = settings
    let expected = try ExpectedAnswer.read(answers)
    var clips: [Clip] = []
    var reader = try LineReader(path: requests)
    while let line = try reader.next() {
      if line.isBlank { continue }
      let number = line.number
      let request: BatchRequest
      do throws(BatchRequestError) {
        request = try BatchRequest(line)
      } catch {
        throw EvaluationError.badLine(path: requests, line: number, detail: error.reason)
      }
      guard let video = request.video else {
        throw EvaluationError.badLine(path: requests, line: number, detail: "there is no “video” to ask about")
      }
      let path = BatchRequest.resolve(video, relativeTo: requests)
      let turns = try request.turns.enumerated().map { turn, asked in
        guard let answer = expected[ExpectedAnswer.Key(id: request.id, turn: turn)] else {
          throw EvaluationError.badLine(
            path: requests, line: number, detail: "\(answers) has no answer to “\(request.id)”, turn \(turn)")
        }
        return (at: asked.at ?? .infinity, ask: asked.ask, expected: answer)
      }
      if turns.count == 1, let known = clips.firstIndex(where: { $0.path == path && !$0.isConversation }) {
        clips[known].turns += turns
      } else {
        clips.append(Clip(path: path, isConversation: turns.count > 1, turns: turns))
      }
    }
    if clips.isEmpty { throw EvaluationError.unreadable(path: requests, detail: "it holds no request") }
    paths = clips.map(\.path)
    streams = clips.enumerated().map { $1.stream(number: $0) }
    identity = [
      ("suite", "clips"), ("requests", requests), ("answers", answers),
      ("questions", "\(clips.reduce(0) { $0 + $1.turns.count })"),
    ]
  }

  /// Decodes a clip and gives its sampled frames to an encoder.
  ///
  /// - Throws: `VideoError` where the clip cannot be read, `ReportedError` where a frame cannot be encoded.
  public func show(
    _ stream: EvaluationStream, to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource,
    on runner: isolated any Actor
  ) async throws {
    try await settings.show(clip: paths[stream.number], to: &encoded, model: model, stop: stop, on: runner)
  }
}

/// One clip and the questions about it.
private struct Clip {
  var path: String
  var isConversation: Bool
  var turns: [(at: Double, ask: String, expected: ExpectedAnswer)]

  func stream(number: Int) -> EvaluationStream {
    let times = Set(turns.map(\.at)).sorted()
    let numbered = Array(turns.enumerated())
    let moments = times.map { time in
      EvaluationMoment(
        time: time,
        questions: numbered.filter { $0.element.at == time }.map { index, turn in
          EvaluationQuestion(
            number: index, kind: turn.expected.kind ?? "question", position: turn.expected.position, ask: turn.ask,
            answer: turn.expected.answer)
        })
    }
    return EvaluationStream(
      number: number, kind: (path as NSString).lastPathComponent, moments: moments,
      end: times.last ?? .infinity, isConversation: isConversation)
  }
}
