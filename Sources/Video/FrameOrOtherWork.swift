// SPDX-License-Identifier: Apache-2.0

import Platform

/// Result of a wait for a frame.
public enum FrameOrOtherWork: Sendable {
  case frame(Frame)
  /// The stream is over.
  case end
  /// There is something else to do.
  case otherWork
}

extension VideoStream {
  /// Waits for the next frame, unless there is something else to do.
  ///
  /// - Parameter hasOtherWork: asked some twenty times a second while no frame is there.
  public func next(unless hasOtherWork: @escaping @Sendable () -> Bool) async -> FrameOrOtherWork {
    if let frame = takeWaiting() { return .frame(frame) }
    let other = StopSource(when: hasOtherWork)
    // A frame that comes at the same moment is not lost: the wait for it ends with it.
    if let frame = await cancelled(by: other, { await self.next() }) { return .frame(frame) }
    return other.isStopped ? .otherWork : .end
  }
}
