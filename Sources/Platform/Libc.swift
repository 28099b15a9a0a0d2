// SPDX-License-Identifier: Apache-2.0

// The C library of the system, imported once: every other target gets it with Platform.
#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#endif

/// The text of an `errno` value, for example "No such file or directory".
public func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

/// Seconds on the monotonic clock, which nobody can set.
public func monotonicSeconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Writes all of `bytes`, in as many pieces as the system takes.
///
/// A descriptor that does not block and takes nothing is waited for, a second each time.
///
/// - Returns: 0, or the `errno` of the write that failed; `EAGAIN` when nothing was taken for a second.
@discardableResult
public func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  bytes.withUnsafeBytes { buffer in
    var done = 0
    while done < buffer.count {
      let count = write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
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
}

/// Reads the limit on the size of files that this process writes (RLIMIT_FSIZE), whose constant has another type in each C
/// library.
///
/// - Returns: false where the system does not tell.
public func fileSizeLimit(_ limit: inout rlimit) -> Bool {
  #if canImport(Glibc)
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
  #else
    getrlimit(RLIMIT_FSIZE, &limit) == 0
  #endif
}
