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
