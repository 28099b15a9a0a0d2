// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import ConstrainedDecoding
import Foundation
import Platform
import Records

/// One line of a request file: questions about a video or without one, or a programming task.
public struct BatchRequest: Sendable, Equatable {
  /// A question, and the stream time in seconds at which it is asked; nil asks at the end of the stream.
  public struct Turn: Sendable, Equatable, Decodable {
    /// Stream time in seconds; nil for the end of the stream.
    public var at: Double?
    /// The question.
    public var ask: String
    /// Whether the turn sees the conversation so far and stays out of it, so that no later turn sees it; nil for what
    /// the request says.
    public var isIndependent: Bool?

    /// Makes a turn.
    public init(at: Double?, ask: String, isIndependent: Bool? = nil) {
      self.at = at
      self.ask = ask
      self.isIndependent = isIndependent
    }

    /// Reads a turn.
    ///
    /// - Throws: `DecodingError` naming the member.
    public init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      at = try members.number(forKey: .at)
      ask = try members.decode(String.self, forKey: .ask)
      isIndependent = try members.decodeIfPresent(Bool.self, forKey: .independent)
    }

    private enum CodingKeys: String, CodingKey { case at, ask, independent }
  }

  /// Identifier by which results and `--resume` tell requests apart.
  public var id: String
  /// A file or URL as the request gives it; nil asks without a video.
  public var video: String?
  /// Image files, which are shown before the video and the questions.
  public var images: [String]
  /// In the order in which they are asked; empty for a programming task.
  public var turns: [Turn]
  /// Whether turns that do not say otherwise are independent of each other.
  public var isIndependent: Bool
  /// Options that the request sets for itself.
  public var overrides: BatchOverrides
  /// A programming task, in place of turns.
  public var code: CodeProblem?

  /// Reads a line.
  ///
  /// - Parameter number: the line's number, from 1, for messages.
  /// - Throws: `BatchRequestError` with whatever id could be read.
  public init(line: String, number: Int) throws(BatchRequestError) {
    let object: RequestObject
    do { object = try JSONDecoder().decode(RequestObject.self, fromUntrusted: Data(line.utf8)) } catch {
      throw BatchRequestError(
        line: number, id: nil, reason: BadJSONValue(firstIn: line)?.description ?? jsonFault(error))
    }
    do throws(RequestFault) {
      try self.init(object, line: line)
    } catch {
      // The decoder looks at a number when it is asked for, and does not say what is wrong with how it is written.
      throw BatchRequestError(
        line: number, id: try? object.id.get(), reason: BadJSONValue(firstIn: line)?.description ?? error.reason)
    }
  }

  /// Reads a line of a request file.
  ///
  /// - Throws: `BatchRequestError` with whatever id could be read.
  package init(_ line: LineReader.Line) throws(BatchRequestError) {
    guard let text = line.text else {
      let limit = memorySize(LineReader.usualLimit)
      throw BatchRequestError(line: line.number, id: nil, reason: "it is longer than \(limit) and was skipped")
    }
    try self.init(line: text, number: line.number)
  }

  private init(_ object: RequestObject, line: String) throws(RequestFault) {
    let members: RequestObject.Members
    do { members = try object.members.get() } catch { throw RequestFault(jsonFault(error)) }
    do { id = try object.id.get() } catch { throw RequestFault(error.reason) }
    video = members.video
    images = members.images
    if images.contains(where: \.isEmpty) { throw RequestFault("a path of “image” is empty") }
    guard images.count <= Self.mostImages else {
      throw RequestFault("“image” has \(images.count) images; \(Self.mostImages) at most can be shown")
    }
    overrides = members.overrides
    overrides.grammar = try Self.grammar(members, line: line)
    isIndependent = members.independent ?? false
    if var problem = members.code?.problem {
      guard members.ask == nil, members.turns == nil, video == nil, images.isEmpty else {
        throw RequestFault("“code” stands alone, without “video”, “image”, “ask” and “turns”")
      }
      guard overrides.grammar == nil else {
        throw RequestFault("“schema” and “grammar” are about answers, not about “code”")
      }
      guard members.independent == nil else { throw RequestFault("“independent” is about “turns”, not about “code”") }
      problem.id = id
      code = problem
      turns = []
      return
    }
    switch (members.ask, members.turns) {
    case (let ask?, nil): turns = [Turn(at: members.at, ask: ask)]
    case (nil, let turns?): self.turns = turns
    case (nil, nil): throw RequestFault("there is neither “ask” nor “turns” nor “code”")
    case (_?, _?): throw RequestFault("“ask” and “turns” exclude each other")
    }
    try checkTurns()
  }

  /// What “grammar” or “schema” lets an answer be.
  private static func grammar(_ members: RequestObject.Members, line: String) throws(RequestFault) -> Grammar? {
    if members.hasSchema, members.grammar != nil { throw RequestFault("“schema” and “grammar” exclude each other") }
    do throws(GrammarError) {
      if let text = members.grammar { return try Grammar(gbnf: text) }
      guard members.hasSchema, let schema = try OrderedJSON(line)["schema"] else { return nil }
      return try Grammar(jsonSchema: schema)
    } catch {
      throw RequestFault("“\(members.grammar == nil ? "schema" : "grammar")”: \(error)")
    }
  }

  private static let mostImages = 1000

  /// The turns from one on that are answered at once: itself, and independent ones after it that are asked at the same
  /// time.
  package func turnsAtOnce(from index: Int) -> Range<Int> {
    func isIndependent(_ turn: Turn) -> Bool { turn.isIndependent ?? self.isIndependent }
    guard isIndependent(turns[index]) else { return index..<index + 1 }
    let end = turns[index...].firstIndex { !isIndependent($0) || $0.at != turns[index].at } ?? turns.endIndex
    return index..<end
  }

  private func checkTurns() throws(RequestFault) {
    if turns.isEmpty { throw RequestFault("“turns” is empty") }
    var latest = 0.0
    for (index, turn) in turns.enumerated() {
      if turn.ask.allSatisfy(\.isWhitespace) { throw RequestFault("the question of turn \(index) is empty") }
      guard video != nil || turn.at == nil else {
        throw RequestFault("turn \(index) has “at” but the request has no “video”")
      }
      let at = turn.at ?? .infinity
      if !(at >= 0) { throw RequestFault("“at” of turn \(index) must be 0 or more seconds") }
      if at < latest {
        throw RequestFault("turn \(index) is asked before the turn above it; order turns by “at”")
      }
      latest = at
    }
  }

  /// A request's video or image as a path: relative ones are relative to the request file.
  package static func resolve(_ path: String, relativeTo input: String) -> String {
    if input == "-" || path.hasPrefix("/") || path == "-" || path.contains("://") { return path }
    let folder = parentFolder(of: input)
    return folder.isEmpty ? path : folder + "/" + path
  }
}

/// A line that is not a request.
public struct BatchRequestError: Error, Sendable, Equatable {
  /// The line's number, from 1.
  public var line: Int
  /// The request's id, where it could be read.
  public var id: String?
  /// Reason of the error, without the line's number.
  public var reason: String

  /// Makes an error about a line.
  public init(line: Int, id: String?, reason: String) {
    self.line = line
    self.id = id
    self.reason = reason
  }

  /// One line for a person: the line's number and what is wrong.
  public var message: String { "line \(line): \(reason)" }
}

/// Error of a request, before its line is known.
private struct RequestFault: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
