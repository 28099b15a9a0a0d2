// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Foundation
import Records

/// A line of a file that models are compared or calibrated on: questions about a video or without one, with answers
/// where they are known.
struct Conversation: Sendable, Equatable {
  /// A question and its answer.
  struct Turn: Sendable, Equatable {
    /// Stream time in seconds at which it is asked; infinite for the end of the stream.
    var time = Double.infinity
    var question: String
    /// nil where it is not known.
    var answer: String?
  }

  /// Identifier of the request; the line's number for messages without one.
  var id: String
  /// The line's number, from 1.
  var line: Int
  /// The path of a video; nil for a conversation without one.
  var video: String?
  /// nil takes the model's own.
  var systemPrompt: String?
  /// In the order in which they are asked, at least one.
  var turns: [Turn]
}

/// A file of conversations in JSON Lines: requests as a batch has them, with `answer` beside `ask`, or objects with
/// `messages` as chat templates take them.
struct ConversationFile: Sendable {
  let path: String
  let conversations: [Conversation]

  /// Whether a file is one of conversations: it ends in `.jsonl`, or begins with a JSON object.
  static func isAt(_ path: String) -> Bool {
    if ["jsonl", "ndjson"].contains((path as NSString).pathExtension.lowercased()) { return true }
    let type = (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    guard type == .typeRegular, var reader = try? LineReader(path: path) else { return false }
    while let line = try? reader.next() {
      if line.isBlank { continue }
      return (try? JSONDecoder().decode(JSONObject.self, fromUntrusted: Data((line.text ?? "").utf8))) != nil
    }
    return false
  }

  /// Reads a file.
  ///
  /// - Parameter answers: JSON Lines with `id`, `answer` and, if known, `turn`; they take the place of the file's own.
  /// - Throws: `EvaluationError` or `ReportedError` naming the file and the line.
  init(path: String, answers: String? = nil) throws {
    self.path = path
    let expected = try answers.map { try ExpectedAnswer.read($0) } ?? [:]
    var reader = try LineReader(path: path)
    var found: [Conversation] = []
    while let line = try reader.next() {
      if line.isBlank { continue }
      do throws(LineFault) {
        var conversation = try Self.conversation(line, path: path)
        for turn in conversation.turns.indices {
          let key = ExpectedAnswer.Key(id: conversation.id, turn: turn)
          if let answer = expected[key] { conversation.turns[turn].answer = answer.answer }
        }
        found.append(conversation)
      } catch { throw EvaluationError.badLine(path: path, line: line.number, detail: error.detail) }
    }
    if found.isEmpty { throw EvaluationError.unreadable(path: path, detail: "it holds no request") }
    conversations = found
  }

  private static func conversation(_ line: LineReader.Line, path: String) throws(LineFault) -> Conversation {
    let text = line.text ?? ""
    // The reader puts this character in the place of bytes that are no text.
    if text.contains("\u{FFFD}") { throw LineFault(detail: "it is not UTF-8") }
    let data = Data(text.utf8)
    if let messages = try? JSONDecoder().decode(Messages.self, fromUntrusted: data) {
      return try messages.conversation(line: line.number)
    }
    if (try? JSONDecoder().decode(HasMessages.self, fromUntrusted: data)) != nil {
      throw LineFault(detail: "“messages” is not a list of objects with the strings “role” and “content”")
    }
    let request: BatchRequest
    do throws(BatchRequestError) { request = try BatchRequest(line) } catch { throw LineFault(detail: error.reason) }
    if request.code != nil { throw LineFault(detail: "a programming task has no answer in words; remove it") }
    if !request.images.isEmpty { throw LineFault(detail: "“image” is not supported here; use a “video”, or none") }
    let given = (try? JSONDecoder().decode(GivenAnswers.self, fromUntrusted: data)) ?? GivenAnswers()
    return Conversation(
      id: request.id, line: line.number, video: request.video.map { BatchRequest.resolve($0, relativeTo: path) },
      systemPrompt: request.overrides.systemPrompt,
      turns: request.turns.enumerated().map { index, turn in
        .init(
          time: turn.at ?? .infinity, question: turn.ask,
          answer: given.turns.map { index < $0.count ? $0[index].answer : nil } ?? given.answer)
      })
  }

  private struct JSONObject: Decodable {
    private enum CodingKeys: CodingKey {}
    init(from decoder: any Decoder) throws { _ = try decoder.container(keyedBy: CodingKeys.self) }
  }
}

/// Error in a line, before its file is known.
private struct LineFault: Error {
  var detail: String
}

/// The answers in a request.
private struct GivenAnswers: Decodable {
  struct Turn: Decodable { var answer: String? }
  var answer: String?
  var turns: [Turn]?
}

private struct HasMessages: Decodable {
  private enum CodingKeys: CodingKey { case messages }
  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    guard object.contains(.messages) else {
      throw DecodingError.keyNotFound(CodingKeys.messages, .init(codingPath: [], debugDescription: ""))
    }
  }
}

/// Messages as chat templates take them.
private struct Messages: Decodable {
  struct Message: Decodable {
    var role: String
    var content: String
  }

  var id: String?
  var messages: [Message]

  private enum CodingKeys: CodingKey { case id, messages }

  init(from decoder: any Decoder) throws {
    let object = try decoder.container(keyedBy: CodingKeys.self)
    // An id of another kind serves nobody here.
    id = try? object.decode(String.self, forKey: .id)
    messages = try object.decode([Message].self, forKey: .messages)
  }

  func conversation(line: Int) throws(LineFault) -> Conversation {
    var rest = messages[...]
    var system: String?
    if rest.first?.role == "system" { system = rest.removeFirst().content }
    var turns: [Conversation.Turn] = []
    for message in rest {
      switch message.role {
      case "user":
        if message.content.allSatisfy(\.isWhitespace) { throw LineFault(detail: "a message of the user is empty") }
        if let last = turns.last, last.answer == nil {
          throw LineFault(detail: "two messages of the user follow each other")
        }
        turns.append(.init(question: message.content))
      case "assistant":
        guard let last = turns.indices.last, turns[last].answer == nil else {
          throw LineFault(detail: "a message of the assistant follows none of the user")
        }
        turns[last].answer = message.content
      default:
        throw LineFault(
          detail: "“\(clipped(visible(message.role), to: 40))” is no role; there are user and assistant, "
            + "and system for the first message")
      }
    }
    if turns.isEmpty { throw LineFault(detail: "“messages” has none of the user") }
    return Conversation(id: id ?? "\(line)", line: line, video: nil, systemPrompt: system, turns: turns)
  }
}
