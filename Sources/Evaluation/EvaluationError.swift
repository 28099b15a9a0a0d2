// SPDX-License-Identifier: Apache-2.0

/// Why an evaluation cannot be made.
public enum EvaluationError: Error, Sendable, Equatable {
  /// A specification has a word that is not known.
  case unknownConfiguration(String, word: String, known: [String])
  /// Only InfiniPot-V has variants.
  case unsuitableVariant(String, policy: String)
  /// A ratio is not above 0 and at most 1.
  case invalidRatio(String)
  /// The file holds the results of another evaluation.
  case otherEvaluation(path: String, name: String, found: String, wanted: String)
  /// The file holds no results.
  case notResults(path: String)
  /// The file holds results with the keys and units of an earlier version.
  case oldFormat(path: String)
  /// The file cannot be used; `detail` says why.
  case unreadable(path: String, detail: String)
  /// A line of a file of requests or answers cannot be used.
  case badLine(path: String, line: Int, detail: String)

  /// One line: what is wrong, and what to do.
  public var message: String {
    switch self {
    case .unknownConfiguration(let text, let word, let known):
      "“\(word)” in “\(text)” is not known; there are \(known.joined(separator: ", "))"
    case .unsuitableVariant(let text, let policy):
      "“\(text)”: variants belong to infinipot-v, not to \(policy)"
    case .invalidRatio(let text):
      "“\(text)” is not a ratio of the full cache; write 1/8 or 0.125"
    case .otherEvaluation(let path, let name, let found, let wanted):
      "\(path) holds results with another \(name) (\(found), not \(wanted)); name another file, "
        + "or leave out --resume to replace them"
    case .notResults(let path):
      "\(path) does not begin as results of an evaluation do and is left as it is; name another file"
    case .oldFormat(let path):
      "\(path) was written by an earlier version of edgeassist, with other keys and times in milliseconds; name "
        + "another file, or leave out --resume to replace it"
    case .unreadable(let path, let detail):
      "\(path) cannot be read: \(detail)"
    case .badLine(let path, let line, let detail):
      "\(path), line \(line): \(detail)"
    }
  }
}
