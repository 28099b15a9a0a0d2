// SPDX-License-Identifier: Apache-2.0

/// The target of a path for writing. Every file that this program writes is looked at here first.
///
/// A link is followed and stays. Pipes, terminals and devices such as `/dev/null` are written as they are. So are
/// standard output and standard error, whatever they are. Anything else but an ordinary file is refused.
package struct OutputPath {
  /// How the bytes get there.
  package enum Kind: Equatable {
    /// There is no file yet.
    case absent
    /// An ordinary file with these permissions and this owner.
    case file(mode: mode_t, user: uid_t, group: gid_t)
    /// A pipe or a character device; or an open descriptor of this process, which the path names.
    case stream(descriptor: Int32?)
  }

  /// The path as it was given.
  package let name: String
  /// The path of the file itself, links followed.
  package let path: String
  /// How the bytes get there; found out when the target was made.
  package let kind: Kind

  /// The folder of the file.
  package var folder: String {
    let folder = parentFolder(of: path)
    return folder.isEmpty ? "." : folder
  }

  /// Looks at a path.
  ///
  /// - Parameter inputs: files that this run reads; `-` for standard input.
  /// - Throws: `folder`, `notAFile`, `writeProtected`, `input`, `system`.
  package init(_ name: String, inputs: [String] = []) throws(OutputError) {
    self.name = name
    var status = stat()
    guard stat(name, &status) == 0 else {
      guard errno == ENOENT, !name.isEmpty else { throw OutputError(path: name, reason: .system(errno)) }
      path = try Self.resolved(name)
      kind = .absent
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw OutputError(path: name, reason: .folder)
    case S_IFIFO, S_IFCHR:
      path = name
      kind = .stream(descriptor: Self.descriptor(named: name))
    case S_IFREG:
      if let open = Self.descriptor(named: name) ?? Self.standardStream(of: status) {
        path = name
        kind = .stream(descriptor: open)
        return
      }
      if inputs.contains(where: { Self.isSame(status, $0) }) { throw OutputError(path: name, reason: .input) }
      // Root may write any file. One that nobody may write is meant to stay.
      guard status.st_mode & 0o222 != 0, access(name, W_OK) == 0 else {
        throw OutputError(path: name, reason: .writeProtected)
      }
      path = try Self.resolved(name)
      kind = .file(mode: status.st_mode & 0o7777, user: status.st_uid, group: status.st_gid)
    default: throw OutputError(path: name, reason: .notAFile)
    }
  }

  /// Opens a pipe or a device for writing. Waits up to ten seconds for the reader of a pipe.
  ///
  /// - Parameter stop: ends the wait.
  /// - Throws: `noReader`, also after a stop; `system`.
  package func openStream(_ descriptor: Int32?, stop: StopSource? = nil) throws(OutputError) -> Int32 {
    if let descriptor {
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else { throw failure(errno) }
      return copy
    }
    var opened: Int32 = -1
    // Opening a pipe that nobody reads would otherwise wait without end, and no signal would be heard.
    for attempt in 0..<200 {
      opened = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
      if opened >= 0 || errno != ENXIO || stop?.isStopped == true { break }
      if attempt < 199 { usleep(50_000) }
    }
    guard opened >= 0 else { throw errno == ENXIO ? OutputError(path: name, reason: .noReader) : failure(errno) }
    _ = fcntl(opened, F_SETFL, fcntl(opened, F_GETFL) & ~O_NONBLOCK)
    return opened
  }

  /// An error for this target from an `errno`.
  package func failure(_ code: Int32) -> OutputError { OutputError(path: name, reason: .system(code)) }

  // MARK: Names

  /// The descriptor of this process that a path such as `/dev/stdout` names.
  private static func descriptor(named path: String) -> Int32? {
    switch path {
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default:
      for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
        return Int32(path.dropFirst(folder.count))
      }
      return nil
    }
  }

  /// Standard output or standard error, if they go to this file.
  private static func standardStream(of status: stat) -> Int32? {
    [STDOUT_FILENO, STDERR_FILENO].first { number in
      var stream = stat()
      return fstat(number, &stream) == 0 && isSame(stream, status)
    }
  }

  private static func isSame(_ status: stat, _ input: String) -> Bool {
    var other = stat()
    guard (input == "-" ? fstat(STDIN_FILENO, &other) : stat(input, &other)) == 0 else { return false }
    return isSame(status, other)
  }

  private static func isSame(_ a: stat, _ b: stat) -> Bool { a.st_dev == b.st_dev && a.st_ino == b.st_ino }

  /// Follows links to the file itself, which need not exist.
  private static func resolved(_ name: String) throws(OutputError) -> String {
    var path = name
    for _ in 0..<40 {
      var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(path, &bytes, bytes.count)
      guard count > 0 else { return path }
      let next = String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
      if next.hasPrefix("/") {
        path = next
      } else if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
        path = String(path[...slash]) + next
      } else {
        path = next
      }
    }
    throw OutputError(path: name, reason: .system(ELOOP))
  }
}
