// SPDX-License-Identifier: Apache-2.0

import Records

/// Why a video cannot be read. Each message is one line that says what is wrong, with which source, and what to do.
public enum VideoError: Error, Sendable, Equatable {
  /// There is no such file.
  case missing(source: String)
  /// The path names a directory.
  case isDirectory(source: String)
  /// The user may not read it.
  case notPermitted(source: String)
  /// The file holds no bytes.
  case empty(source: String)
  /// The bytes are not a video that FFmpeg knows.
  case notAVideo(source: String, detail: String)
  /// The file holds sound or other data, and no frames.
  case noVideoTrack(source: String)
  /// There is a video track, but no frame could be decoded from it.
  case noImage(source: String, detail: String)
  /// An mp4 whose index comes last, from a source that can only be read from front to back.
  case indexAtEnd(source: String)
  /// The frames are encrypted.
  case encrypted(source: String)
  /// This FFmpeg has no decoder for the video's format.
  case unsupportedCodec(source: String, codec: String)
  /// The address names a protocol that this FFmpeg does not speak.
  case unsupportedProtocol(source: String)
  /// The other end refused, or could not be found.
  case unreachable(source: String, detail: String)
  /// A live source sends no more, and is not tried again.
  case brokeOff(source: String, detail: String)
  /// The other end said nothing for this long.
  case timedOut(source: String, seconds: Double)
  /// The optional library that reads capture devices is not on this machine.
  case deviceSupportMissing(source: String, library: String, package: String)
  /// The device does not exist, is in use, or refuses.
  case deviceUnavailable(source: String, detail: String)
  /// Standard input is closed, empty or a terminal.
  case noStandardInput(detail: String)
  /// Reading broke off for another reason.
  case unreadable(source: String, detail: String)
  /// A frame so long and thin that no vision tower takes it.
  case tooElongated(source: String, width: Int, height: Int)
  /// Frames of more pixels than are decoded here.
  case tooLarge(source: String, width: Int, height: Int)
  /// An image could not be saved.
  case notWritable(path: String, detail: String)
  /// An option that cannot be followed, such as a sampling rate of zero.
  case invalidOption(String)
  /// Opening was cancelled by the caller.
  case cancelled(source: String)
}

extension VideoError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let source):
      "\(source): no such file; check the path"
    case .isDirectory(let source):
      "\(source) is a directory; name a video file inside it, or its numbered images as img_%03d.jpg"
    case .notPermitted(let source):
      "\(source): permission denied; make it readable for this user"
    case .empty(let source):
      "\(source) is empty (0 bytes); name a file that holds a video"
    case .notAVideo(let source, let detail):
      "\(source) is not a video that FFmpeg can read\(Self.inBrackets(detail)); check what the file really is"
    case .noVideoTrack(let source):
      "\(source) has no video stream (only sound or other data); name a source that has one"
    case .noImage(let source, let detail):
      "\(source): no frame could be decoded\(Self.inBrackets(detail)); the file is damaged or holds no frames"
    case .indexAtEnd(let source):
      "\(source): its index comes last, but this source can only be read from the front; use it as a file, "
        + "or rewrite it with 'ffmpeg -i IN -c copy -movflags +faststart OUT'"
    case .encrypted(let source):
      "\(source): its frames are encrypted; decrypt it first, with its key"
    case .unsupportedCodec(let source, let codec):
      "\(source): this FFmpeg has no decoder for '\(codec)'; convert the video, for instance to H.264"
    case .unsupportedProtocol(let source):
      "\(source): this protocol is not supported; "
        + "use rtsp, http, https, rtmp, srt, udp, rtp, tcp or tls, a file, /dev/videoN or -"
    case .unreachable(let source, let detail):
      "\(source) cannot be reached\(Self.inBrackets(detail)); check the address and that the sender is running"
    case .brokeOff(let source, let detail):
      "\(source) broke off\(Self.inBrackets(detail)); the stream ends here"
    case .timedOut(let source, let seconds):
      "\(source) sent nothing usable for \(decimal(seconds, places: seconds < 10 ? 1 : 0)) s; "
        + "check the address and that the sender is running"
    case .deviceSupportMissing(let source, let library, let package):
      "\(source): capture devices need \(library), which is not on this machine; install the package \(package)"
    case .deviceUnavailable(let source, let detail):
      "\(source): the capture device cannot be used\(Self.inBrackets(detail)); "
        + "check that it is plugged in and not in use"
    case .noStandardInput(let detail):
      "standard input \(detail); pipe a video into the program or name a file"
    case .unreadable(let source, let detail):
      "\(source) cannot be read\(Self.inBrackets(detail))"
    case .tooElongated(let source, let width, let height):
      "\(source): frames of \(width)×\(height) are more than 200 times as long as wide; crop the video"
    case .tooLarge(let source, let width, let height):
      "\(source): frames of \(width)×\(height) have more than 67108864 pixels, the most that is decoded here; scale "
        + "them down"
    case .notWritable(let path, let detail):
      "\(path) cannot be written\(Self.inBrackets(detail)); check the folder and the space on the disk"
    case .invalidOption(let text):
      text
    case .cancelled(let source):
      "\(source): opening was cancelled"
    }
  }

  private static func inBrackets(_ detail: String) -> String {
    detail.isEmpty ? "" : " (\(detail))"
  }
}
