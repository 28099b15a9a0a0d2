// SPDX-License-Identifier: Apache-2.0

import Platform

/// An ordinary file of a fixed size that one program has locked, read and written in pieces.
///
/// It is not mapped into memory. With a mapping, a file that another program shortens, or a disk that fails, would end
/// this program at its next access; here both are errors. A mapping would save nothing either: pages that are read have
/// their keys rotated and are copied into the cache.
final class LockedFile {
  let path: String
  /// The file did not exist before.
  let isNew: Bool
  /// Bytes of the file; any other size is an error.
  private(set) var byteCount: Int
  private let descriptor: Int32

  /// Opens the file or creates an empty one, and locks it for the lifetime of this object.
  ///
  /// - Throws: `notRegularFile`, `unopenable`, `inUse`.
  init(path: String) throws(OffloadError) {
    self.path = path
    // Without O_NONBLOCK, opening a pipe would wait for a program at its other end.
    let flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    // The keys and values of a video are private to the user who runs the program.
    var opened = open(path, flags | O_CREAT | O_EXCL, 0o600)
    isNew = opened >= 0
    if !isNew, errno == EEXIST { opened = open(path, flags) }
    guard opened >= 0 else {
      throw errno == EISDIR ? .notRegularFile(path: path) : .unopenable(path: path, reason: errorText(errno))
    }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(opened)
      throw .notRegularFile(path: path)
    }
    let reason = lock(opened)
    guard reason == 0 else {
      close(opened)
      throw reason == EWOULDBLOCK
        ? .inUse(path: path) : .unopenable(path: path, reason: errorText(reason))
    }
    descriptor = opened
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Sets the size of the file and reserves its blocks, so that a full disk is an error now and not later.
  ///
  /// - Throws: `noSpace`; the file then has its former size again.
  func allocate(_ newByteCount: Int) throws(OffloadError) {
    var problem: Int32 = 0
    if let limit = ResourceLimit.fileSize.current, limit < UInt64(newByteCount) {
      problem = EFBIG  // The system would end the program with a signal instead.
    } else if newByteCount < byteCount, ftruncate(descriptor, off_t(newByteCount)) != 0 {
      problem = errno
    } else {
      repeat { problem = posix_fallocate(descriptor, 0, off_t(newByteCount)) } while problem == EINTR
    }
    guard problem == 0 else {
      ftruncate(descriptor, off_t(byteCount))
      throw .noSpace(path: path, byteCount: newByteCount, reason: errorText(problem))
    }
    byteCount = newByteCount
  }

  /// Leaves no file behind where there was none.
  func removeIfNew() {
    if isNew { unlink(path) }
  }

  /// Checks that the file still exists and has its size.
  ///
  /// - Throws: `removed`, `resized`, `unreadable`.
  func check() throws(OffloadError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: errorText(errno)) }
    guard status.st_nlink > 0 else { throw .removed(path: path) }
    guard status.st_size == byteCount else { throw .resized(path: path) }
  }

  /// Fills `bytes` from an offset of the file.
  ///
  /// - Throws: `resized`, `unreadable`.
  func read(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(OffloadError) {
    var done = 0
    while done < bytes.count {
      let count = pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        throw .resized(path: path)
      } else if errno != EINTR {
        throw .unreadable(path: path, reason: errorText(errno))
      }
    }
  }

  /// Writes `bytes` at an offset of the file.
  ///
  /// - Throws: `unwritable`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(OffloadError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw .unwritable(path: path, reason: errorText(count == 0 ? ENOSPC : errno))
      }
    }
  }

  /// Waits until everything written is on the disk.
  ///
  /// - Throws: `unwritable`.
  func synchronize() throws(OffloadError) {
    guard fdatasync(descriptor) == 0 else { throw .unwritable(path: path, reason: errorText(errno)) }
  }
}
