// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Inference
import Records
import Video

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
  private let sampling: StreamSettings

  /// - Parameters:
  ///   - requests: JSON Lines with `id`, `video`, and `ask` or `turns`.
  ///   - answers: JSON Lines with `id`, `answer`, and, if known, `turn` (from 0), `kind` and `position`.
  /// - Throws: `EvaluationError` or `ReportedError` naming the file and the line.
  public init(requests: String, answers: String, sampling: StreamSettings) throws {
    self.sampling = sampling
    let expected = try ExpectedAnswer.read(answers)
    var clips: [Clip] = []
    for line in try LineReader(path: requests) where !line.isBlank {
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
  public func show(
    _ stream: EvaluationStream, to encoded: inout EncodedStream, model: LoadedModel, on runner: isolated any Actor
  ) async throws {
    let video = try await VideoStream.open(
      VideoSource(paths[stream.number]), options: try sampling.options(for: model, isHeadless: true))
    defer { video.stop() }
    while let timed = await video.next() { try encoded.add(timed.image, at: timed.time) }
    if let failure = video.failure { throw failure }
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

/// A line of the file with the right answers.
private struct ExpectedAnswer: Decodable {
  var id: String
  var turn: Int?
  var answer: String
  var kind: String?
  var position: AnswerPosition?

  /// The question that a line answers.
  struct Key: Hashable {
    var id: String
    var turn: Int
  }

  /// - Throws: `ReportedError` or `EvaluationError.badLine`.
  static func read(_ path: String) throws -> [Key: ExpectedAnswer] {
    var found: [Key: ExpectedAnswer] = [:]
    for line in try LineReader(path: path) where !line.isBlank {
      guard let text = line.text, let answer = try? JSONDecoder().decode(ExpectedAnswer.self, from: Data(text.utf8))
      else {
        throw EvaluationError.badLine(
          path: path, line: line.number, detail: "it is not an object with the strings “id” and “answer”")
      }
      found[Key(id: answer.id, turn: answer.turn ?? 0)] = answer
    }
    return found
  }
}
