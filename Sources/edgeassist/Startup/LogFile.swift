// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Synchronization

/// Where log lines go: a file when the user names one, nowhere otherwise, for the terminal belongs to the screen.
enum LogFile {
  /// Sets up logging for the whole program; called once.
  static func start(path: String?) {
    guard let path else { return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() } }
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else {
      FileHandle.standardError.write(Data("edgeassist: the log \(path) cannot be written; going on without\n".utf8))
      return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
    }
    let sink = Mutex(file)
    LoggingSystem.bootstrap { label in FileLogHandler(label: label) { line in sink.withLock { $0.write(line) } } }
  }
}

/// Writes each message as one line with its time and level.
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
