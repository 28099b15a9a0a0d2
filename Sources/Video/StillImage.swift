// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Images
import Platform
import Synchronization

/// Reads image files, with the decoders that read videos.
public enum StillImage {
  /// The image of a file, or the first of several.
  ///
  /// Blocks its thread, which must be one of the caller's own, until the image is decoded.
  ///
  /// - Throws: `VideoError` for what is no file, which could block for ever, or has no image.
  public static func read(_ path: String, sizing: FrameSizing) throws(VideoError) -> Image {
    if path.contains("://") {
      throw .unreadable(source: path, detail: "an image must be a file; an address is shown as a video")
    }
    var information = stat()
    guard stat(path, &information) == 0 else { throw .unreadable(source: path, detail: errorText(errno)) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(source: path, detail: "it is not a file")
    }
    guard information.st_size > 0 else { throw .unreadable(source: path, detail: "it is empty (0 bytes)") }
    guard ImageSignature.isImage(path) else {
      throw .unreadable(
        source: path, detail: "it does not begin as an image does (JPEG, PNG, WebP, GIF, …); show a video as one")
    }
    let stream = try VideoStream(
      source: VideoSource(path), options: VideoStreamOptions(framesPerSecond: 1, sizing: sizing, pace: .fast))
    defer { stream.stop() }
    let first = FirstFrame()
    Task.detached { first.arrive(await stream.next()) }
    guard let frame = first.wait() else {
      throw stream.failure ?? .unreadable(source: path, detail: "it has no image that can be decoded")
    }
    return frame.image
  }
}

/// Hands a frame from a task to a thread that waits for it.
private final class FirstFrame: Sendable {
  private let frame = Mutex<Frame?>(nil)
  private let semaphore = DispatchSemaphore(value: 0)

  func arrive(_ arrived: Frame?) {
    frame.withLock { $0 = arrived }
    semaphore.signal()
  }

  func wait() -> Frame? {
    semaphore.wait()
    return frame.withLock { $0 }
  }
}
