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

/// Reads the limit on the size of files that this process writes (RLIMIT_FSIZE), whose constant has another type in
/// each C library.
///
/// - Returns: false where the system does not tell.
public func fileSizeLimit(_ limit: inout rlimit) -> Bool {
  #if canImport(Glibc)
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
  #else
    getrlimit(RLIMIT_FSIZE, &limit) == 0
  #endif
}

/// Reads the limit on files that this process may have open (RLIMIT_NOFILE), whose constant has another type in each C
/// library.
///
/// - Returns: false where the system does not tell.
public func openFilesLimit(_ limit: inout rlimit) -> Bool {
  #if canImport(Glibc)
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
  #else
    getrlimit(RLIMIT_NOFILE, &limit) == 0
  #endif
}

/// Reads the limit on memory that this process may lock (RLIMIT_MEMLOCK), whose constant has another type in each C
/// library.
///
/// - Returns: false where the system does not tell.
public func lockedMemoryLimit(_ limit: inout rlimit) -> Bool {
  #if canImport(Glibc)
    getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0
  #else
    getrlimit(RLIMIT_MEMLOCK, &limit) == 0
  #endif
}
