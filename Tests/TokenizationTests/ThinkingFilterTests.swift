// SPDX-License-Identifier: Apache-2.0

import Testing
import Tokenization

@Suite("An answer without its thoughts")
struct ThinkingFilterTests {
  /// The same for any way of cutting the text into two, and for single characters.
  private func answers(_ text: String, startsThinking: Bool = false) -> Set<String> {
    var answers: Set<String> = []
    for cut in text.indices {
      var filter = ThinkingFilter(startsThinking: startsThinking)
      answers.insert(filter.append(String(text[..<cut])) + filter.append(String(text[cut...])) + filter.finish())
    }
    var filter = ThinkingFilter(startsThinking: startsThinking)
    answers.insert(text.map { filter.append(String($0)) }.joined() + filter.finish())
    return answers
  }

  @Test("Begins after the thoughts and the line breaks that follow them")
  func thoughts() {
    #expect(answers("<think>\nHm, 1 < 2.\n</think>\n\nIt is.\n\nYes.") == ["It is.\n\nYes."])
    #expect(answers("\n<think></think>It is.") == ["It is."])
  }

  @Test("Begins after the thoughts that the prompt opened")
  func openedByPrompt() {
    #expect(answers("Hm <think> </thin </think>\nIt is. </think>", startsThinking: true) == ["It is. </think>"])
  }

  @Test("Is all of a text that does not begin with thoughts")
  func noThoughts() {
    #expect(answers("Write <think> and </think>.") == ["Write <think> and </think>."])
    #expect(answers("  <thin") == ["  <thin"])
  }

  @Test("Is empty if the thoughts never end")
  func endless() {
    #expect(answers("<think>On and on") == [""])
    var filter = ThinkingFilter()
    _ = filter.append("<think>On")
    #expect(filter.isThinking)
  }

  @Test("Is passed on at once")
  func immediate() {
    var filter = ThinkingFilter()
    #expect(["Y", "es", " <think>"].map { filter.append($0) } == ["Y", "es", " <think>"])
  }
}
