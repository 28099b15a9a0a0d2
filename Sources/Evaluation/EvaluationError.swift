// SPDX-License-Identifier: Apache-2.0

/// Why an evaluation cannot be made.
public enum EvaluationError: Error, Sendable, Equatable {
  case unknownConfiguration(String, word: String, known: [String])
  /// Variants are InfiniPot-V's.
  case unsuitableVariant(String, policy: String)
  case invalidShare(String)
  /// Results of another evaluation stand in the file.
  case otherEvaluation(path: String, name: String, found: String, wanted: String)
  /// A file of results that is none.
  case notResults(path: String)
  case unreadable(path: String, detail: String)
  /// A line of a file of requests or answers that cannot be used.
  case badLine(path: String, line: Int, detail: String)

  public var message: String {
    switch self {
    case .unknownConfiguration(let text, let word, let known):
      "“\(word)” in “\(text)” is not known; there are \(known.joined(separator: ", "))"
    case .unsuitableVariant(let text, let policy):
      "“\(text)”: variants belong to infinipot-v, not to \(policy)"
    case .invalidShare(let text):
      "“\(text)” is not a share of the full cache; write 1/8 or 0.125"
    case .otherEvaluation(let path, let name, let found, let wanted):
      "\(path) holds results with another \(name) (\(found), not \(wanted)); name another file, "
        + "or leave out --resume to replace them"
    case .notResults(let path):
      "\(path) does not begin as results of an evaluation do; name another file"
    case .unreadable(let path, let detail):
      "\(path) cannot be read: \(detail)"
    case .badLine(let path, let line, let detail):
      "\(path), line \(line): \(detail)"
    }
  }
}
