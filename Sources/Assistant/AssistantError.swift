import BoundedCache
import Models
import Video

/// Why something that was asked could not be done, with a sentence a person can act on.
public enum AssistantError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A request that does not have the agreed form.
  case requestMalformed(message: String)
  /// A video that cannot be opened, or holds no picture.
  case videoUnreadable(message: String)
  /// A model file that is missing, damaged or of a kind that is not supported.
  case modelUnreadable(message: String)
  /// A model that takes more memory than there is.
  case insufficientMemory(message: String)
  /// The key-value budget has no room for what was asked; `least` tokens would do.
  case budgetTooSmall(message: String)
  /// A picture for a model that has no vision tower.
  case visionMissing(message: String)
  /// A head profile that is damaged or another model's.
  case profileUnusable(message: String)
  /// A recall file that cannot be made or used.
  case recallUnusable(message: String)
  /// A file that cannot be written.
  case outputUnwritable(message: String)
  /// Something asked for that this version does not do.
  case unsupported(message: String)
  /// A fault inside the program or the model's arithmetic.
  case computation(message: String)

  /// The stable word for scripts.
  public var code: String {
    switch self {
    case .requestMalformed: "request_malformed"
    case .videoUnreadable: "video_unreadable"
    case .modelUnreadable: "model_unreadable"
    case .insufficientMemory: "insufficient_memory"
    case .budgetTooSmall: "budget_too_small"
    case .visionMissing: "vision_missing"
    case .profileUnusable: "profile_unusable"
    case .recallUnusable: "recall_unusable"
    case .outputUnwritable: "output_unwritable"
    case .unsupported: "unsupported"
    case .computation: "computation_failed"
    }
  }

  public var message: String {
    switch self {
    case .requestMalformed(let message), .videoUnreadable(let message), .modelUnreadable(let message),
      .insufficientMemory(let message), .budgetTooSmall(let message), .visionMissing(let message),
      .profileUnusable(let message), .recallUnusable(let message), .outputUnwritable(let message),
      .unsupported(let message), .computation(let message):
      message
    }
  }

  public var description: String { message }

  /// The same fault in the assistant's words.
  init(_ error: any Error) {
    switch error {
    case let error as AssistantError: self = error
    case let error as VideoError:
      if case .notWritable = error {
        self = .outputUnwritable(message: error.description)
      } else {
        self = .videoUnreadable(message: error.description)
      }
    case let error as CacheError:
      if case .budgetTooSmall = error {
        self = .budgetTooSmall(message: error.description)
      } else {
        self = .computation(message: error.description)
      }
    case let error as HeadProfileError: self = .profileUnusable(message: error.description)
    case let error as RecallError: self = .recallUnusable(message: error.description)
    case let error as ModelError: self = .computation(message: error.description)
    default: self = .computation(message: String(describing: error))
    }
  }
}
