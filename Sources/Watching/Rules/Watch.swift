// SPDX-License-Identifier: Apache-2.0

/// Something to be told of, in plain words.
public struct Watch: Sendable, Equatable {
  /// When it is so.
  public enum Kind: Sendable, Equatable {
    /// While the newest frames show it.
    case now
    /// Once it has been seen, for as long as that is remembered.
    case since
    /// When the newest frames have not shown it for this many seconds.
    case missing(seconds: Double)
  }

  /// How unusual the answer must be to count; see `EpisodeThresholds`.
  public enum Sensitivity: String, Sendable, CaseIterable {
    case low, normal, high
  }

  /// What it is called where it is told of; unique among the watches of a stream.
  public var name: String
  /// The condition, as somebody wrote it.
  public var words: String
  public var kind: Kind
  /// The yes/no question that the model is asked.
  public var question: String
  public var sensitivity: Sensitivity
  /// Seconds after an alert in which there is no other.
  public var cooldown: Double

  /// Seconds without another alert, where nothing else is said.
  public static let usualCooldown = 10.0
  /// The most watches of a stream.
  public static let most = 64

  /// - Parameters:
  ///   - name: nil takes the words.
  ///   - question: nil makes one of the words; see `WatchQuestion`.
  /// - Throws: `WatchError` for words that are no condition, and for times that make no sense.
  public init(
    _ words: String, name: String? = nil, kind: Kind = .now, question: String? = nil,
    sensitivity: Sensitivity = .normal, cooldown: Double = Self.usualCooldown
  ) throws(WatchError) {
    self.words = WatchQuestion.tidied(words)
    self.name = name ?? self.words
    self.kind = kind
    if let question { self.question = question } else { self.question = try WatchQuestion.question(of: words) }
    self.sensitivity = sensitivity
    self.cooldown = cooldown
    if case .missing(let seconds) = kind, !(1...Self.longestTime).contains(seconds) {
      throw .unusableTime(watch: self.words, seconds: seconds)
    }
    guard (0...Self.longestTime).contains(cooldown) else { throw .unusableTime(watch: self.words, seconds: cooldown) }
  }

  /// Whether it is told when it is not seen.
  var isMissing: Bool { if case .missing = kind { true } else { false } }

  /// A week, in seconds.
  private static let longestTime = 604_800.0
}

/// Why something cannot be watched for. Each message is one line that says what is wrong and what to do.
public enum WatchError: Error, Sendable, Equatable {
  /// The words say nothing that can be so or not be so.
  case notACondition(words: String)
  /// What stands before the colon is nearly a kind.
  case unknownKind(String)
  /// The words are longer than a question may be.
  case tooLong(characters: Int)
  /// A time is not between a second and a week.
  case unusableTime(watch: String, seconds: Double)
  /// Two watches have one name.
  case nameTwice(String)
  /// More watches than are asked at one time.
  case tooMany(Int)
}

extension WatchError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notACondition(let words):
      "“\(words)” is no condition; say what may happen, such as “a parcel is at the door”, or ask a question that is "
        + "answered with yes or no"
    case .unknownKind(let head):
      "“\(head):” is no kind of watch; write “now:”, “since:”, or “missing 10m:” with one time in s, m or h"
    case .tooLong(let characters):
      "a watch of \(characters) characters is too long; \(WatchQuestion.mostCharacters) are allowed"
    case .unusableTime(let watch, let seconds):
      "the time of “\(watch)” must be between a second and a week, not \(seconds) seconds"
    case .nameTwice(let name):
      "two watches are called “\(name)”; give one another name"
    case .tooMany(let count):
      "\(count) watches are too many; \(Watch.most) are allowed"
    }
  }
}
