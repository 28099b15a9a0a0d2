// SPDX-License-Identifier: Apache-2.0

/// A file that is read from its beginning, and closed with its last reader.
package final class InputDescriptor {
  private let number: Int32
  private let name: String
  private let isOwned: Bool

  /// Opens a file.
  ///
  /// - Parameter name: what errors call it; nil for the path.
  /// - Throws: `InputError` if it is missing, a folder, or not to be opened.
  package init(path: String, name: String? = nil) throws(InputError) {
    self.name = name ?? path
    isOwned = true
    // Without O_NONBLOCK, opening a pipe would wait for a program at its other end, and no stop would be seen.
    number = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard number >= 0 else { throw InputError(path: self.name, reason: errno == ENOENT ? .missing : .system(errno)) }
    var status = stat()
    guard fstat(number, &status) == 0 else { throw InputError(path: self.name, reason: .system(errno)) }
    if status.st_mode & S_IFMT == S_IFDIR { throw InputError(path: self.name, reason: .folder) }
  }

  /// Reads an open file from its present offset. The descriptor stays the caller's.
  package init(borrowing descriptor: Int32, name: String) {
    number = descriptor
    self.name = name
    isOwned = false
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
      let found = poll(&ready, 1, stop == nil ? -1 : 100)
      if found == 0 || (found < 0 && errno == EINTR) { continue }
      var bytes = [UInt8](repeating: 0, count: count)
      let result = Platform.read(number, &bytes, count)
      if result >= 0 { return Array(bytes.prefix(result)) }
      let problem = errno
      if problem == EISDIR { throw InputError(path: name, reason: .folder) }
      if problem != EINTR, problem != EAGAIN { throw InputError(path: name, reason: .system(problem)) }
    }
    return []
  }
}
