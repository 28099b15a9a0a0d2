// SPDX-License-Identifier: Apache-2.0

/// Why a text is no grammar that answers can be held to.
public enum GrammarError: Error, Hashable {
  /// The text breaks GBNF's rules.
  case malformed(line: Int, reason: String)
  /// A rule is used and not defined.
  case undefinedRule(String)
  /// A text of the rule would begin with a text of the same rule, without end.
  case leftRecursion(rule: String)
  /// No text ends by the rule for a whole text.
  case matchesNothing
  /// A text can begin in too many ways.
  case tooAmbiguous
  /// The grammar has too many symbols once its repetitions are written out.
  case tooLarge
  /// The text is not JSON.
  case notJSON(reason: String)
  /// A schema's keyword has a value that it cannot have, or is not supported.
  case schema(keyword: String, reason: String)
}

extension GrammarError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let line, let reason): "line \(line) of the grammar: \(reason)"
    case .undefinedRule(let name): "the grammar uses a rule \(name), which it does not define"
    case .leftRecursion(let name):
      "the grammar's rule \(name) begins with itself; put what repeats behind it, as in \(name) ::= item \(name) | item"
    case .matchesNothing: "no text can match the grammar: every way through it comes back to where it was, without end"
    case .tooAmbiguous: "a text can begin in too many ways by the grammar; use fewer alternatives at its beginning"
    case .tooLarge:
      "the grammar is too large: with repetitions written out it may have \(Grammar.mostSymbols) symbols at most"
    case .notJSON(let reason): "the schema is not valid JSON: \(reason)"
    case .schema(let keyword, let reason): "“\(keyword)” of the schema \(reason)"
    }
  }
}
