import Foundation

/// Why a text is no programming task.
public enum CodeTaskError: Error, Equatable, CustomStringConvertible {
  case noStatement
  case unknownLanguage(String)
  /// The text begins like a JSON object and cannot be read as one.
  case malformedJSON(String)

  public var description: String {
    switch self {
    case .noStatement: "the task does not say what is to be done"
    case .unknownLanguage(let name):
      "\"\(name)\" is no language for tasks; use \(CodeTask.languages.joined(separator: ", "))"
    case .malformedJSON(let reason):
      "the task begins with { and is no JSON object of \"task\", \"language\" and \"examples\": \(reason)"
    }
  }
}

extension CodeTask {
  /// The languages that programs are written in.
  public static let languages = ["python", "c", "swift"]

  /// Reads a task as a person writes it, or as the JSON object of batches:
  /// `{"task": …, "language": …, "examples": [{"input": …, "output": …}]}`.
  ///
  /// A language and a colon may stand first (`c: …`). Lines that begin with `Input:` and `Output:` are examples, with
  /// what follows the colon and the lines below. An output ends at an empty line; one that has empty lines within
  /// needs the JSON form. An input without an output is part of the statement.
  public init(parsing text: String) throws(CodeTaskError) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if text.first == "{" {
      try self.init(json: text)
    } else {
      let (language, rest) = CodeTask.splitLanguage(text)
      var reader = TaskLines()
      for line in rest.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) { reader.take(line) }
      reader.finish()
      self.init(
        statement: reader.statement.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines),
        language: language ?? "python", examples: reader.examples)
    }
    if statement.isEmpty { throw .noStatement }
  }

  private init(json: String) throws(CodeTaskError) {
    struct Object: Decodable {
      struct Example: Decodable {
        var input: String
        var output: String
      }
      var task: String
      var language: String?
      var examples: [Example]?
    }
    let object: Object
    do {
      object = try JSONDecoder().decode(Object.self, from: Data(json.utf8))
    } catch {
      throw .malformedJSON(CodeTask.reason(error))
    }
    let language = object.language?.lowercased() ?? "python"
    guard CodeTask.languages.contains(language) else { throw .unknownLanguage(object.language ?? "") }
    self.init(
      statement: object.task.trimmingCharacters(in: .whitespacesAndNewlines), language: language,
      examples: (object.examples ?? []).map { CodeExample(input: $0.input, output: $0.output) })
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\"\(context.codingPath.map(\.stringValue).joined(separator: "."))\" has another type than it should"
    default: "it is not well formed"
    }
  }

  private static func splitLanguage(_ text: String) -> (language: String?, rest: Substring) {
    guard let colon = text.firstIndex(of: ":") else { return (nil, text[...]) }
    let word = text[..<colon].lowercased()
    return languages.contains(word) ? (word, text[text.index(after: colon)...]) : (nil, text[...])
  }
}

/// Sorts the lines of a task into its statement and its examples.
private struct TaskLines {
  private enum Part {
    case statement, input, output
  }

  private(set) var statement: [Substring] = []
  private(set) var examples: [CodeExample] = []
  private var part = Part.statement
  private var input: [Substring] = []
  private var output: [Substring] = []
  /// The line that announced the input, for when no output follows.
  private var inputHeading: Substring?

  mutating func take(_ line: Substring) {
    if let (isInput, rest) = TaskLines.heading(line) {
      begin(isInput: isInput, heading: line, rest)
      return
    }
    switch part {
    case .statement: statement.append(line)
    case .input where !TaskLines.isFence(line): input.append(line)
    case .output where TaskLines.isBlank(line) && !output.isEmpty: endExample()
    case .output where !TaskLines.isFence(line) && !TaskLines.isBlank(line): output.append(line)
    case .input, .output: break
    }
  }

  mutating func finish() {
    switch part {
    case .statement: break
    case .input: returnInputToStatement()
    case .output: endExample()
    }
  }

  private mutating func begin(isInput: Bool, heading: Substring, _ rest: Substring) {
    if isInput {
      finish()
      part = .input
      inputHeading = heading
      input = rest.isEmpty ? [] : [rest]
    } else {
      if part == .output { endExample() }
      part = .output
      output = rest.isEmpty ? [] : [rest]
    }
  }

  private mutating func endExample() {
    examples.append(CodeExample(input: TaskLines.block(input), output: TaskLines.block(output)))
    (input, output, inputHeading, part) = ([], [], nil, .statement)
  }

  private mutating func returnInputToStatement() {
    guard let heading = inputHeading else { return }
    // What followed the colon is in the heading.
    let isOnHeading = TaskLines.heading(heading).map { !$0.rest.isEmpty } ?? false
    statement.append(heading)
    statement += isOnHeading ? input.dropFirst() : input[...]
    (input, inputHeading, part) = ([], nil, .statement)
  }

  /// `Input: …`, `Sample output 2:` and the like.
  private static func heading(_ line: Substring) -> (isInput: Bool, rest: Substring)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let words = line[..<colon].lowercased().split(separator: " ").filter { word in
      !["sample", "example"].contains(word) && !word.allSatisfy { $0.isNumber || $0 == "#" }
    }
    guard words == ["input"] || words == ["output"] else { return nil }
    return (words == ["input"], line[line.index(after: colon)...].drop { $0 == " " })
  }

  private static func isFence(_ line: Substring) -> Bool { line.drop { $0 == " " }.hasPrefix("```") }

  private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

  /// Lines as a program reads or writes them.
  private static func block(_ lines: [Substring]) -> String {
    var lines = lines
    while let last = lines.last, isBlank(last) { lines.removeLast() }
    return lines.map { $0 + "\n" }.joined()
  }
}
