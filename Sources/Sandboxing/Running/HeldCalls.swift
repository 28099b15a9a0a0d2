// SPDX-License-Identifier: Apache-2.0

import CSandbox

/// Calls of a program that wait until its watcher lets them go on, so that its processes do not change while they are
/// counted.
struct HeldCalls: Sendable {
  /// The calls that are held.
  enum Kind: Sendable {
    /// Those by which a process or thread begins.
    case starts
    /// Those by which a file gets another name, too.
    case startsAndNames
  }

  /// A call that waits.
  struct Call {
    fileprivate var call: csb_held_call
    /// Whether a process or a thread is to begin.
    var startsTask: Bool { call.starts_task }
  }

  let descriptor: Descriptor

  /// Whether this kernel can do so.
  static var areAvailable: Bool { csb_can_hold_calls() }

  /// The next call that waits; nil if there is none.
  func next() -> Call? {
    var call = csb_held_call()
    return csb_take_held_call(descriptor.number, &call) == 1 ? Call(call: call) : nil
  }

  func letGoOn(_ call: Call) { csb_let_go_on(descriptor.number, call.call.id) }
}
