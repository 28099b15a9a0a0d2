// SPDX-License-Identifier: Apache-2.0

import Foundation
import Records

/// Why a text is no programming task.
public enum CodeTaskError: Error, Equatable, CustomStringConvertible {
  /// The text says nothing.
  case empty
  /// A language that no program is written in here.
  case unknownLanguage(String)
  /// JSON that is not a task.
  case malformed(String)

  public var description: String {
    switch self {
    case .empty: "the task is empty; say in words what the program has to do"
    case .unknownLanguage(let name):
      "\(name) is no language that programs are written in here; use \(ProgramLanguage.list)"
    case .malformed(let reason): "the task looks like JSON and cannot be read: \(reason)"
    }
  }
}

extension CodeTask {
  /// Reads a task as a person writes one.
  ///
  /// ```
  /// c: Read two integers and print their sum.
  /// Input:
  /// 1 2
  /// Output:
  /// 3
  /// ```
  /// The language may stand first (`c …`, `c: …`, `--language c …`). Every `Input:` followed by an `Output:` is an
  /// example, on lines of their own or on one line with the statement; what stands behind `Explanation:` or `Note:`
  /// belongs to the statement again. A text that begins with a brace is JSON as in a batch's request:
  /// `{"task": …, "language": …, "examples": [{"input": …, "output": …}]}`.
  ///
  /// - Parameter language: takes the place of the language that the text names.
  /// - Throws: `CodeTaskError` for an empty text, an unknown language, or JSON of another form.
  public init(parsing text: String, language: ProgramLanguage? = nil) throws(CodeTaskError) {
    let (named, rest) = try CodeTask.leadingLanguage(in: text)
    if rest.hasPrefix("{") {
      self = try JSONTask.task(in: rest)
      if let language = language ?? named { self.language = language }
    } else {
      let reading = ExampleText(rest)
      self.init(
        statement: reading.statement, language: language ?? named ?? .python, examples: reading.examples)
    }
    guard !statement.isEmpty else { throw .empty }
  }

  /// The language at the beginning of a text, nil if there is none, and the text without it.
  ///
  /// - Throws: `CodeTaskError.unknownLanguage` for an option that names another language.
  public static func leadingLanguage(
    in text: String
  ) throws(CodeTaskError) -> (language: ProgramLanguage?, rest: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    let (first, rest) = firstWord(text)
    if first == "--language" || first == "-l" {
      let (name, afterName) = firstWord(rest)
      return (try language(named: name), afterName)
    }
    if first.hasPrefix("--language=") {
      return (try language(named: String(first.dropFirst("--language=".count))), rest)
    }
    let bare = first.hasSuffix(":") ? String(first.dropLast()) : first
    // Only small letters: a sentence may begin with `Swift`, and `C:` is a name in a task about notes or drives.
    guard let language = ProgramLanguage(name: bare) else { return (nil, text) }
    return (language, rest)
  }

  /// A language by any of its names.
  ///
  /// - Throws: `CodeTaskError.unknownLanguage`.
  public static func language(named name: String) throws(CodeTaskError) -> ProgramLanguage {
    guard let language = ProgramLanguage(name: name.lowercased()) else { throw .unknownLanguage(name) }
    return language
  }

  private static func firstWord(_ text: String) -> (word: String, rest: String) {
    let word = text.prefix { !$0.isWhitespace }
    return (String(word), text.dropFirst(word.count).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}

/// A task as a batch's request has it.
private struct JSONTask: Decodable {
  struct Example: Decodable {
    var input: String
    var output: String
  }

  var task: String?
  var statement: String?
  var language: String?
  var examples: [Example]?

  static func task(in text: String) throws(CodeTaskError) -> CodeTask {
    let json: JSONTask
    do {
      json = try JSONDecoder().decode(JSONTask.self, fromUntrusted: Data(text.utf8))
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.keyNotFound(_, let context)
    {
      let path = context.codingPath.map(\.stringValue).joined(separator: ".")
      throw .malformed(path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)")
    } catch {
      throw .malformed("it is not valid JSON")
    }
    guard let statement = json.task ?? json.statement else { throw .malformed("the field task is missing") }
    return CodeTask(
      statement: statement.trimmingCharacters(in: .whitespacesAndNewlines),
      language: try json.language.map(CodeTask.language(named:)) ?? .python,
      examples: (json.examples ?? []).map { CodeExample(input: $0.input, output: $0.output) })
  }
}

/// A text divided into statement and examples.
private struct ExampleText {
  var statement = ""
  var examples: [CodeExample] = []

  private enum Part { case input, output, rest }

  init(_ text: String) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    read(lines)
    if examples.isEmpty { read(ExampleText.divided(lines)) }
  }

  private mutating func read(_ lines: [String]) {
    (statement, examples) = ("", [])
    var told: [String] = []
    var part = Part.rest
    // Lines since the last `Input:`, as they were, in case no `Output:` follows.
    var raw: [String] = []
    var input: [String] = []
    var output: [String] = []
    func finishExample(_ examples: inout [CodeExample]) {
      switch part {
      case .input: told += raw
      case .output:
        examples.append(CodeExample(input: ExampleText.block(input), output: ExampleText.block(output)))
      case .rest: break
      }
      (raw, input, output) = ([], [], [])
    }
    for line in lines {
      if let rest = ExampleText.content(of: line, behind: ["input"]) {
        finishExample(&examples)
        part = .input
        raw = [line]
        input = rest.isEmpty ? [] : [rest]
      } else if part == .input, let rest = ExampleText.content(of: line, behind: ["output", "expected output"]) {
        part = .output
        output = rest.isEmpty ? [] : [rest]
      } else if part == .output, ExampleText.content(of: line, behind: ["explanation", "note", "notes"]) != nil {
        finishExample(&examples)
        part = .rest
        told.append(line)
      } else {
        switch part {
        case .input:
          raw.append(line)
          input.append(line)
        case .output: output.append(line)
        case .rest: told.append(line)
        }
      }
    }
    finishExample(&examples)
    statement = ExampleText.withoutExampleTitles(told)
  }

  /// Text behind one of these titles and a colon, as in `Input:`, `Sample input 2:`, `**Output:** 3`; nil for a
  /// line without.
  private static func content(of line: String, behind titles: [String]) -> String? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    var title = line[..<colon].lowercased().filter { !"*#_`0123456789".contains($0) }
      .trimmingCharacters(in: .whitespaces)
    for word in ["sample ", "example "] where title.hasPrefix(word) { title.removeFirst(word.count) }
    guard titles.contains(title) else { return nil }
    return line[line.index(after: colon)...].trimmingCharacters(in: CharacterSet(charactersIn: " \t*_"))
  }

  /// The lines of a block without blank ones around it and without a fence.
  private static func block(_ lines: [String]) -> String {
    let kept = lines.filter { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("```") }
    let isBlank = { (line: String) in line.allSatisfy(\.isWhitespace) }
    guard let first = kept.firstIndex(where: { !isBlank($0) }), let last = kept.lastIndex(where: { !isBlank($0) })
    else { return "" }
    var end = last
    // A title over the next example is not part of this one.
    if last > first, isExampleTitle(kept[last]) {
      end = kept[..<last].lastIndex { !isBlank($0) } ?? first
    }
    return kept[first...end].joined(separator: "\n") + "\n"
  }

  /// `Example 2:` and the like, alone on a line.
  private static func isExampleTitle(_ line: String) -> Bool {
    let title = line.lowercased().filter { !"*#_`0123456789: ".contains($0) }
    return ["example", "examples", "sample", "samples"].contains(title)
  }

  private static func withoutExampleTitles(_ lines: [String]) -> String {
    lines.filter { !isExampleTitle($0) }.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// `… Input: 1 2 Output: 3` typed on one line, with the titles at the starts of lines.
  private static func divided(_ lines: [String]) -> [String] {
    lines.flatMap { line -> [String] in
      var line = line
      for title in ["Input:", "Output:"] { line = line.replacingOccurrences(of: " \(title)", with: "\n\(title)") }
      return line.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
