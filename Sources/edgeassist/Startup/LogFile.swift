// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Platform
import Records
import Synchronization

/// The log of a run, for whoever looks after a machine without a screen. Without `--log-file` nothing is logged.
enum LogFile {
  /// A logger that appends its lines to a file: what the file holds stays, and several runs may share it.
  ///
  /// A file that cannot be written is reported on standard error; the run goes on without a log.
  ///
  /// - Parameter others: options that name other files of the run, and these files; nil and `-` name none.
  /// - Throws: `ReportedError.outputUnwritable` for one of these files, and for a file that is no log.
  static func logger(path: String?, others: [(name: String, path: String?)]) throws(ReportedError) -> Logger {
    let label = "edgeassist[\(getpid())]"
    guard let path else { return Logger(label: label) { _ in SwiftLogNoOpLogHandler() } }
    let shared: SharedLog
    try check(path: path, others: others)
    do throws(ReportedError) { shared = try SharedLog(path: path) } catch {
      StandardStreams.report("\(error.message); nothing is logged")
      return Logger(label: label) { _ in SwiftLogNoOpLogHandler() }
    }
    guard shared.holdsLog else {
      throw .outputUnwritable(
        message: "\(path) cannot be written: it is not a log of edgeassist; name another file for --log-file")
    }
    return Logger(label: label) { FileLogHandler(label: $0, write: { shared.write(line: $0) }) }
  }

  /// Checks that the log is none of the other files of the run: their contents would be lost, and a log that is read
  /// while it is written has no end.
  private static func check(path: String, others: [(name: String, path: String?)]) throws(ReportedError) {
    for case (let name, let other?) in others {
      do throws(OutputError) {
        guard try OutputPath(path, inputs: [other]).kind == .absent, path == other else { continue }
      } catch {
        guard error.reason == .input else { continue }
      }
      throw .outputUnwritable(
        message: "\(path) cannot be written: \(name) \(other) is the same file; name another file for --log-file")
    }
  }
}

/// The file that all loggers write to, from any thread.
private final class SharedLog: Sendable {
  private let file: Mutex<LineFile>

  init(path: String) throws(ReportedError) {
    let stop = StopSource()
    file = Mutex(try LineFile(path: path, isShared: true, stop: stop))
    // From here on a pipe that takes nothing costs the line.
    stop.stop()
  }

  /// Whether the file is empty, or begins with a line of a log.
  var holdsLog: Bool {
    let head = file.withLock { $0.head(64) }
    let line = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [a-z]+ edgeassist\[\d+\]: /#
    return head.isEmpty || String(decoding: head, as: UTF8.self).prefixMatch(of: line) != nil
  }

  /// Appends a line. A disk that is full costs the line, not the run.
  func write(line: String) { file.withLock { try? $0.write(line: line) } }
}

/// Writes each message as one line: time, level, label, message.
private struct FileLogHandler: LogHandler {
  let label: String
  let write: @Sendable (String) -> Void
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  init(label: String, write: @escaping @Sendable (String) -> Void) {
    self.label = label
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date().formatted(.iso8601)
    write("\(time) \(event.level) \(label): \(visible("\(event.message)"))")
  }
}
