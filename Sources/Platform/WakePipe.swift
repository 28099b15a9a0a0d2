// SPDX-License-Identifier: Apache-2.0

/// An error of the operating system, by its `errno`.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// The value of `errno`.
  public var code: Int32

  /// `code` is an `errno`, not a negated one.
  public init(code: Int32) { self.code = code }

  public var description: String { errorText(code) }
}

/// A pipe by which other threads, and signal handlers, wake a thread that polls. Neither end blocks.
public final class WakePipe: Sendable {
  /// The descriptor that the thread polls.
  public let readEnd: Int32
  /// The descriptor for signal handlers. A handler writes its signal's number to it, as one byte.
  public let writeEnd: Int32

  /// - Throws: `SystemError` when the process has no descriptors left.
  public init() throws(SystemError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError(code: errno) }
    for end in ends {
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Makes the read end readable, by a byte 0. A full pipe wakes the thread anyway.
  public func wake() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }

  /// The bytes that have come since the last call, at most 256 of them.
  public func takeBytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(readEnd, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }
}
