// SPDX-License-Identifier: Apache-2.0

import Platform

/// Bytes that never change: a file mapped into memory, or a copy of an array. Released with the last reference.
final class FileBytes: Sendable {
  /// Valid as long as this object lives.
  nonisolated(unsafe) let buffer: UnsafeRawBufferPointer
  private let isMapped: Bool
  /// Of the file that is mapped; nil for a copy.
  let identity: Identity?

  /// Tells a file from another one of the same path.
  struct Identity: Hashable {
    private let device, number: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      number = UInt64(status.st_ino)
    }
  }

  /// Maps an ordinary file, read-only. Pages are read when they are first touched.
  ///
  /// The file must not be shortened while it is mapped: the system ends a program that touches a page that is gone.
  init(mapping path: String) throws(GGUFError) {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR
        ? .missing(path: path) : .unreadable(path: path, reason: errorText(errno))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable(path: path, reason: errorText(errno))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw .directory(path: path)
    default: throw .notRegularFile(path: path)
    }
    guard status.st_size > 0 else { throw .empty(path: path) }
    let size = Int(status.st_size)
    guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
      throw .unreadable(path: path, reason: errorText(errno))
    }
    buffer = UnsafeRawBufferPointer(start: start, count: size)
    isMapped = true
    identity = Identity(status)
  }

  init(copying bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    copy.copyBytes(from: bytes)
    buffer = UnsafeRawBufferPointer(copy)
    isMapped = false
    identity = nil
  }

  /// Linux maps the pages around one that is read, where the file is cached, in aligned blocks of this size.
  private static let faultAroundByteCount = 65536

  /// Lets the system take back the memory of some of the bytes, until they are touched again.
  func release(_ range: Range<Int>) {
    guard isMapped, !range.isEmpty, let base = buffer.baseAddress else { return }
    let start = range.lowerBound - range.lowerBound % Int(getpagesize())
    // The whole pages around the range: what is next to it is read again if need be.
    let pages = UnsafeMutableRawPointer(mutating: base + start)
    // Locked pages would stay; where none are locked, this does nothing.
    munlock(pages, range.upperBound - start)
    madvise(pages, range.upperBound - start, MADV_DONTNEED)
    // And those that came with its first and its last page. Locked ones are refused.
    let before = min(start, Int(bitPattern: pages) % Self.faultAroundByteCount)
    let after = Int(bitPattern: base + range.upperBound) % Self.faultAroundByteCount
    let end = min(buffer.count, range.upperBound + (after == 0 ? 0 : Self.faultAroundByteCount - after))
    madvise(pages - before, end - start + before, MADV_DONTNEED)
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count)
    } else {
      buffer.deallocate()
    }
  }
}
