/// The tokens around what is said: ChatML as the Qwen families use it, one video at the start.
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
/// tokens are those of the whole text at once, unless the system's or the person's words begin with a line break.
public struct ChatTemplate: Sendable {
  /// `<|vision_start|>`; empty if the vocabulary has no vision tokens.
  public let visionStart: [Int]
  /// `<|vision_end|>`; empty if the vocabulary has no vision tokens.
  public let visionEnd: [Int]
  /// `<|im_end|>` and a line break.
  public let answerEnd: [Int]
  /// `<|im_start|>user` and a line break.
  public let nextUser: [Int]
  /// Whether the vocabulary can mark a video.
  public var supportsVision: Bool { !visionStart.isEmpty }

  private let tokenizer: Tokenizer
  private let turnStart: Int
  /// `<|im_end|>`, a line break, `<|im_start|>assistant` and a line break.
  private let questionEnd: [Int]

  /// - Parameter forVision: whether a video will be talked about.
  /// - Throws: `TokenizerError.missingSpecialTokens`, naming all that the vocabulary lacks. Without `forVision`, the
  ///   vision tokens may be lacking: such a vocabulary still serves a conversation in text.
  public init(tokenizer: Tokenizer, forVision: Bool = false) throws(TokenizerError) {
    let start = tokenizer.specialToken("<|im_start|>")
    let end = tokenizer.specialToken("<|im_end|>")
    let visionStart = tokenizer.specialToken("<|vision_start|>")
    let visionEnd = tokenizer.specialToken("<|vision_end|>")
    guard let start, let end, !forVision || (visionStart != nil && visionEnd != nil) else {
      var missing: [String] = []
      if start == nil { missing.append("<|im_start|>") }
      if end == nil { missing.append("<|im_end|>") }
      if forVision, visionStart == nil { missing.append("<|vision_start|>") }
      if forVision, visionEnd == nil { missing.append("<|vision_end|>") }
      throw .missingSpecialTokens(path: tokenizer.path, tokens: missing)
    }
    func plain(_ text: String) -> [Int] { tokenizer.encode(text, parsingSpecialTokens: false) }

    self.tokenizer = tokenizer
    turnStart = start
    if let visionStart, let visionEnd {
      self.visionStart = [visionStart]
      self.visionEnd = [visionEnd]
    } else {
      self.visionStart = []
      self.visionEnd = []
    }
    answerEnd = [end] + plain("\n")
    nextUser = [start] + plain("user\n")
    questionEnd = answerEnd + [start] + plain("assistant\n")
  }

  /// The system's words and the opening of the person's first turn; with a video also `<|vision_start|>`, which is left
  /// out where `supportsVision` is false.
  public func opening(system: String, withVision: Bool) -> [Int] {
    [turnStart] + tokenizer.encode("system\n" + system, parsingSpecialTokens: false) + answerEnd + nextUser
      + (withVision ? visionStart : [])
  }

  /// The person's words, the end of that turn and the opening of the model's.
  public func question(_ text: String) -> [Int] {
    tokenizer.encode(text, parsingSpecialTokens: false) + questionEnd
  }

  /// The model's words, the end of that turn and the opening of the person's next.
  public func answerThenNextUser(_ answer: String) -> [Int] {
    tokenizer.encode(answer, parsingSpecialTokens: false) + answerEnd + nextUser
  }
}
