// SPDX-License-Identifier: Apache-2.0

import Images
import Platform

/// The state that the decoding thread shares with everybody else: the queue of sampled frames, and the user's wishes.
final class SharedStreamState: Sendable {
  /// The next work of the decoding thread.
  enum Instruction {
    case stop
    case seek(Double)
    /// Go on; while muted, nothing is handed out (a live source that is paused).
    case proceed(isMuted: Bool)
  }

  /// How a wait of the decoding thread ended.
  enum WaitResult {
    case completed
    /// The stream is to stop or to move.
    case interrupted
  }

  private struct Waiter {
    let id: UInt64
    let continuation: CheckedContinuation<Frame?, Never>
  }

  private struct State {
    var queue: [Frame] = []
    var waiters: [Waiter] = []
    var nextWaiter: UInt64 = 0
    var isFinished = false
    var isClosed = false
    var isPaused = false
    var seekTarget: Double?
    /// The stream's second 0 on the monotonic clock, while it plays at its own pace; nil until it has begun.
    var playingSince: Double?
    var pausedAt = 0.0
    /// Whether the queue holds a frame that may be taken in spite of the pause.
    var hasFrameOfPause = false
    /// When a pause ended, in monotonic seconds, until somebody has taken note of it.
    var resumedAt: Double?
    var droppedCount = 0
    var warnings: [String] = []
    var suppressedWarnings = 0
    var signalLoss: SignalLoss?
    /// Stream time by the clock, of a live source.
    var liveClock: LiveClock?
    var failure: VideoError?
  }

  /// Ends FFmpeg's calls, and says that the stream is to stop.
  let interrupt: IOInterrupt
  /// Says that there is a warning, or that the signal was lost or is back; however much has happened, it is said once.
  let notices: AsyncStream<Void>
  private let bell: AsyncStream<Void>.Continuation
  private let capacity: Int
  private let dropsOldest: Bool
  private let monitor = Monitor(State())

  init(capacity: Int, dropsOldest: Bool, interrupt: IOInterrupt) {
    self.capacity = capacity
    self.dropsOldest = dropsOldest
    self.interrupt = interrupt
    (notices, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: For the decoding thread

  /// Waits while there is nothing to do: paused, or at the end with nobody asking to go back.
  func nextInstruction(isLive: Bool, hasEnded: Bool) -> Instruction {
    monitor.waitFor { state in
      if interrupt.isStopped { return .done(.stop) }
      if let target = state.seekTarget {
        state.seekTarget = nil
        return .done(.seek(target))
      }
      if hasEnded || (state.isPaused && !isLive) { return .wait(until: nil) }
      return .done(.proceed(isMuted: state.isPaused))
    }
  }

  /// True when the stream is to stop or to move.
  var isInterrupted: Bool { monitor.withLock { isInterrupted($0) } }

  private func isInterrupted(_ state: State) -> Bool { interrupt.isStopped || state.seekTarget != nil }

  /// True when a frame can be handed out without a wait.
  var hasRoom: Bool { dropsOldest || monitor.withLock { $0.queue.count < capacity } }

  /// When the last pause ended, in monotonic seconds; nil if this has been asked since.
  func takeResumption() -> Double? {
    monitor.withLock { state in
      defer { state.resumedAt = nil }
      return state.resumedAt
    }
  }

  /// Hands a frame to the consumer, or queues it.
  func push(_ frame: Frame) -> WaitResult {
    monitor.waitFor { state in
      if isInterrupted(state) { return .done(.interrupted) }
      if !state.isPaused, state.queue.isEmpty, !state.waiters.isEmpty {
        state.waiters.removeFirst().continuation.resume(returning: frame)
        return .done(.completed)
      }
      if state.queue.count >= capacity {
        guard dropsOldest else { return .wait(until: nil) }
        state.queue.removeFirst()
        state.droppedCount += 1
      }
      state.queue.append(frame)
      return .done(.completed)
    }
  }

  /// Hands a frame to the consumer in spite of a pause, once the queue has been emptied for a jump.
  ///
  /// - Returns: false where there is no pause; the frame is not handed out then.
  func pushInPause(_ frame: Frame) -> Bool {
    monitor.withLock { state in
      guard state.isPaused, state.queue.isEmpty, !isInterrupted(state) else { return false }
      if state.waiters.isEmpty {
        state.queue.append(frame)
        state.hasFrameOfPause = true
      } else {
        state.waiters.removeFirst().continuation.resume(returning: frame)
      }
      return true
    }
  }

  /// Waits until the stream's own clock shows `time`; a pause holds that clock, and so does falling behind by more than
  /// half a second, so that a slow machine plays slowly instead of racing after the clock.
  func wait(forStreamTime time: Double) -> WaitResult {
    monitor.waitFor { state in
      if isInterrupted(state) { return .done(.interrupted) }
      if state.isPaused { return .wait(until: nil) }
      let now = monotonicSeconds()
      guard let since = state.playingSince else {
        state.playingSince = now - time
        return .done(.completed)
      }
      let due = since + time
      if due > now { return .wait(until: due) }
      if now - due > 0.5 { state.playingSince = now - time }
      return .done(.completed)
    }
  }

  /// Starts the clock again at the next frame.
  func restartClock() {
    monitor.withLock { $0.playingSince = nil }
  }

  /// Waits a number of seconds, unless the stream is to stop or to move.
  func rest(_ seconds: Double) -> WaitResult {
    let until = monotonicSeconds() + seconds
    return monitor.waitFor { state in
      if isInterrupted(state) { return .done(.interrupted) }
      return monotonicSeconds() >= until ? .done(.completed) : .wait(until: until)
    }
  }

  /// No further frames come, unless somebody seeks.
  func finish(failure: VideoError? = nil) {
    monitor.withLock { state in
      guard !isInterrupted(state) else { return }
      state.isFinished = true
      state.failure = failure
      guard state.queue.isEmpty else { return }
      Self.endWaiters(&state)
    }
  }

  /// Everything has been freed, after a stop.
  func markClosed() {
    stop()
    monitor.withLock { $0.isClosed = true }
    bell.finish()
  }

  /// Keeps a line for the user. A stream that never ends must not collect them for ever.
  func warn(_ text: String) {
    monitor.withLock { state in
      if state.warnings.count < 50 { state.warnings.append(text) } else { state.suppressedWarnings += 1 }
    }
    bell.yield()
  }

  /// Says since when the source sends nothing; nil when it sends.
  func note(signalLoss: SignalLoss?) {
    monitor.withLock { $0.signalLoss = signalLoss }
    bell.yield()
  }

  func note(liveClock: LiveClock) {
    monitor.withLock { $0.liveClock = liveClock }
  }

  // MARK: For everybody else

  func pause() {
    monitor.withLock { state in
      guard !state.isPaused else { return }
      state.isPaused = true
      state.pausedAt = monotonicSeconds()
    }
  }

  func resume() {
    monitor.withLock { state in
      guard state.isPaused else { return }
      state.isPaused = false
      state.hasFrameOfPause = false
      state.resumedAt = monotonicSeconds()
      if let since = state.playingSince { state.playingSince = since + monotonicSeconds() - state.pausedAt }
      while !state.queue.isEmpty, !state.waiters.isEmpty {
        state.waiters.removeFirst().continuation.resume(returning: state.queue.removeFirst())
      }
      if state.isFinished, state.queue.isEmpty { Self.endWaiters(&state) }
    }
  }

  func seek(to time: Double) {
    monitor.withLock { state in
      guard !interrupt.isStopped else { return }
      state.seekTarget = time
      state.queue.removeAll(keepingCapacity: true)
      state.hasFrameOfPause = false
      state.isFinished = false
    }
  }

  func stop() {
    interrupt.stop()
    monitor.withLock { state in
      state.isFinished = true
      state.queue.removeAll()
      Self.endWaiters(&state)
    }
  }

  var droppedCount: Int { monitor.withLock { $0.droppedCount } }
  var waitingCount: Int { monitor.withLock { $0.queue.count } }
  var isAtEnd: Bool { monitor.withLock { $0.isFinished && $0.queue.isEmpty } }
  var isClosed: Bool { monitor.withLock { $0.isClosed } }
  var isPaused: Bool { monitor.withLock { $0.isPaused } }
  var signalLoss: SignalLoss? { monitor.withLock { $0.signalLoss } }
  var liveClock: LiveClock? { monitor.withLock { $0.liveClock } }
  var failure: VideoError? { monitor.withLock { $0.failure } }

  func takeWarnings() -> [String] {
    monitor.withLock { state in
      var result = state.warnings
      if state.suppressedWarnings > 0 { result.append("\(state.suppressedWarnings) further warnings were left out") }
      state.warnings = []
      state.suppressedWarnings = 0
      return result
    }
  }

  /// A sampled frame that waits; nil if there is none.
  func takeWaiting() -> Frame? {
    monitor.withLock { state in
      if case .frame(let frame) = take(&state) { frame } else { nil }
    }
  }

  /// The next sampled frame; nil at the end, after a stop, or when the task that asks is cancelled.
  func next() async -> Frame? {
    let id = monitor.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        monitor.withLock { state in
          // Cancelling sets the mark first and calls the handler then, so that one of the two is seen here.
          if Task.isCancelled {
            continuation.resume(returning: nil)
            return
          }
          switch take(&state) {
          case .frame(let frame): continuation.resume(returning: frame)
          case .end: continuation.resume(returning: nil)
          case .notYet: state.waiters.append(Waiter(id: id, continuation: continuation))
          }
        }
      }
    } onCancel: {
      monitor.withLock { state in
        guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return }
        state.waiters.remove(at: index).continuation.resume(returning: nil)
      }
    }
  }

  private enum Delivery {
    case frame(Frame)
    case end
    case notYet
  }

  private func take(_ state: inout State) -> Delivery {
    if interrupt.isStopped { return .end }
    if state.isPaused, !state.hasFrameOfPause { return .notYet }
    state.hasFrameOfPause = false
    if !state.queue.isEmpty { return .frame(state.queue.removeFirst()) }
    return state.isFinished ? .end : .notYet
  }

  private static func endWaiters(_ state: inout State) {
    for waiter in state.waiters { waiter.continuation.resume(returning: nil) }
    state.waiters = []
  }
}
