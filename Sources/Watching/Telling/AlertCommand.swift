// SPDX-License-Identifier: Apache-2.0

import Platform
import Records

/// Runs a program for each event, with the event as a line of JSON on its standard input. It is started as it is named,
/// never through a shell, in a process group of its own, and killed with its group when its time is up.
///
/// Programs run one after the other on a thread of their own, so that watching goes on. Of the events that wait, the
/// oldest are left out where there are too many.
package final class AlertCommand: Sendable {
  fileprivate struct State {
    var waiting: [String] = []
    var isBusy = false
    var isClosed = false
    /// Ends the program under way; the others are left out.
    var isAbandoned = false
    var failures: [String] = []
  }

  private let path: String
  private let secondsAllowed: Double
  private let monitor = Monitor(State())

  /// Events that wait for the program at most.
  private static let mostWaiting = 16
  /// Failures that are kept until somebody takes them.
  fileprivate static let mostFailures = 16

  /// - Parameters:
  ///   - path: the program; a name without a slash is looked for in `PATH`.
  ///   - seconds: after which a program is killed.
  /// - Throws: `ReportedError` for a program that is not there, and where the system has no thread left.
  package init(path: String, seconds: Double) throws(ReportedError) {
    guard let found = Self.find(path) else {
      throw ReportedError(.requestMalformed, "--on-alert \(path): there is no such program, or it cannot be run")
    }
    self.path = found
    secondsAllowed = seconds
    let hasStarted = startThread(name: "alerts", patience: threadPatience) { [self] in
      // A program that has ended without reading ends the write and not this process.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &signals, nil)
      while let line = next() { run(line) }
    }
    guard hasStarted else { throw ReportedError(.insufficientThreads, "the system has no thread left for --on-alert") }
  }

  private static func find(_ path: String) -> String? {
    if path.isEmpty { return nil }
    if path.contains("/") { return canRun(path) ? path : nil }
    return (ProcessEnvironment.current["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
      .map { "\($0)/\(path)" }.first(where: canRun)
  }

  private static func canRun(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  /// Hands an event over.
  package func send(_ line: String) {
    monitor.withLock { state in
      state.waiting.append(line)
      guard state.waiting.count > Self.mostWaiting else { return }
      state.waiting.removeFirst()
      state.fail("\(path) is too slow: an event was left out")
    }
  }

  /// Failures that nobody has taken yet, a line each.
  package func takeFailures() -> [String] {
    monitor.withLock { state in
      defer { state.failures = [] }
      return state.failures
    }
  }

  /// Waits until the programs of all events have ended, for as long as one of them may take. One that is still there
  /// then is killed, and events that wait are left out, which is a failure.
  ///
  /// - Parameter stop: ends the wait.
  package func finish(stop: StopSource? = nil) {
    let limit = monotonicSeconds() + secondsAllowed + 1
    monitor.withLock { $0.isClosed = true }
    while monotonicSeconds() < limit, stop?.isStopped != true {
      let isIdle = monitor.waitFor { state in
        .done(state.waiting.isEmpty && !state.isBusy)
      }
      if isIdle { return }
      usleep(Self.pollMicroseconds)
    }
    let end = monotonicSeconds() + Self.secondsToAbandon
    monitor.withLock { state in
      state.isAbandoned = true
      if !state.waiting.isEmpty { state.fail("\(path): \(state.waiting.count) events were left out at the end") }
      state.waiting = []
    }
    monitor.waitFor { state in !state.isBusy || monotonicSeconds() >= end ? .done(()) : .wait(until: end) }
  }

  private static let secondsToAbandon = 2.0

  // MARK: The thread

  private func next() -> String? {
    monitor.waitFor { state in
      state.isBusy = false
      if !state.waiting.isEmpty {
        state.isBusy = true
        return .done(state.waiting.removeFirst())
      }
      return state.isClosed ? .done(nil) : .wait(until: nil)
    }
  }

  private func run(_ line: String) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return fail("no pipe: \(errorText(errno))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    var process: pid_t = 0
    var error: Int32 = 0
    // A program just written counts as open for writing as long as another process, on its way to its own program,
    // still has the file. Processes may be short for a moment.
    _ = retry(for: threadPatience) {
      (process, error) = start(input: ends[0])
      return error != ETXTBSY && error != EAGAIN
    }
    close(ends[0])
    // A pipe takes a line whole, whether or not the program reads it.
    let bytes = Array((line + "\n").utf8)
    if error == 0 { _ = write(ends[1], bytes, bytes.count) }
    close(ends[1])
    if error != 0 { return fail("it could not be started: \(errorText(error))") }
    wait(for: process)
  }

  private func start(input: Int32) -> (process: pid_t, error: Int32) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    // Standard output is for events.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var process: pid_t = 0
    var name = strdup(path)
    defer { free(name) }
    let error = withUnsafeMutablePointer(to: &name) { first in
      var arguments = [first.pointee, nil]
      return posix_spawn(&process, path, &actions, &attributes, &arguments, environ)
    }
    return (process, error)
  }

  private func wait(for process: pid_t) {
    let end = monotonicSeconds() + secondsAllowed
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      let isAbandoned = monitor.withLock(\.isAbandoned)
      guard monotonicSeconds() < end, !isAbandoned else {
        kill(-process, SIGKILL)
        waitpid(process, &status, 0)
        let limit = "it took longer than \(decimal(secondsAllowed, places: 0)) s and was killed"
        return fail(isAbandoned ? "it was still there at the end and was killed" : limit)
      }
      usleep(Self.pollMicroseconds)
    }
    let signal = status & 0x7F
    if signal != 0 { return fail("it ended by signal \(signal)") }
    let code = status >> 8 & 0xFF
    if code != 0 { fail("it ended with status \(code)") }
  }

  private static let pollMicroseconds: UInt32 = 20_000

  private func fail(_ reason: String) { monitor.withLock { $0.fail("\(path): \(reason)") } }
}

extension AlertCommand.State {
  fileprivate mutating func fail(_ line: String) {
    if failures.count < AlertCommand.mostFailures { failures.append(line) }
  }
}
