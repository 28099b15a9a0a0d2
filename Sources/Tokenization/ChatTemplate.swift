// SPDX-License-Identifier: Apache-2.0

/// The tokens around what is said, as the model's own chat template lays out a conversation, one video at the start.
/// In the Qwen families' format:
///
///     <|im_start|>system
///     SYSTEM<|im_end|>
///     <|im_start|>user
///     <|vision_start|>…<|vision_end|>QUESTION<|im_end|>
///     <|im_start|>assistant
///     ANSWER<|im_end|>
///     <|im_start|>user
///     …
///
/// The markers are tokens; the system's, the person's and the model's words are plain text whatever they contain. The
/// tokens are those of the whole text at once.
///
/// A prompt is `opening`, then `visionLead`, `visionStart`, the video and `visionEnd` (or `textStart` where there is no
/// video), the turns so far, each `pastQuestion`, the answer's tokens and `nextTurn`, and the newest `question`.
public struct ChatTemplate: Sendable {
  /// White space between `opening` and what introduces a video: a line break in the Qwen families.
  public let visionLead: [Int]
  /// Tokens between `visionLead` and a video: `<|vision_start|>` in the Qwen families.
  public let visionStart: [Int]
  /// Tokens between a video and the question, but for `visionEndText`.
  public let visionEnd: [Int]
  /// Text behind `visionEnd` that is tokenized together with the question.
  public let visionEndText: String
  /// Tokens between `opening` and a question without a video; empty in the Qwen families.
  public let textStart: [Int]
  /// The end of an answer and the opening of the person's next turn.
  public let nextTurn: [Int]
  /// The system prompt that the model's makers use where nobody gives one.
  public let defaultSystemPrompt: String?
  /// White space that stands before an answer that the model did not write itself.
  public let answerStart: String
  /// White space that stands before a question which no video stands before, tokenized together with it.
  public let questionStart: String
  /// The spaces of `questionStart`, before what a family with image markers of its own says of a video.
  public let introductionStart: String
  /// Whether the model begins an answer in the midst of its thoughts: a `ThinkingFilter` then starts inside.
  public let answersBeginThinking: Bool
  /// Whether a question is followed by the same tokens once it is answered. Where not (Qwen3 opens an answer with an
  /// empty block of thoughts and leaves it out later), an earlier turn is read again from `pastQuestion`.
  public let pastQuestionsStay: Bool
  /// A notice to the user about the file's template; nil if it is followed, or if there is none.
  public let notice: String?
  /// Whether a video can be marked: by the template, or with the vocabulary's vision tokens.
  public let supportsVision: Bool

  private let tokenizer: Tokenizer
  private let layout: ChatLayout

  /// Follows `tokenizer.chatTemplate`. A file without one, or with one that cannot be followed (see `notice`), is
  /// taken for ChatML.
  ///
  /// - Parameters:
  ///   - forVision: whether a video will be talked about.
  ///   - hasOwnMarkers: whether the model's family puts markers of its own around each image; a template that
  ///     says nothing about videos then needs no others.
  /// - Throws: `TokenizerError.missingSpecialTokens`, naming all that the vocabulary lacks. Without `forVision`, the
  ///   vision tokens may be lacking: such a vocabulary still serves a conversation in text.
  public init(
    tokenizer: Tokenizer, forVision: Bool = false, hasOwnMarkers: Bool = false
  ) throws(TokenizerError) {
    let (whole, reason) = Self.layout(of: tokenizer)
    var layout = whole
    layout.separateQuestionStart()
    func missing(_ markup: [String]) -> [String] {
      var known: Set<String> = []
      return markup.flatMap(Self.markers).filter { known.insert($0).inserted && tokenizer.specialToken($0) == nil }
    }
    // A template that says nothing about videos leaves them to the vocabulary's markers.
    let videoEnd = layout.videoEnd ?? (hasOwnMarkers ? "" : "<|vision_end|>")
    var videoStart = whole.afterSystem.video ?? whole.afterSystem.text + (hasOwnMarkers ? "" : "<|vision_start|>")
    if hasOwnMarkers { videoStart.removeLast(videoStart.reversed().prefix { $0 == " " }.count) }
    let missingForVision = missing([videoStart, videoEnd])
    let needed = missing(layout.textMarkup) + (forVision ? missingForVision : [])
    guard needed.isEmpty else {
      var seen: Set<String> = []
      throw .missingSpecialTokens(path: tokenizer.path, tokens: needed.filter { seen.insert($0).inserted })
    }

    self.tokenizer = tokenizer
    self.layout = layout
    supportsVision = missingForVision.isEmpty
    let text = tokenizer.tokens(of: [.markup(layout.afterSystem.text)])
    let video = supportsVision ? tokenizer.tokens(of: [.markup(videoStart)]) : text
    let shared = zip(text, video).prefix { $0 == $1 }.count
    textStart = Array(text[shared...])
    // What a question without a video has before it as well, but for spaces.
    let start = layout.afterSystem.text + layout.questionStart.dropLast(layout.introductionStart.count)
    let lead = zip(tokenizer.tokens(of: [.markup(start)]).dropFirst(shared), video.dropFirst(shared))
      .prefix { $0 == $1 }.count
    visionLead = Array(video[shared..<shared + lead])
    visionStart = Array(video[(shared + lead)...])
    (visionEnd, visionEndText) = supportsVision ? tokenizer.splitTail(of: videoEnd) : ([], "")
    nextTurn = tokenizer.tokens(of: [.markup(layout.nextTurn)])
    defaultSystemPrompt = layout.defaultSystemPrompt
    pastQuestionsStay = layout.pastQuestionEnd == layout.questionEnd
    answerStart = layout.answerStart
    questionStart = layout.questionStart
    introductionStart = layout.introductionStart
    answersBeginThinking = Self.endsThinking(layout.questionEnd)
    notice = reason.map {
      "The chat template of \(tokenizer.path) cannot be followed: \($0). ChatML is used instead, which the model may "
        + "not be used to."
    }
  }

  /// The beginning of a conversation, up to where a video or the first question stands.
  ///
  /// - Parameter system: nil for what the model's makers use.
  public func opening(system: String?) -> [Int] {
    let parts: [PromptPart] =
      if let system {
        [.markup(layout.beforeSystem), .words(trimmed(system, layout.trimsSystem)), .markup(layout.afterSystem.text)]
      } else {
        [.markup(layout.withoutSystem.text)]
      }
    var tokens = tokenizer.tokens(of: parts)
    if let beginning = tokenizer.beginning, tokens.first != beginning { tokens.insert(beginning, at: 0) }
    return tokens.dropLast(textStart.count)
  }

  /// The person's words, the end of that turn and the opening of the model's.
  ///
  /// - Parameter start: text right before the words, such as `visionEndText`; nil for `questionStart`.
  public func question(_ text: String, after start: String? = nil) -> [Int] {
    question(text, start, layout.questionEnd)
  }

  /// The same for a question that has been answered.
  public func pastQuestion(_ text: String, after start: String? = nil) -> [Int] {
    question(text, start, layout.pastQuestionEnd)
  }

  /// How many tokens `questionStart` has before a question; none where they are joined to its first words.
  public func leadCount(ofQuestion text: String) -> Int {
    let lead = tokenizer.encode(layout.questionStart, parsingSpecialTokens: false)
    return question(text) == lead + question(text, after: "") ? lead.count : 0
  }

  private func question(_ text: String, _ start: String?, _ end: String) -> [Int] {
    let words = (start ?? layout.questionStart) + trimmed(text, layout.trimsQuestion)
    return tokenizer.tokens(of: [.words(words), .markup(end)])
  }

  private func trimmed(_ text: String, _ isTrimmed: Bool) -> String {
    guard isTrimmed else { return text }
    var scalars = Substring(text).unicodeScalars.drop { $0.properties.isWhitespace }
    while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
    return String(scalars)
  }

  /// The layout to follow, and why it is not the file's if it has one.
  private static func layout(of tokenizer: Tokenizer) -> (ChatLayout, reason: String?) {
    guard let template = tokenizer.chatTemplate else { return (.chatML, nil) }
    do throws(JinjaError) {
      return (try ChatLayoutProbe.layout(of: template, tokens: tokenizer.tokensForTemplates), nil)
    } catch {
      return (.chatML, error.message)
    }
  }

  /// The markers of the form `<|name|>` in a text.
  private static func markers(in text: String) -> [String] {
    pieces(of: Array(text.utf8), separatedBy: "<|".utf8).dropFirst().compactMap { piece in
      occurrences(of: "|>".utf8, in: Array(piece), most: 1).first.map { end in
        "<|" + String(decoding: piece.prefix(end), as: UTF8.self) + "|>"
      }
    }
  }

  private static func endsThinking(_ text: String) -> Bool {
    let parts = pieces(of: Array(text.utf8), separatedBy: "<think>".utf8)
    guard parts.count > 1, let last = parts.last else { return false }
    return occurrences(of: "</think>".utf8, in: Array(last), most: 1).isEmpty
  }
}

/// A stretch of a prompt.
enum PromptPart {
  /// Its markers are tokens.
  case markup(String)
  /// Plain text whatever it contains.
  case words(String)
}

extension Tokenizer {
  /// The tokens of parts that follow each other: those of the whole text, but for markers in words.
  func tokens(of parts: [PromptPart]) -> [Int] {
    var tokens: [Int] = []
    var plain: [UInt8] = []
    func flush() {
      tokens += encode(String(decoding: plain, as: UTF8.self), parsingSpecialTokens: false)
      plain = []
    }
    for part in parts {
      switch part {
      case .words(let text): plain += text.utf8
      case .markup(let text):
        forEachStretch(of: text) { stretch in
          switch stretch {
          case .plain(let bytes): plain += bytes
          case .special(let token):
            flush()
            tokens.append(token)
          }
        }
      }
    }
    flush()
    return tokens
  }

  /// The tokens of a text up to its last marker, and the rest of it, which stands before other words.
  fileprivate func splitTail(of text: String) -> (tokens: [Int], rest: String) {
    var rest: [UInt8] = []
    forEachStretch(of: text) { stretch in
      if case .plain(let bytes) = stretch { rest = Array(bytes) }
    }
    let start = String(decoding: text.utf8.dropLast(rest.count), as: UTF8.self)
    return (tokens(of: [.markup(start)]), String(decoding: rest, as: UTF8.self))
  }
}

extension ChatTemplate {
  /// The cost of finding a template's layout, in units of about one byte read or made; nil for an unreadable template.
  /// Tests compare it with the processor time that is taken.
  package static func work(of template: String) -> Int? { ChatLayoutProbe.work(of: template) }
}
