// SPDX-License-Identifier: Apache-2.0

/// The markup around the messages of a conversation.
///
///     BEFORE SYSTEM | system prompt | AFTER SYSTEM | question | QUESTION END | answer | NEXT TURN | question | …
///
/// A question that is already answered may be followed by other text than the newest one (`pastQuestionEnd`): Qwen3
/// opens an answer with an empty block of thoughts, and leaves it out of what has been said.
struct ChatLayout: Equatable {
  /// A beginning that goes on with a question about a video, or with one about nothing but text.
  struct Beginning: Equatable {
    var text: String
    /// Up to where the video's tokens stand; nil if the template does not say where that is.
    var video: String?
  }

  var beforeSystem: String
  var afterSystem: Beginning
  /// The whole beginning where nobody gave a system prompt.
  var withoutSystem: Beginning
  /// The system prompt that stands in `withoutSystem`.
  var defaultSystemPrompt: String?
  /// From the video's tokens to the question; nil if the template does not say.
  var videoEnd: String?
  var questionEnd: String
  var pastQuestionEnd: String
  var nextTurn: String
  /// White space that the template puts before an answer that is given, and that the model writes itself otherwise:
  /// SmolVLM's prompt ends with “Assistant:”, and its answers begin with a space.
  var answerStart = ""
  /// White space that the template puts before a question that no video stands before. It is none of the texts above
  /// once `separateQuestionStart` has been called.
  var questionStart = ""
  /// The spaces at the end of `questionStart`.
  var introductionStart: String { String(questionStart.reversed().prefix { $0 == " " }) }
  /// Whose words lose the white space around them.
  var trimsSystem = false
  var trimsQuestion = false

  /// ChatML, the Qwen families' format.
  static let chatML = ChatLayout(
    beforeSystem: "<|im_start|>system\n",
    afterSystem: Beginning(text: "<|im_end|>\n<|im_start|>user\n"),
    withoutSystem: Beginning(text: "<|im_start|>user\n"),
    questionEnd: "<|im_end|>\n<|im_start|>assistant\n",
    pastQuestionEnd: "<|im_end|>\n<|im_start|>assistant\n",
    nextTurn: "<|im_end|>\n<|im_start|>user\n")

  /// Takes the white space that all texts before a question end with out of them: a tokenizer may join it to the
  /// question's first words. SmolVLM's “User: ” ends with a space, ChatML's with a line break, to which GPT-2's pattern
  /// joins spaces at the question's beginning, and other patterns line breaks.
  mutating func separateQuestionStart() {
    let start = String(nextTurn.reversed().prefix(while: \.isWhitespace).reversed())
    guard !start.isEmpty, afterSystem.text.hasSuffix(start), withoutSystem.text.hasSuffix(start) else { return }
    questionStart = start
    nextTurn.removeLast(start.count)
    afterSystem.text.removeLast(start.count)
    withoutSystem.text.removeLast(start.count)
  }

  /// Markup around words where there is no video.
  var textMarkup: [String] {
    [beforeSystem, afterSystem.text, withoutSystem.text, questionEnd, pastQuestionEnd, nextTurn]
  }
}

/// Finds a template's layout by having it lay out conversations of marked words, and seeing what it puts around them.
///
/// So a template need not be recognised, and what comes out is what the template does, whoever changed it. That the
/// layout holds for conversations of any length is checked on one that is longer.
struct ChatLayoutProbe {
  private let template: JinjaTemplate
  private let context: [String: JinjaValue]
  /// Some templates take a message's content as a string, some as a list of parts.
  private var contentIsParts = false
  /// Pays for all renderings.
  private var meter = JinjaMeter()

  private static let system = "systemwords"
  private static let questions = ["questionone", "questiontwo", "questionthree"]
  private static let answers = ["answerone", "answertwo"]
  /// The texts with which templates mark the position of an image or video.
  private static let placeholders = ["<|video_pad|>", "<|image_pad|>", "<video>", "<image>"]

  /// - Parameter tokens: texts of tokens that templates may ask for, such as `bos_token`.
  /// - Throws: why the template cannot be followed.
  static func layout(of source: String, tokens: [String: String]) throws(JinjaError) -> ChatLayout {
    var probe = ChatLayoutProbe(template: try JinjaTemplate(source), tokens: tokens)
    return try probe.layoutOfEitherForm()
  }

  /// The cost of finding a template's layout, in the units of `JinjaMeter`, whether a layout is found or not; nil for
  /// an unreadable template.
  static func work(of source: String) -> Int? {
    guard let template = try? JinjaTemplate(source) else { return nil }
    var probe = ChatLayoutProbe(template: template, tokens: [:])
    _ = try? probe.layoutOfEitherForm()
    return probe.meter.spent
  }

  private mutating func layoutOfEitherForm() throws(JinjaError) -> ChatLayout {
    do {
      return try layout()
    } catch {
      // The reason that counts is the one for the plainer form.
      contentIsParts = true
      guard let layout = try? layout() else { throw error }
      return layout
    }
  }

  private init(template: JinjaTemplate, tokens: [String: String]) {
    self.template = template
    context = tokens.mapValues { .string($0) }.merging([
      "add_generation_prompt": .boolean(true), "enable_thinking": .boolean(false), "tools": .none, "documents": .none,
    ]) { $1 }
  }

  private mutating func layout() throws(JinjaError) -> ChatLayout {
    let (system, question, answer) = (Self.system, Self.questions, Self.answers)
    let first = try parts([(.system, system), (.user, question[0])], around: [system, question[0]])
    let bare = try parts([(.user, question[0])], around: [question[0]])
    let second = try parts(
      [(.system, system), (.user, question[0]), (.assistant, answer[0]), (.user, question[1])],
      around: [system, question[0], answer[0], question[1]])
    let third = try parts(
      [
        (.system, system), (.user, question[0]), (.assistant, answer[0]), (.user, question[1]),
        (.assistant, answer[1]), (.user, question[2]),
      ],
      around: [system, question[0], answer[0], question[1], answer[1], question[2]])
    guard
      bare[1] == first[2], second == [first[0], first[1], second[2], second[3], first[2]],
      third == [first[0], first[1], second[2], second[3], second[2], second[3], first[2]]
    else { throw JinjaError("what it puts around a turn depends on the other turns") }

    var layout = ChatLayout(
      beforeSystem: first[0], afterSystem: .init(text: first[1]), withoutSystem: .init(text: bare[0]),
      questionEnd: first[2], pastQuestionEnd: second[2], nextTurn: second[3])
    if layout.pastQuestionEnd.utf8.starts(with: layout.questionEnd.utf8) {
      let rest = layout.pastQuestionEnd.dropFirst(layout.questionEnd.count)
      if rest.allSatisfy(\.isWhitespace) {
        layout.answerStart = String(rest)
        layout.pastQuestionEnd = layout.questionEnd
      }
    }
    layout.defaultSystemPrompt = Self.middle(of: bare[0], first[0], first[1])
    layout.trimsSystem = try trims([.system, .user], first)
    layout.trimsQuestion = try trims([.user], bare)
    // An answer may lose the white space around it. A template that changes more of it is refused.
    _ = try trims([.assistant, .user], second, context: [(.system, system), (.user, question[0])])
    try findVideo(&layout)
    return layout
  }

  // MARK: Video

  private mutating func findVideo(_ layout: inout ChatLayout) throws(JinjaError) {
    for kind in ["video", "image"] {
      let system = (Role.system, JinjaValue.string(Self.system))
      let question = (
        Role.user,
        JinjaValue.list([
          .map(["type": .string(kind)]), .map(["type": .string("text"), "text": .string(Self.questions[0])]),
        ])
      )
      guard
        let withSystem = try? parts(contents: [system, question], around: [Self.system, Self.questions[0]]),
        let bare = try? parts(contents: [question], around: [Self.questions[0]]),
        let split = Self.split(atPlaceholder: withSystem[1]), let bareSplit = Self.split(atPlaceholder: bare[0])
      else { continue }
      guard
        withSystem[0] == layout.beforeSystem, withSystem[2] == layout.questionEnd, bare[1] == layout.questionEnd,
        split.end == bareSplit.end
      else { throw JinjaError("what it puts around a turn depends on there being a video") }
      layout.afterSystem.video = split.start
      layout.withoutSystem.video = bareSplit.start
      layout.videoEnd = split.end
      return
    }
  }

  private static func split(atPlaceholder text: String) -> (start: String, end: String)? {
    for placeholder in placeholders {
      let pieces = Tokenization.pieces(of: Array(text.utf8), separatedBy: placeholder.utf8)
      if pieces.count == 2 {
        return (String(decoding: pieces[0], as: UTF8.self), String(decoding: pieces[1], as: UTF8.self))
      }
    }
    return nil
  }

  // MARK: White space

  /// Whether the first role's words lose the white space around them; what stands around them must stay as it was.
  private mutating func trims(
    _ roles: [Role], _ expected: [String], context: [(Role, String)] = []
  ) throws(JinjaError) -> Bool {
    let word = "wordsinspace"
    var messages = context + [(roles[0], " \n\(word)\n ")]
    for role in roles.dropFirst() { messages.append((role, Self.questions[1])) }
    let words = context.map(\.1) + [word] + roles.dropFirst().map { _ in Self.questions[1] }
    let found = try parts(messages, around: words)
    if found == expected { return true }
    var padded = expected
    padded[context.count] += " \n"
    padded[context.count + 1] = "\n " + padded[context.count + 1]
    guard found == padded else { throw JinjaError("it changes the words that are said") }
    return false
  }

  // MARK: Rendering

  private enum Role: String {
    case system
    case user
    case assistant
  }

  private mutating func parts(_ messages: [(Role, String)], around words: [String]) throws(JinjaError) -> [String] {
    try parts(contents: messages.map { ($0, JinjaValue.string($1)) }, around: words)
  }

  /// The template's markup before, between and after the words: one more part than there are words.
  private mutating func parts(contents: [(Role, JinjaValue)], around words: [String]) throws(JinjaError) -> [String] {
    var context = context
    context["messages"] = .list(
      contents.map { role, content in
        let content =
          if contentIsParts, case .string(let text) = content {
            JinjaValue.list([.map(["type": .string("text"), "text": .string(text)])])
          } else {
            content
          }
        return .map(["role": .string(role.rawValue), "content": content])
      })
    var rest = Array(try template.render(context, meter: &meter).utf8)
    var parts: [String] = []
    for word in words {
      let pieces = Tokenization.pieces(of: rest, separatedBy: word.utf8)
      guard pieces.count == 2 else { throw JinjaError("it leaves out or repeats words that are said") }
      parts.append(String(decoding: pieces[0], as: UTF8.self))
      rest = Array(pieces[1])
    }
    return parts + [String(decoding: rest, as: UTF8.self)]
  }

  /// The part of a text between a start and an end; nil if the text is not made of these.
  private static func middle(of text: String, _ start: String, _ end: String) -> String? {
    let utf8 = text.utf8
    guard
      utf8.count >= start.utf8.count + end.utf8.count, utf8.starts(with: start.utf8),
      utf8.suffix(end.utf8.count).elementsEqual(end.utf8)
    else { return nil }
    return String(utf8.dropFirst(start.utf8.count).dropLast(end.utf8.count))
  }
}
