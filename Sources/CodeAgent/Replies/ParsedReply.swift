// SPDX-License-Identifier: Apache-2.0

/// How well a reply kept to its form.
public enum ReplyForm: Sendable, Equatable {
  /// As asked for; words around it do not matter.
  case kept
  /// Understood all the same: a tag was not closed, a fence stood in place of a tag, a number was spelt otherwise.
  case mended
  /// Nothing of use could be found.
  case lost
}

/// A value read from a reply, and how well the reply kept to its form.
public struct ParsedReply<Value> {
  /// nil if nothing of use could be found.
  public var value: Value?
  /// How it was found.
  public var form: ReplyForm

  /// Makes a reading.
  public init(value: Value?, form: ReplyForm) {
    self.value = value
    self.form = form
  }

  static func kept(_ value: Value) -> ParsedReply { ParsedReply(value: value, form: .kept) }
  static func mended(_ value: Value) -> ParsedReply { ParsedReply(value: value, form: .mended) }
  static var lost: ParsedReply { ParsedReply(value: nil, form: .lost) }
}

extension ParsedReply: Sendable where Value: Sendable {}
extension ParsedReply: Equatable where Value: Equatable {}
