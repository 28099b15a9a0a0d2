// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Images
import Platform
import Records

/// FFmpeg's own messages: never on the terminal, where they would tear the screen; the last one is kept for whoever
/// has asked, because it often says best what is wrong. Of a size that FFmpeg refuses, what follows says less.
enum FFmpegLog {
  /// The last error line of each thread that listens.
  private static let lastLines = Monitor<[UInt: String]>([:])

  /// Takes the log over for the whole process; the first call does it.
  static let install: Void = {
    shim_take_log { line in
      guard let line else { return }
      let thread = UInt(pthread_self())
      guard let last = FFmpegLog.lastLines.withLock({ $0[thread] }), FFmpegLog.refusedSize(in: last) == nil else {
        return
      }
      let text = FFmpegLog.trimmed(String(cString: line))
      FFmpegLog.lastLines.withLock { $0[thread] = text }
    }
  }()

  /// Runs `body` and returns with its result the last error that FFmpeg logged on this thread ("" for none).
  static func listening<Result>(_ body: () -> Result) -> (result: Result, lastLine: String) {
    install
    let thread = UInt(pthread_self())
    lastLines.withLock { $0[thread] = "" }
    let result = body()
    let line = lastLines.withLock { $0.removeValue(forKey: thread) } ?? ""
    return (result, line)
  }

  /// The size of frames that FFmpeg does not decode, in pixels, if a line says so: `size 30000x30000 is invalid`.
  static func refusedSize(in line: String) -> ImageSize? {
    guard let match = line.firstMatch(of: /size (\d+)x(\d+) (?:is invalid|exceeds)/), let width = Int(match.1),
      let height = Int(match.2)
    else { return nil }
    return ImageSize(width: width, height: height)
  }

  /// FFmpeg's words for an error code.
  static func describe(_ code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 256)
    shim_describe_error(code, &text, text.count)
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// A log line without the part in front, `[mov,mp4,… @ 0x55d0c8]`, and the line end.
  private static func trimmed(_ line: String) -> String {
    var text = line[...]
    while text.first == "[", let end = text.firstIndex(of: "]") {
      text = text[text.index(after: end)...].drop { $0 == " " }
    }
    while let last = text.last, last.isNewline || last == " " { text.removeLast() }
    return visible(String(text))
  }
}
