// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform
import Synchronization

/// Ends FFmpeg's blocking calls, when asked to or at a deadline: FFmpeg looks several times a second.
final class IOInterrupt: Sendable {
  private let source = StopSource()
  /// Monotonic seconds as bits; infinity for no limit.
  private let deadline = Atomic<UInt64>(Double.infinity.bitPattern)

  /// True from the moment on at which everything must end.
  var isStopped: Bool { source.isStopped }

  var isPastDeadline: Bool {
    let limit = Double(bitPattern: deadline.load(ordering: .acquiring))
    return limit.isFinite && monotonicSeconds() >= limit
  }

  var shouldEnd: Bool { isStopped || isPastDeadline }

  func stop() { source.stop() }

  /// Ends calls that last longer than `seconds` from now; nil for no limit.
  func setDeadline(in seconds: Double?) {
    let limit = seconds.map { monotonicSeconds() + $0 } ?? .infinity
    deadline.store(limit.bitPattern, ordering: .releasing)
  }

  /// The callback for FFmpeg. It keeps no reference: whoever opens an input with it must outlive that input.
  var callback: AVIOInterruptCB {
    AVIOInterruptCB(
      callback: { opaque in
        guard let opaque else { return 0 }
        return Unmanaged<IOInterrupt>.fromOpaque(opaque).takeUnretainedValue().shouldEnd ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self).toOpaque())
  }
}
