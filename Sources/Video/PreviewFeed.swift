// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images
import Platform

/// Pictures for a screen: no more than it asks for, and the newest if it is slow.
final class PreviewFeed: Sendable {
  let images: AsyncStream<Frame>
  private let continuation: AsyncStream<Frame>.Continuation
  private let interval: Double
  private let state: Monitor<(size: ImageSize, due: Double, count: Int)>

  init(size: ImageSize, rate: Double) {
    interval = 1 / rate
    state = Monitor((size, 0, 0))
    (images, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var size: ImageSize { state.withLock { $0.size } }

  func setSize(_ size: ImageSize) {
    let bounded = ImageSize(width: min(max(size.width, 1), 8192), height: min(max(size.height, 1), 8192))
    state.withLock { $0.size = bounded }
  }

  /// Whether a preview may be made now; saying yes counts as having made it.
  func isDue() -> Bool {
    let now = monotonicSeconds()
    return state.withLock { state in
      guard now >= state.due else { return false }
      // Counting on from the due time instead of from now keeps the average at the wished rate.
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
