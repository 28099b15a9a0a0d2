import CFFmpeg
import Pictures

/// Pictures for a screen: no more than it asks for, and the newest if it is slow.
final class PreviewFeed: Sendable {
  let pictures: AsyncStream<TimedPicture>
  private let continuation: AsyncStream<TimedPicture>.Continuation
  private let interval: Double
  private let state: Monitor<(size: PictureSize, due: Double, count: Int)>

  init(size: PictureSize, rate: Double) {
    interval = 1 / rate
    state = Monitor((size, 0, 0))
    (pictures, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var size: PictureSize { state.withLock { $0.size } }

  func setSize(_ size: PictureSize) {
    let bounded = PictureSize(width: min(max(size.width, 1), 8192), height: min(max(size.height, 1), 8192))
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

  func show(_ picture: Picture, time: Double) {
    let index = state.withLock { state in
      state.count += 1
      return state.count - 1
    }
    continuation.yield(TimedPicture(time: time, index: index, picture: picture))
  }

  func finish() {
    continuation.finish()
  }
}
