// SPDX-License-Identifier: Apache-2.0

/// A limit that the system sets this process (getrlimit). The constants have another type in each C library.
public enum ResourceLimit: Sendable {
  /// The size of a file that is written, in bytes.
  case fileSize
  /// Memory that is locked, in bytes.
  case lockedMemory
  /// Descriptors that are open.
  case openFiles
  /// Processes and threads of the user.
  case processes

  /// The limit that holds now; nil where the system does not tell.
  public var current: rlim_t? {
    var limit = rlimit()
    return getrlimit(resource, &limit) == 0 ? limit.rlim_cur : nil
  }

  /// The most that the limit can be raised to; nil where the system does not tell.
  public var most: rlim_t? {
    var limit = rlimit()
    return getrlimit(resource, &limit) == 0 ? limit.rlim_max : nil
  }

  #if canImport(Glibc)
    private var resource: __rlimit_resource_t {
      switch self {
      case .fileSize: __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
      case .lockedMemory: __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)
      case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      case .processes: __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
      }
    }
  #else
    private var resource: Int32 {
      switch self {
      case .fileSize: RLIMIT_FSIZE
      case .lockedMemory: RLIMIT_MEMLOCK
      case .openFiles: RLIMIT_NOFILE
      case .processes: RLIMIT_NPROC
      }
    }
  #endif
}
