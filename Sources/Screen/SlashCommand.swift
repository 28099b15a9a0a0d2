// SPDX-License-Identifier: Apache-2.0

/// A command after a slash.
package enum SlashCommand: String, CaseIterable, Sendable {
  /// About the stream and the conversation.
  case help, clear, image, pause, resume, seek, cache, budget, policy, save
  /// About the coding pane.
  case code, stop, retry, accept, share
  /// Writes the program, where `save` writes the conversation.
  case saveCode = "save-code"
  /// Leaves the program.
  case quit

  /// The argument's name in the help; nil for a command without one.
  package var argument: String? {
    switch self {
    case .seek: "TIME"
    case .budget: "TOKENS"
    case .policy: "NAME"
    case .image, .save, .saveCode: "FILE"
    case .code: "TASK"
    case .help, .clear, .pause, .resume, .cache, .stop, .retry, .accept, .share, .quit: nil
    }
  }

  /// One line for the help.
  package var summary: String {
    switch self {
    case .help: "list the commands and keys"
    case .clear: "forget the conversation; what was seen stays cached"
    case .image: "show the model an image file, to ask about it"
    case .pause: "stop taking in the stream"
    case .resume: "take it in again"
    case .seek: "go to a time: 12, 1:30, 1:02:03, +10, -10"
    case .cache: "show what the KV cache retains of the stream, or the video again"
    case .budget: "change the budget of the KV cache, in tokens: 512, 2k"
    case .policy: "change which tokens are evicted when the budget is full"
    case .save: "write the conversation to a file"
    case .code: "write a program: a task in words, or @FILE; alone: open or close the pane"
    case .stop: "stop working on the program, keep the best so far"
    case .retry: "work on the task again, with other words"
    case .accept: "take the program as it is"
    case .share: "put the program into the conversation, to ask about it"
    case .saveCode: "write the program to a file"
    case .quit: "leave"
    }
  }

  /// The command with its argument, as the help shows it: `/seek TIME`.
  package var usage: String { "/\(rawValue)" + (argument.map { " \($0)" } ?? "") }
}

/// Where to go in the stream, in seconds.
package enum SeekTarget: Equatable, Sendable {
  /// From the start of the stream.
  case absolute(Double)
  /// From where the stream is; negative goes back.
  case relative(Double)

  /// Reads `12`, `12.5`, `1:30`, `1:02:03`, each with `+` or `-` before it for a step.
  package init?(_ text: String) {
    let sign = text.first
    let isRelative = sign == "+" || sign == "-"
    let parts = (isRelative ? text.dropFirst() : text[...]).split(separator: ":", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count) else { return nil }
    var seconds = 0.0
    for (index, part) in parts.enumerated() {
      let mayHaveFraction = index == parts.count - 1
      guard let value = parseDecimal(part, fraction: mayHaveFraction), index == 0 || value < 60 else { return nil }
      seconds = seconds * 60 + value
    }
    guard seconds < 1e9 else { return nil }
    self = isRelative ? .relative(sign == "-" ? -seconds : seconds) : .absolute(seconds)
  }
}

/// Digits, with at most one point among them where a fraction is allowed.
private func parseDecimal(_ text: Substring, fraction: Bool) -> Double? {
  let allowed = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (fraction && $0 == 0x2E) }
  guard allowed, let first = text.utf8.first, first != 0x2E, text.utf8.count <= 12 else { return nil }
  return Double(text)
}

/// `512` or `2k` (2048); nil for anything else and for what is not above zero.
package func parseTokenCount(_ text: String) -> Int? {
  let isThousands = text.last == "k" || text.last == "K"
  let digits = isThousands ? text.dropLast() : text[...]
  guard !digits.isEmpty, digits.utf8.count <= 9, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
    let value = Int(digits), value > 0
  else { return nil }
  return isThousands ? value * 1024 : value
}

/// A typed line: a question, a command or an unknown word after a slash.
package enum TypedLine: Equatable, Sendable {
  /// A question.
  case text(String)
  /// A command; the argument may be empty.
  case command(SlashCommand, argument: String)
  /// Begins with a slash and is no command; a file perhaps.
  case unknown(word: String)

  /// Reads a line; names of commands are compared with their case.
  package init(_ line: String) {
    guard line.first == "/" else {
      self = .text(line)
      return
    }
    let word = String(line.prefix { !$0.isWhitespace })
    let argument = line.dropFirst(word.count).trimmingSpaces
    if let command = SlashCommand(rawValue: String(word.dropFirst())) {
      self = .command(command, argument: argument)
    } else {
      self = .unknown(word: word)
    }
  }
}

extension StringProtocol {
  /// Without white space at either end.
  package var trimmingSpaces: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
