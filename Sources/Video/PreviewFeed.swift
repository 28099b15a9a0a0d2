// SPDX-License-Identifier: Apache-2.0

import Images
import Platform

/// Previews for a screen: no more a second than it asks for, and the newest if it is slow.
final class PreviewFeed: Sendable {
  let frames: AsyncStream<Frame>
  private let continuation: AsyncStream<Frame>.Continuation
  private let interval: Double
  private let state = Monitor((due: 0.0, count: 0))
  /// The box that previews fit into, in pixels.
  let size: ImageSize

  init(size: ImageSize, rate: Double) {
    interval = 1 / rate
    self.size = size
    (frames, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Whether a preview may be made now; saying yes counts as having made it.
  func isDue() -> Bool {
    let now = monotonicSeconds()
    return state.withLock { state in
      guard now >= state.due else { return false }
      // Counting on from the due time instead of from now keeps the average at the rate that was asked for.
      state.due = now - state.due > interval ? now + interval : state.due + interval
      return true
    }
  }

  func show(_ image: Image, time: Double) {
    let index = state.withLock { state in
      state.count += 1
      return state.count - 1
    }
    continuation.yield(Frame(time: time, index: index, image: image))
  }

  func finish() {
    continuation.finish()
  }
}
