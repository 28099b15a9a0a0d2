// SPDX-License-Identifier: Apache-2.0

import Images
import Platform

/// A video as a sequence of frames sampled at a steady rate, whatever the source.
///
/// Decoding runs on a thread of its own beside the consumer, behind a bounded queue, so that memory does not grow with
/// the stream. Each frame goes to one consumer; several tasks may share the stream. All methods may be called from
/// any thread, at any time and more than once. The stream stops when the last reference to it goes.
///
/// After the last frame a source that can be moved in stays open: ``seek(to:)`` then goes on from there, and the
/// next `for await` loop gets its frames.
public final class VideoStream: Sendable, AsyncSequence {
  /// A sampled frame.
  public typealias Element = Frame
  /// Iteration ends on an error; `failure` tells which.
  public typealias Failure = Never

  /// The stream as found when it was opened.
  public let description: VideoDescription
  private let shared: SharedStreamState
  private let previewFeed: PreviewFeed?

  /// Opens the source, decodes its first frame and begins to read ahead.
  ///
  /// Blocks while a network source is being reached, for up to `options.timeout` a step; from a task, use
  /// ``open(_:options:)``.
  ///
  /// - Throws: `VideoError`, also where no frame can be decoded.
  public convenience init(source: VideoSource, options: VideoStreamOptions = VideoStreamOptions())
    throws(VideoError)
  {
    try self.init(source: source, options: options, interrupt: IOInterrupt())
  }

  private init(source: VideoSource, options: VideoStreamOptions, interrupt: IOInterrupt) throws(VideoError) {
    let loop = try DecodingLoop(source: source, options: options, interrupt: interrupt)
    description = loop.description
    shared = loop.shared
    previewFeed = loop.previews
    guard startThread(name: "decoder", patience: threadPatience, { loop.run() }) else {
      throw .unreadable(source: source.displayName, detail: "the system has no thread left")
    }
  }

  /// Opens the source on a thread of its own. Cancelling the task ends it with `VideoError.cancelled`.
  ///
  /// - Throws: `VideoError`, also where no frame can be decoded.
  public static func open(
    _ source: VideoSource, options: VideoStreamOptions = VideoStreamOptions()
  ) async throws(VideoError) -> VideoStream {
    let interrupt = IOInterrupt()
    let result: Result<VideoStream, VideoError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let hasStarted = startThread(name: "opener", patience: threadPatience) {
          do throws(VideoError) {
            let stream = try VideoStream(source: source, options: options, interrupt: interrupt)
            continuation.resume(returning: .success(stream))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
        if !hasStarted {
          continuation.resume(
            returning: .failure(.unreadable(source: source.displayName, detail: "the system has no thread left")))
        }
      }
    } onCancel: {
      interrupt.stop()
    }
    return try result.get()
  }

  deinit {
    shared.stop()
  }

  // MARK: Frames

  /// Takes frames from the stream that it belongs to.
  public struct Iterator: AsyncIteratorProtocol, Sendable {
    let stream: VideoStream

    public func next() async -> Frame? {
      await stream.next()
    }
  }

  /// All iterators of a stream share its frames: each frame goes to one of them.
  public func makeAsyncIterator() -> Iterator {
    Iterator(stream: self)
  }

  /// The next sampled frame; nil at the end of the stream, after ``stop()``, or when the asking task is cancelled.
  /// While the stream is paused it returns for the frame at the target of a seek only.
  public func next() async -> Frame? {
    await shared.next()
  }

  /// A sampled frame that is ready; nil if there is none yet.
  public func takeWaiting() -> Frame? { shared.takeWaiting() }

  /// Images to look at, fitted into `previewSize` at no more than `previewRate` a second; a slow reader gets the
  /// newest. Empty without a preview size. For one reader.
  public var previews: AsyncStream<Frame> {
    previewFeed?.frames ?? AsyncStream { $0.finish() }
  }

  // MARK: What has happened

  /// Sampled frames that were dropped for newer ones because nobody took them in time.
  public var droppedCount: Int { shared.droppedCount }

  /// Sampled frames that are ready and that nobody has taken yet.
  package var waitingCount: Int { shared.waitingCount }

  /// Warnings that the user has not been told yet, one line each; asking takes them.
  public func takeWarnings() -> [String] { shared.takeWarnings() }

  /// Says that there is a warning to take, or that ``signalLoss`` has changed. For one reader; ends with the stream.
  public var notices: AsyncStream<Void> { shared.notices }

  /// Since when a live source sends nothing; nil while it sends, and for any other source.
  public var signalLoss: SignalLoss? { shared.signalLoss }

  /// The stream time up to which a live source has been seen by now, whether or not it sends; nil for any other source.
  public var liveTime: Double? { shared.liveClock?.streamTime(at: monotonicSeconds()) }

  /// Why the stream ended before its time; nil while it runs and after a proper end.
  public var failure: VideoError? { shared.failure }

  /// True from ``pause()`` to ``resume()``.
  public var isPaused: Bool { shared.isPaused }

  /// True when no frame waits and none will come, unless somebody seeks.
  public var isAtEnd: Bool { shared.isAtEnd }

  /// True once the decoding thread has freed everything.
  package var isClosed: Bool { shared.isClosed }

  // MARK: Commands

  /// Hands nothing out until ``resume()``, but one frame at the target of each ``seek(to:)``. A live source is read on,
  /// and its frames are left out.
  public func pause() { shared.pause() }

  /// Hands frames out again.
  public func resume() { shared.resume() }

  /// Goes on with the first sampling instant at or after `time` seconds; frames that wait in the queue are left out.
  /// - Returns: false when this source cannot be moved in, or `time` is no number.
  @discardableResult
  public func seek(to time: Double) -> Bool {
    guard description.isSeekable, time.isFinite else { return false }
    shared.seek(to: time)
    return true
  }

  /// Ends the stream and closes the source, also in the middle of a read that blocks.
  public func stop() { shared.stop() }

  /// Stops and waits until the source is closed, so that it can be opened again. A source that hangs is waited for no
  /// longer than two seconds.
  public func close() async {
    shared.stop()
    let limit = ContinuousClock.now + .seconds(2)
    while !shared.isClosed, ContinuousClock.now < limit { try? await Task.sleep(for: .milliseconds(5)) }
  }
}
