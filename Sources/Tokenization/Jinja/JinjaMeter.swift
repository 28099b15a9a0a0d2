// SPDX-License-Identifier: Apache-2.0

import Platform

/// The budget of a template, in units of work. Each piece of work is charged before it is done.
///
/// A unit is about one byte read or made. Larger pieces of work cost more: a step of the evaluator, an element of a
/// list. Allocating memory is work, so that the same budget bounds it. Freed memory is not refunded. Processor time has
/// a limit of its own, in case a unit takes longer than expected.
struct JinjaMeter {
  /// Units of a statement or an expression.
  static let step = 64
  /// Units of an element of a list.
  static let element = 64
  /// Units of a member of a mapping, besides its key.
  static let member = 128

  /// Units of one rendering. The known families' templates take some 50,000 for the longest conversation that they are
  /// given.
  private static let mostOfRendering = 2 << 20
  /// Units of all renderings that find out a template's layout.
  private static let mostInAll = 16 << 20
  /// Processor time of all renderings, in seconds.
  private static let mostSeconds = 2.0
  /// Units between two looks at the clock.
  private static let unitsBetweenLooks = 1 << 15

  /// Units spent by all renderings.
  private(set) var spent = 0
  private var spentByRendering = 0
  private var spentUnwatched = 0
  private let began = threadProcessorSeconds()

  mutating func beginRendering() { spentByRendering = 0 }

  /// Pays for work that is about to be done.
  mutating func charge(_ units: Int) throws(JinjaError) {
    spent += units
    spentByRendering += units
    guard spentByRendering <= Self.mostOfRendering, spent <= Self.mostInAll else {
      throw JinjaError("it takes too much work")
    }
    spentUnwatched += units
    guard spentUnwatched >= Self.unitsBetweenLooks else { return }
    spentUnwatched = 0
    guard threadProcessorSeconds() - began <= Self.mostSeconds else {
      throw JinjaError("it takes more than \(Int(Self.mostSeconds)) s of processor time")
    }
  }
}
