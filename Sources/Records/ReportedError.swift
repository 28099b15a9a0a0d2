// SPDX-License-Identifier: Apache-2.0

/// An error as users and scripts see it: a stable code, and one sentence that says what is wrong and what to do.
public struct ReportedError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Tells errors apart for scripts. The raw value is the `code` of result lines.
  public enum Code: String, Sendable, CaseIterable {
    /// A request that does not have the documented form.
    case requestMalformed = "request_malformed"
    /// A video that cannot be opened, or holds no frame.
    case videoUnreadable = "video_unreadable"
    /// A model file that is missing, damaged or of a kind that is not supported.
    case modelUnreadable = "model_unreadable"
    /// A model that takes more memory than there is.
    case insufficientMemory = "insufficient_memory"
    /// Too few threads for this user, whose other programs count too.
    case insufficientThreads = "insufficient_threads"
    /// A KV cache budget without room for what was asked.
    case budgetTooSmall = "budget_too_small"
    /// A frame for a model that has no vision tower.
    case visionMissing = "vision_missing"
    /// A head budget profile that is damaged or another model's.
    case profileUnusable = "profile_unusable"
    /// An offload file that cannot be made or used.
    case offloadUnusable = "offload_unusable"
    /// A file that cannot be written.
    case outputUnwritable = "output_unwritable"
    /// No sandbox in which programs could be run.
    case sandboxUnavailable = "sandbox_unavailable"
    /// A programming language whose compiler or interpreter is not installed.
    case languageUnavailable = "language_unavailable"
    /// Something asked for that this version does not do.
    case unsupported
    /// A fault inside the program or the model's arithmetic.
    case computation = "computation_failed"
  }

  /// The error code, for scripts to compare.
  public var code: Code
  /// One line for a person, without the program's name.
  public var message: String

  public var description: String { message }

  /// Makes an error with a message for a person.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// An error with the code `request_malformed`.
  public static func requestMalformed(message: String) -> ReportedError { .init(.requestMalformed, message) }
  /// An error with the code `video_unreadable`.
  public static func videoUnreadable(message: String) -> ReportedError { .init(.videoUnreadable, message) }
  /// An error with the code `model_unreadable`.
  public static func modelUnreadable(message: String) -> ReportedError { .init(.modelUnreadable, message) }
  /// An error with the code `insufficient_memory`.
  public static func insufficientMemory(message: String) -> ReportedError { .init(.insufficientMemory, message) }
  /// An error with the code `budget_too_small`.
  public static func budgetTooSmall(message: String) -> ReportedError { .init(.budgetTooSmall, message) }
  /// An error with the code `profile_unusable`.
  public static func profileUnusable(message: String) -> ReportedError { .init(.profileUnusable, message) }
  /// An error with the code `output_unwritable`.
  public static func outputUnwritable(message: String) -> ReportedError { .init(.outputUnwritable, message) }
  /// An error with the code `unsupported`.
  public static func unsupported(message: String) -> ReportedError { .init(.unsupported, message) }

  /// The `error` member of a result line.
  package var json: OrderedJSON { ["code": .string(code.rawValue), "message": .string(message)] }
}
