// SPDX-License-Identifier: Apache-2.0

/// Holds a text that is generated token by token to a grammar.
public struct TokenConstraint: Sendable {
  private let vocabulary: SortedVocabulary
  private let endTokens: Set<Int>
  private var matcher: GrammarMatcher
  private var state: GrammarMatcher.State
  /// Masks of states that the text may come by again.
  private var masks: [GrammarMatcher.State: TokenMask] = [:]
  private var path: [GrammarMatcher.State] = []

  private static let mostMasks = 64

  /// - Parameters:
  ///   - vocabulary: of the model.
  ///   - endTokens: those that end a text.
  public init(_ grammar: Grammar, vocabulary: SortedVocabulary, endTokens: Set<Int>) {
    self.vocabulary = vocabulary
    self.endTokens = endTokens
    matcher = GrammarMatcher(grammar)
    state = matcher.start
  }

  /// Whether the text may be over.
  public var isComplete: Bool { matcher.isComplete(state) }
  /// Whether anything may follow.
  public var canGoOn: Bool { matcher.canGoOn(state) }

  /// Whether a token may come next: one that ends the text where it may be over, or one whose bytes the grammar allows.
  ///
  /// - Parameter bytes: the token's.
  public mutating func allows(_ token: Int, _ bytes: ArraySlice<UInt8>) -> Bool {
    if endTokens.contains(token) { return isComplete }
    return !bytes.isEmpty && matcher.step(state, bytes) != 0
  }

  /// Takes the next token, which is allowed and ends nothing.
  public mutating func append(_ bytes: ArraySlice<UInt8>) {
    state = matcher.step(state, bytes)
    guard let moved = matcher.compact(keeping: state) else { return }
    state = moved
    masks = [:]
  }

  /// All tokens that may come next.
  public mutating func mask() -> TokenMask {
    if let mask = masks[state] { return mask }
    var mask = TokenMask(count: vocabulary.count)
    if isComplete { for token in endTokens where token < vocabulary.count { mask.insert(token) } }
    addTokens(to: &mask)
    if masks.count >= Self.mostMasks { masks = [:] }
    masks[state] = mask
    return mask
  }

  private mutating func addTokens(to mask: inout TokenMask) {
    // The states along the token before: as many as its bytes that were allowed, and the first.
    path.removeAll(keepingCapacity: true)
    path.append(state)
    for (index, token) in vocabulary.tokens.enumerated() {
      let (start, end) = (Int(vocabulary.starts[index]), Int(vocabulary.starts[index + 1]))
      let shared = Int(vocabulary.shared[index])
      // What the token before was refused for, this one begins with too.
      guard shared < path.count else { continue }
      path.removeLast(path.count - 1 - shared)
      for place in start + shared..<end {
        let next = matcher.step(path[path.count - 1], vocabulary.bytes[place])
        guard next != 0 else { break }
        path.append(next)
      }
      if path.count == end - start + 1, !endTokens.contains(Int(token)) { mask.insert(Int(token)) }
    }
  }
}
