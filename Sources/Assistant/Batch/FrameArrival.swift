// SPDX-License-Identifier: Apache-2.0

import Video

/// What came of waiting for a frame.
enum FrameArrival: Sendable {
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
  func next(unless hasOtherWork: @escaping @Sendable () -> Bool) async -> FrameArrival {
    if let frame = takeWaiting() { return .frame(frame) }
    return await withTaskGroup(of: FrameArrival.self) { group in
      group.addTask { await self.next().map { .frame($0) } ?? .end }
      group.addTask {
        while !Task.isCancelled, !hasOtherWork() { try? await Task.sleep(for: .milliseconds(50)) }
        return .otherWork
      }
      let first = await group.next() ?? .end
      group.cancelAll()
      // A frame that comes at the same moment must not be lost.
      if case .otherWork = first, case .frame(let frame)? = await group.next() { return .frame(frame) }
      return first
    }
  }
}
