// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// A task as a JSON object in one of the usual layouts:
///
/// - this program's: `task`, `language`, `examples` and `tests` (each a list of `input` and `output`), `kind`, `tags`;
/// - CodeContests': `description` with `public_tests`, which become examples, and `private_tests` and
///   `generated_tests`, each `{"input": […], "output": […]}`;
/// - APPS': `question` with `input_output`, `{"inputs": […], "outputs": […]}` as an object or as a text that holds one.
///   APPS does not say which pairs are samples: the first two are examples if at least as many remain as tests.
struct ProblemRecord: Decodable {
  private struct Pair: Decodable {
    var input: String
    var output: String
  }

  private struct Columns: Decodable {
    var input: [String]
    var output: [String]

    var examples: [CodeExample] { zip(input, output).map { CodeExample(input: $0, output: $1) } }
  }

  /// The tests of an APPS task.
  struct InputsOutputs: Decodable {
    var examples: [CodeExample]

    private enum Key: String, CodingKey { case inputs, outputs, fn_name }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: Key.self)
      // Its inputs are then arguments of any type.
      if try members.decodeIfPresent(String.self, forKey: .fn_name) != nil {
        throw DecodingError.dataCorruptedError(
          forKey: .fn_name, in: members, debugDescription: "it wants a function, not a program")
      }
      let inputs = try members.decode([String].self, forKey: .inputs)
      examples = zip(inputs, try members.decode([String].self, forKey: .outputs))
        .map { CodeExample(input: $0, output: $1) }
    }
  }

  private enum Identifier: Decodable {
    case text(String)
    case number(Int)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    var text: String {
      switch self {
      case .text(let text): text
      case .number(let number): String(number)
      }
    }
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  var id: String?
  var task: CodeTask
  var unknownLanguage: String?
  var tests: [CodeExample]
  var kind: String?
  var tags: [String]

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: AnyKey.self)
    let has = { (name: String) in members.contains(AnyKey(stringValue: name)) }
    func value<T: Decodable>(_ name: String, _ type: T.Type) throws -> T? {
      try members.decodeIfPresent(type, forKey: AnyKey(stringValue: name))
    }
    id =
      try value("id", Identifier.self)?.text ?? value("name", String.self)
      ?? value("problem_id", Identifier.self)?.text
    kind = try value("kind", String.self)
    tags = try value("tags", [String].self) ?? []
    let name = try value("language", String.self)
    let known = name.flatMap { ProgramLanguage(rawValue: $0) }
    unknownLanguage = known == nil ? name : nil
    let language = known ?? .python
    func statement(_ name: String) throws -> String {
      let text = try value(name, String.self)?.trimmed ?? ""
      guard !text.isEmpty else { throw fault("“\(name)” is empty", decoder) }
      return text
    }
    func fault(_ reason: String, _ decoder: any Decoder) -> DecodingError {
      .dataCorrupted(DecodingError.Context(codingPath: decoder.codingPath, debugDescription: reason))
    }

    if has("task") {
      let list = { (name: String) in
        try value(name, [Pair].self)?.map { CodeExample(input: $0.input, output: $0.output) } ?? []
      }
      task = CodeTask(statement: try statement("task"), language: language, examples: try list("examples"))
      tests = try list("tests")
    } else if has("question") {
      let (examples, hidden) = try Self.apps(in: members)
      task = CodeTask(statement: try statement("question"), language: language, examples: examples)
      tests = hidden
    } else if has("description") {
      let list = { (name: String) in try value(name, Columns.self)?.examples ?? [] }
      task = CodeTask(
        statement: try statement("description"), language: language, examples: try list("public_tests"))
      tests = try list("private_tests") + list("generated_tests")
    } else {
      throw fault("there is neither “task” nor “question” (APPS) nor “description” (CodeContests)", decoder)
    }
  }

  private static func apps(
    in members: KeyedDecodingContainer<AnyKey>
  ) throws -> (examples: [CodeExample], tests: [CodeExample]) {
    let key = AnyKey(stringValue: "input_output")
    let pairs: InputsOutputs?
    if let text = try? members.decodeIfPresent(String.self, forKey: key) {
      pairs = text.isEmpty ? nil : try JSONDecoder().decode(InputsOutputs.self, fromUntrusted: Data(text.utf8))
    } else {
      pairs = try members.decodeIfPresent(InputsOutputs.self, forKey: key)
    }
    return split(pairs?.examples ?? [])
  }

  /// The first two pairs are examples, if at least as many remain as tests; of a few, half are, and a single pair is
  /// both.
  static func split(_ pairs: [CodeExample]) -> (examples: [CodeExample], tests: [CodeExample]) {
    if pairs.count < 2 { return (pairs, pairs) }
    let count = min(2, pairs.count / 2)
    return (Array(pairs[..<count]), Array(pairs[count...]))
  }
}

extension ProblemRecord {
  func problem(fallbackID: String) -> CodeProblem {
    CodeProblem(
      id: id ?? fallbackID, task: task, unknownLanguage: unknownLanguage, tests: tests, kind: kind, tags: tags)
  }

  /// Reason why an object is no task, in words.
  static func reason(_ error: any Error) -> String {
    let path = { (context: DecodingError.Context) in
      context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "“\((path(context).isEmpty ? "" : path(context) + ".") + key.stringValue)” is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return path(context).isEmpty ? "it is no JSON object" : "“\(path(context))” has another type than it should"
    case DecodingError.dataCorrupted(let context) where context.underlyingError == nil:
      return context.debugDescription
    default: return "it is not valid JSON"
    }
  }
}
