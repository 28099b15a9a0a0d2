// SPDX-License-Identifier: Apache-2.0

/// Writes all of `bytes`, in as many pieces as the system takes.
///
/// A descriptor that does not block and takes nothing is waited for, a second each time.
///
/// - Returns: 0, or the `errno` of the write that failed; `EAGAIN` when nothing was taken for a second.
@discardableResult
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
  var done = 0
  while done < bytes.count {
    let count = write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
    if count > 0 {
      done += count
    } else if count < 0, errno == EAGAIN {
      var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&ready, 1, 1000) <= 0 { return EAGAIN }
    } else if count < 0, errno != EINTR {
      return errno
    }
  }
  return 0
}

/// Writes all of `bytes`, as above.
@discardableResult
public func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
}

/// Writes all of `bytes` and waits for a descriptor that takes nothing, but never blocks in a write, so that a pipe
/// whose reader does not read can be left.
///
/// - Parameter isAbandoned: asked ten times a second while nothing is taken.
/// - Returns: 0, or the `errno` of the write that failed; `ECANCELED` when it was abandoned.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, unless isAbandoned: () -> Bool) -> Int32 {
  var rest = bytes[...]
  while !rest.isEmpty {
    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let found = poll(&ready, 1, 100)
    if found == 0, isAbandoned() { return ECANCELED }
    if found == 0 || (found < 0 && errno == EINTR) { continue }
    // A pipe that is ready takes this many bytes without blocking.
    let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(PIPE_BUF)))
    let count = write(descriptor, piece.baseAddress, piece.count)
    if count >= 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR, errno != EAGAIN {
      return errno
    }
  }
  return 0
}

/// Writes all of `bytes`, as above.
public func writeAll(_ bytes: [UInt8], to descriptor: Int32, unless isAbandoned: () -> Bool) -> Int32 {
  bytes.withUnsafeBytes { writeAll($0, to: descriptor, unless: isAbandoned) }
}
