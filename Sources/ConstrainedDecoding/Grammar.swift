// SPDX-License-Identifier: Apache-2.0

/// A context-free grammar of texts, compiled to bytes: what a constrained answer may be.
///
/// It is made from GBNF, the notation of llama.cpp's grammars, or from a JSON Schema. A `GrammarMatcher` follows it
/// byte by byte.
public struct Grammar: Sendable, Hashable {
  /// A place in a sequence of a rule's alternatives.
  enum Symbol: Sendable, Hashable {
    /// One byte out of a set.
    case bytes(ByteSet)
    /// A text of another rule.
    case rule(Int)
    /// The sequence is over.
    case end
  }

  /// All sequences of all rules, each with an `end`.
  let symbols: [Symbol]
  /// Where each rule's alternatives begin in `symbols`. The first rule is what a whole text is.
  let rules: [[Int]]

  /// The most symbols of a grammar, repetitions counted as often as they are written out.
  static let mostSymbols = 200_000

  /// Reads a grammar in GBNF, whose rule `root` is what a whole text is.
  ///
  /// - Throws: `GrammarError` naming the line.
  public init(gbnf text: String) throws(GrammarError) {
    var parser = GBNFParser(text)
    self = try Grammar(rules: parser.rules(), root: "root")
  }

  /// Makes the grammar of the JSON texts that a schema describes. They are written on one line, with properties in the
  /// schema's order.
  ///
  /// - Parameter schema: JSON text of the schema.
  /// - Throws: `GrammarError` naming the keyword that is not supported, or what is wrong with the text.
  public init(jsonSchema schema: String) throws(GrammarError) {
    try self.init(jsonSchema: try OrderedJSON(schema))
  }

  /// The same from a schema that was read.
  ///
  /// - Throws: as from text.
  public init(jsonSchema schema: OrderedJSON) throws(GrammarError) {
    var writer = JSONSchemaGrammar(schema)
    self = try Grammar(rules: writer.rules(), root: JSONSchemaGrammar.root)
  }

  /// - Parameters:
  ///   - expressions: the rules by name.
  ///   - root: the name of the rule that is a whole text.
  init(rules expressions: [String: GrammarExpression], root: String) throws(GrammarError) {
    var compiler = GrammarCompiler(expressions)
    (symbols, rules) = try compiler.compile(root: root)
    let ending = RuleProperties(symbols: symbols, rules: rules) {
      switch $0 {
      case .bytes(let set): set != ByteSet()
      case .rule, .end: true
      }
    }
    guard ending.isMet[0] else { throw .matchesNothing }
    if let rule = LeftRecursion(symbols: symbols, rules: rules).first {
      throw .leftRecursion(rule: compiler.name(ofRule: rule))
    }
    guard GrammarMatcher(self).start != 0 else { throw .tooAmbiguous }
  }
}
