// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Platform
import Records
import Synchronization

/// Writes the files of a session, one after another, beside its other work: a pipe's reader may be long in coming, or
/// slow.
final class SessionFiles: Sendable {
  private let queue = DispatchQueue(label: "saving")
  private let events: SessionEvents
  private let stop: StopSource
  /// Files that this session has written a program to, and may write again.
  private let programs = Mutex<Set<String>>([])

  /// - Parameters:
  ///   - events: where it is said that a file is written, or cannot be.
  ///   - stop: ends the wait for the reader of a pipe, with an error.
  init(events: SessionEvents, stop: StopSource) {
    self.events = events
    self.stop = stop
  }

  /// Saves a conversation. Of the files that exist only an earlier conversation is replaced.
  func save(_ transcript: Transcript, to path: String) {
    queue.async { [self] in
      write(transcript.text, named: "conversation", to: path, replacing: Transcript.replaceable)
    }
  }

  /// Saves a program. Of the files that exist only one with an earlier program of this session is replaced.
  func save(program text: String, to path: String) {
    queue.async { [self] in
      let isOwn = programs.withLock { $0.contains(path) }
      let text = text.hasSuffix("\n") ? text : text + "\n"
      guard write(text, named: "program", to: path, replacing: isOwn ? .anything : .nothing) else { return }
      programs.withLock { _ = $0.insert(path) }
    }
  }

  /// Waits until everything is written, or cannot be.
  func finish() async {
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  /// - Returns: whether the file is written.
  @discardableResult
  private func write(
    _ text: String, named name: String, to path: String, replacing former: OutputFile.Replacement
  ) -> Bool {
    do throws(OutputError) {
      try OutputFile.write(text, to: (path as NSString).expandingTildeInPath, replacing: former, stop: stop)
      events.send(.note("The \(name) is saved in \(path)."))
      return true
    } catch {
      let failure = ReportedError.outputUnwritable(message: error.description)
      events.send(.failure(code: failure.code.rawValue, message: failure.message))
      return false
    }
  }
}
