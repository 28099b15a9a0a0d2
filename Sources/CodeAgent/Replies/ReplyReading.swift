// SPDX-License-Identifier: Apache-2.0

/// How well a reply kept to its form.
public enum ReplyForm: Sendable, Equatable {
  /// As asked for; words around it do not matter.
  case kept
  /// Something had to be mended: a tag that was not closed, a fence in place of a tag, a number in other words.
  case mended
  /// Nothing of use could be found.
  case lost
}

/// What was read from a reply.
public struct ReplyReading<Value> {
  /// nil if nothing of use could be found.
  public var value: Value?
  public var form: ReplyForm

  public init(value: Value?, form: ReplyForm) {
    self.value = value
    self.form = form
  }

  static func kept(_ value: Value) -> ReplyReading { ReplyReading(value: value, form: .kept) }
  static func mended(_ value: Value) -> ReplyReading { ReplyReading(value: value, form: .mended) }
  static var lost: ReplyReading { ReplyReading(value: nil, form: .lost) }
}

extension ReplyReading: Sendable where Value: Sendable {}
extension ReplyReading: Equatable where Value: Equatable {}
