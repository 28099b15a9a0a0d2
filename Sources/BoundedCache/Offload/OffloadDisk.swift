// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Platform
#elseif canImport(Musl)
  import Musl
#endif

/// An ordinary file of a fixed size that one program has to itself, read and written in pieces.
///
/// It is not mapped into memory. A mapping would read the same pages of the system's cache, but a file that somebody
/// shortens, or a disk that fails, would end the program at the next touch; here both are errors. And nothing would be
/// saved: what is read is turned and put among the cache's keys, so it is copied once either way.
final class OffloadDisk {
  let path: String
  /// The file did not exist before.
  let isNew: Bool
  /// Bytes that the file has, and must go on having.
  private(set) var byteCount: Int
  private let descriptor: Int32

  /// Opens the file or makes an empty one, and locks it for as long as this object lives.
  init(path: String) throws(OffloadError) {
    self.path = path
    // Without O_NONBLOCK, opening a pipe would wait for somebody at its other end.
    let flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    // What was seen is private to who runs the program.
    var opened = open(path, flags | O_CREAT | O_EXCL, 0o600)
    isNew = opened >= 0
    if !isNew, errno == EEXIST { opened = open(path, flags) }
    guard opened >= 0 else {
      throw errno == EISDIR ? .notRegularFile(path: path) : .unopenable(path: path, reason: OffloadDisk.message(errno))
    }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw .notRegularFile(path: path)
    }
    guard OffloadDisk.lock(opened) else {
      let reason = errno
      close(opened)
      throw reason == EWOULDBLOCK
        ? .inUse(path: path) : .unopenable(path: path, reason: OffloadDisk.message(reason))
    }
    descriptor = opened
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Locks a file for one program.
  ///
  /// Waits a moment for one that holds it: a program started by this one shares its locks until it is under way.
  private static func lock(_ descriptor: Int32) -> Bool {
    for _ in 0..<50 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
      guard errno == EWOULDBLOCK else { return false }
      usleep(10_000)
    }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }

  /// Makes the file so long, with room on the disk for all of it, so that a full disk shows now and not later.
  ///
  /// - Throws: `noSpace`; the file then has its former size again.
  func allocate(_ newByteCount: Int) throws(OffloadError) {
    var limit = rlimit()
    #if canImport(Glibc)
      let limited = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
    #else
      let limited = getrlimit(RLIMIT_FSIZE, &limit) == 0
    #endif
    var problem: Int32 = 0
    if limited, limit.rlim_cur < UInt64(newByteCount) {
      problem = EFBIG  // The system would end the program instead of saying so.
    } else if newByteCount < byteCount, ftruncate(descriptor, off_t(newByteCount)) != 0 {
      problem = errno
    } else {
      repeat { problem = posix_fallocate(descriptor, 0, off_t(newByteCount)) } while problem == EINTR
    }
    guard problem == 0 else {
      ftruncate(descriptor, off_t(byteCount))
      throw .noSpace(path: path, byteCount: newByteCount, reason: OffloadDisk.message(problem))
    }
    byteCount = newByteCount
  }

  /// Leaves no file behind where there was none.
  func removeIfNew() {
    if isNew { unlink(path) }
  }

  /// Makes sure that the file is still there, whole.
  func check() throws(OffloadError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: OffloadDisk.message(errno)) }
    guard status.st_nlink > 0 else { throw .removed(path: path) }
    guard status.st_size == byteCount else { throw .resized(path: path) }
  }

  /// Fills `bytes` from an offset.
  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(OffloadError) {
    var done = 0
    while done < bytes.count {
      let count = pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        throw .resized(path: path)
      } else if errno != EINTR {
        throw .unreadable(path: path, reason: OffloadDisk.message(errno))
      }
    }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(OffloadError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw .unwritable(path: path, reason: OffloadDisk.message(count == 0 ? ENOSPC : errno))
      }
    }
  }

  /// Waits until everything written is on the disk.
  func synchronize() throws(OffloadError) {
    guard fdatasync(descriptor) == 0 else { throw .unwritable(path: path, reason: OffloadDisk.message(errno)) }
  }

  private static func message(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
  }
}
