// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation

/// One line of a request file.
public struct BatchRequest: Sendable, Equatable {
  /// A question, and the stream time in seconds at which it is asked; nil asks at the end of the stream.
  public struct Turn: Sendable, Equatable {
    public var at: Double?
    public var ask: String

    public init(at: Double?, ask: String) {
      self.at = at
      self.ask = ask
    }
  }

  public var id: String
  public var video: String?
  public var turns: [Turn]
  public var overrides: Overrides
  /// A programming task, in place of turns.
  public var code: CodeProblem?

  /// What a request may set for itself.
  public struct Overrides: Sendable, Equatable, Decodable {
    public var kv_budget: Int?
    public var kv_policy: String?
    public var fps: Double?
    public var max_tokens: Int?
    public var temperature: Double?
    public var seed: UInt64?
    public var system: String?
  }

  /// Reads a line.
  ///
  /// - Parameter number: the line's number, from 1, for messages.
  /// - Throws: `BatchRequestError` with whatever id could be read.
  public init(line: String, number: Int) throws(BatchRequestError) {
    let bytes = Data(line.utf8)
    let id = Self.id(in: bytes)
    let refuse = { (reason: String) in BatchRequestError(line: number, id: id, reason: reason) }
    let raw: Raw
    do {
      raw = try JSONDecoder().decode(Raw.self, from: bytes)
      overrides = try JSONDecoder().decode(Overrides.self, from: bytes)
    } catch {
      throw refuse(Self.reason(error))
    }
    guard let id else { throw refuse("“id” is missing; give each request an id of its own") }
    self.id = id
    video = raw.video
    if var problem = raw.code?.problem {
      guard raw.ask == nil, raw.turns == nil, video == nil else {
        throw refuse("“code” stands alone, without “video”, “ask” and “turns”")
      }
      problem.id = id
      code = problem
      turns = []
      return
    }
    switch (raw.ask, raw.turns) {
    case (let ask?, nil): turns = [Turn(at: raw.at, ask: ask)]
    case (nil, let turns?): self.turns = turns.map { Turn(at: $0.at, ask: $0.ask) }
    case (nil, nil): throw refuse("there is neither “ask” nor “turns” nor “code”")
    case (_?, _?): throw refuse("“ask” and “turns” exclude each other")
    }
    if let validationError = Self.validationError(about: turns, hasVideo: video != nil) {
      throw refuse(validationError)
    }
  }

  /// A request's video as a path: relative ones are relative to the request file.
  package static func resolve(_ path: String, relativeTo input: String) -> String {
    if input == "-" || path.hasPrefix("/") || path == "-" || path.contains("://") { return path }
    let folder = (input as NSString).deletingLastPathComponent
    return folder.isEmpty ? path : folder + "/" + path
  }

  private static func validationError(about turns: [Turn], hasVideo: Bool) -> String? {
    if turns.isEmpty { return "“turns” is empty" }
    var latest = 0.0
    for (index, turn) in turns.enumerated() {
      if turn.ask.allSatisfy(\.isWhitespace) { return "the question of turn \(index) is empty" }
      guard hasVideo || turn.at == nil else { return "turn \(index) has “at” but the request has no “video”" }
      let at = turn.at ?? .infinity
      if !(at >= 0) { return "“at” of turn \(index) must be 0 or more seconds" }
      if at < latest { return "turn \(index) is asked before the turn above it; order turns by “at”" }
      latest = at
    }
    return nil
  }

  private struct Raw: Decodable {
    struct Turn: Decodable {
      var at: Double?
      var ask: String
    }
    struct Code: Decodable {
      var problem: CodeProblem
      init(from decoder: any Decoder) throws { problem = try .decoded(from: decoder) }
    }
    var video: String?
    var ask: String?
    var at: Double?
    var turns: [Turn]?
    var code: Code?
  }

  /// The id alone, so that a refusal can name it.
  private static func id(in bytes: Data) -> String? {
    struct Text: Decodable { var id: String }
    struct Number: Decodable { var id: Int }
    if let text = try? JSONDecoder().decode(Text.self, from: bytes) { return text.id }
    return (try? JSONDecoder().decode(Number.self, from: bytes)).map { String($0.id) }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "it is not valid JSON" }
    let path = { (context: DecodingError.Context, last: String?) in
      (context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } + (last.map { [$0] } ?? []))
        .joined(separator: ".")
    }
    switch error {
    case .typeMismatch(let type, let context):
      let place = path(context, nil)
      return place.isEmpty ? "it is not a JSON object" : "“\(place)” is not \(Self.name(of: type))"
    case .valueNotFound(_, let context): return "“\(path(context, nil))” is null"
    case .keyNotFound(let key, let context): return "“\(path(context, key.stringValue))” is missing"
    case .dataCorrupted(let context):
      let place = path(context, nil)
      if place.hasPrefix("code") { return "“\(place)”: \(context.debugDescription)" }
      return place.isEmpty ? "it is not valid JSON" : "“\(place)” has a value out of range"
    @unknown default: return "it is not valid JSON"
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Double.Type: "a number"
    case is Int.Type, is UInt64.Type: "a whole number"
    case is [Any].Type: "a list"
    default: "of the expected kind"
    }
  }
}

/// A line that is not a request.
public struct BatchRequestError: Error, Sendable, Equatable {
  public var line: Int
  public var id: String?
  public var reason: String

  public var message: String { "line \(line): \(reason)" }
}
