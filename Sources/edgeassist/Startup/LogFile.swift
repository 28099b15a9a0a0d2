// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Records
import Synchronization

/// The log of a run. Without `--log-file` nothing is logged: the terminal belongs to the screen.
enum LogFile {
  /// Sets up logging for the whole program. Call it once.
  ///
  /// Lines are appended: what the file holds stays, and several runs may share it. A file that cannot be written is
  /// reported on standard error; the run goes on without a log.
  static func start(path: String?) {
    guard let path else { return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() } }
    let shared: SharedLog
    do throws(ReportedError) { shared = try SharedLog(path: path) } catch {
      StandardStreams.report("\(error.message); nothing is logged")
      return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    }
    LoggingSystem.bootstrap { label in FileLogHandler(label: label, write: { shared.write(line: $0) }) }
  }
}

/// The file that all loggers write to, from any thread.
private final class SharedLog: Sendable {
  private let file: Mutex<LineFile>

  init(path: String) throws(ReportedError) {
    file = Mutex(try LineFile(path: path, isShared: true))
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
