// SPDX-License-Identifier: Apache-2.0

/// A file that is read from its beginning, and closed with its last reader.
package final class InputDescriptor {
  private let number: Int32
  private let name: String
  private let isOwned: Bool
  /// Monotonic time up to which a pipe is waited for that no program has opened for writing, in seconds.
  private let writerDeadline: Double
  private var hasRead = false

  /// Seconds for which a pipe is waited for that no program has opened for writing.
  package static let writerTimeout = 10.0

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - name: what errors call it; nil for the path.
  ///   - isOrdinary: whether pipes and devices are refused.
  ///   - writerTimeout: seconds for which a pipe is waited for that no program has opened for writing; nil for ever.
  /// - Throws: `InputError` if it is missing, a folder, or not to be opened.
  package init(
    path: String, name: String? = nil, isOrdinary: Bool = false, writerTimeout: Double? = writerTimeout
  ) throws(InputError) {
    self.name = name ?? path
    isOwned = true
    writerDeadline = writerTimeout.map { monotonicSeconds() + $0 } ?? .infinity
    // Without O_NONBLOCK, opening a pipe would wait for a program at its other end, and no stop would be seen.
    number = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard number >= 0 else { throw InputError(path: self.name, reason: errno == ENOENT ? .missing : .system(errno)) }
    var status = stat()
    guard fstat(number, &status) == 0 else { throw InputError(path: self.name, reason: .system(errno)) }
    if status.st_mode & S_IFMT == S_IFDIR { throw InputError(path: self.name, reason: .folder) }
    if isOrdinary, status.st_mode & S_IFMT != S_IFREG { throw InputError(path: self.name, reason: .notOrdinary) }
  }

  /// Reads an open file from its present offset. The descriptor stays the caller's.
  package init(borrowing descriptor: Int32, name: String) {
    number = descriptor
    self.name = name
    isOwned = false
    writerDeadline = .infinity
  }

  deinit { if isOwned, number >= 0 { close(number) } }

  /// Waits for bytes and returns them.
  ///
  /// - Returns: no bytes at the end of the file and after a stop.
  /// - Throws: `InputError` where reading fails.
  package func read(upTo count: Int, stop: StopSource? = nil) throws(InputError) -> [UInt8] {
    while stop?.isStopped != true {
      // Where nothing can be stopped, nothing has to be looked at while it waits.
      var ready = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
      let isBounded = !hasRead && writerDeadline < .infinity
      let found = poll(&ready, 1, stop == nil && !isBounded ? -1 : 100)
      if found < 0 && errno == EINTR { continue }
      // Only a read tells a pipe that nobody has opened for writing from one that is idle.
      if found == 0 && (!isBounded || monotonicSeconds() < writerDeadline) { continue }
      var bytes = [UInt8](repeating: 0, count: count)
      let result = Platform.read(number, &bytes, count)
      if result == 0, found == 0 { throw InputError(path: name, reason: .noWriter) }
      hasRead = hasRead || result > 0
      if result >= 0 { return Array(bytes.prefix(result)) }
      let problem = errno
      if problem == EISDIR { throw InputError(path: name, reason: .folder) }
      if problem != EINTR, problem != EAGAIN { throw InputError(path: name, reason: .system(problem)) }
    }
    return []
  }
}
