// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Synchronization

/// The log of a run. Without `--log-file` nothing is logged: the terminal belongs to the screen.
enum LogFile {
  /// Sets up logging for the whole program. Call it once.
  ///
  /// A file that cannot be written is reported on standard error; the run goes on without a log.
  static func start(path: String?) {
    guard let path else { return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() } }
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else {
      StandardStreams.report("the log file \(path) cannot be written; nothing is logged")
      return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    }
    let shared = Mutex(file)
    LoggingSystem.bootstrap { label in FileLogHandler(label: label) { line in shared.withLock { $0.write(line) } } }
  }
}

/// Writes each message as one line: time, level, label, message.
private struct FileLogHandler: LogHandler {
  let label: String
  let write: @Sendable (Data) -> Void
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  init(label: String, write: @escaping @Sendable (Data) -> Void) {
    self.label = label
    self.write = write
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date().formatted(.iso8601)
    write(Data("\(time) \(event.level) \(label): \(event.message)\n".utf8))
  }
}
