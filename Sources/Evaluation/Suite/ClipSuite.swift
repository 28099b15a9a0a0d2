// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Inference
import Platform
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
    let source = VideoSource(paths[stream.number])
    let options = try settings.options(for: model, isHeadless: true)
    let opened = try await unlessStopped(stop) { try await VideoStream.open(source, options: options) }
    guard let video = opened else { return }
    defer { video.stop() }
    try await withStopHandler(stop, isolation: runner) {
      while !stop.isStopped, let timed = await video.next() { try encoded.add(timed.image, at: timed.time) }
    } onStop: {
      video.stop()
    }
    if !stop.isStopped, let failure = video.failure { throw failure }
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

/// Error in a line of answers.
private struct AnswerFault: Error {
  var detail: String
}

/// A line of the file with the right answers.
private struct ExpectedAnswer: Decodable {
  private enum CodingKeys: String, CodingKey, CaseIterable { case id, answer, turn, kind, position }

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
    var reader = try LineReader(path: path)
    while let line = try reader.next() {
      if line.isBlank { continue }
      let answer: ExpectedAnswer
      do throws(AnswerFault) { answer = try Self.decode(line.text) } catch {
        throw EvaluationError.badLine(path: path, line: line.number, detail: error.detail)
      }
      let key = Key(id: answer.id, turn: answer.turn ?? 0)
      if found.updateValue(answer, forKey: key) != nil {
        throw EvaluationError.badLine(
          path: path, line: line.number, detail: "an earlier line answers “\(key.id)”, turn \(key.turn) too")
      }
    }
    return found
  }

  private static func decode(_ line: String?) throws(AnswerFault) -> ExpectedAnswer {
    let data = Data((line ?? "").utf8)
    let known = CodingKeys.allCases.map(\.rawValue)
    let names = (try? JSONDecoder().decode(MemberNames.self, fromUntrusted: data))?.names ?? []
    // A member that is passed over would change what is measured, and nobody would see it.
    if let unknown = names.first(where: { !known.contains($0) }) {
      throw AnswerFault(detail: "“\(unknown)” is no member of an answer; there are \(known.joined(separator: ", "))")
    }
    do { return try JSONDecoder().decode(ExpectedAnswer.self, fromUntrusted: data) } catch {
      throw AnswerFault(
        detail: "it is not an object with the strings “id” and “answer” and, optionally, the number “turn”, the string "
          + "“kind” and a “position”: \(AnswerPosition.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }
}

/// The names of the members of a JSON object, sorted.
private struct MemberNames: Decodable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  var names: [String]

  init(from decoder: any Decoder) throws {
    names = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue).sorted()
  }
}
