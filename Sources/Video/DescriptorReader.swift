// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// Feeds libavformat from an open file descriptor. FFmpeg's own reading of pipes cannot be interrupted while nothing
/// comes; this one asks after every tenth of a second.
final class DescriptorReader {
  private let descriptor: Int32
  private let interrupt: IOInterrupt
  private let closesDescriptor: Bool
  /// Monotonic time up to which a pipe that no program writes is waited for.
  private let writerDeadline: Double
  private(set) var context: UnsafeMutablePointer<AVIOContext>?
  /// True once a byte has come.
  private(set) var hasRead = false
  /// True once the wait for a pipe has ended that no program has opened for writing.
  private(set) var lacksWriter = false

  /// - Parameters:
  ///   - closesDescriptor: false for a descriptor that belongs to the process, such as standard input.
  ///   - writerTimeout: seconds for which a pipe is waited for that no program has opened for writing; nil for ever. A
  ///     descriptor with one must not block.
  init?(descriptor: Int32, closesDescriptor: Bool, interrupt: IOInterrupt, writerTimeout: Double? = nil) {
    writerDeadline = writerTimeout.map { monotonicSeconds() + $0 } ?? .infinity
    self.descriptor = descriptor
    self.closesDescriptor = closesDescriptor
    self.interrupt = interrupt
    let size = 1 << 15
    guard let buffer = av_malloc(size) else { return nil }
    let isFile = Self.isRegularFile(descriptor)
    context = avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), Int32(size), 0, Unmanaged.passUnretained(self).toOpaque(),
      { opaque, buffer, size in
        guard let opaque, let buffer else { return shim_error_of_errno(EINVAL) }
        return Unmanaged<DescriptorReader>.fromOpaque(opaque).takeUnretainedValue().read(into: buffer, count: size)
      }, nil,
      // A file given as `< clip.mp4` can be read in any order, which an mp4 with its index at the end needs.
      isFile
        ? { opaque, offset, whence in
          guard let opaque else { return Int64(shim_error_of_errno(EINVAL)) }
          return Unmanaged<DescriptorReader>.fromOpaque(opaque).takeUnretainedValue().seek(to: offset, whence: whence)
        } : nil)
    if context == nil {
      av_free(buffer)
      return nil
    }
    context?.pointee.seekable = isFile ? Int32(AVIO_SEEKABLE_NORMAL) : 0
  }

  deinit {
    if context != nil {
      av_free(context?.pointee.buffer)
      avio_context_free(&context)
    }
    if closesDescriptor { close(descriptor) }
  }

  static func isRegularFile(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Waits for bytes and reads them.
  /// - Returns: their number, or FFmpeg's code for the end, a stop or an error.
  func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int32) -> Int32 {
    while true {
      if interrupt.shouldEnd { return shim_error_interrupted() }
      var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&poller, 1, 100)
      if ready < 0 && errno == EINTR { continue }
      // Only a read tells a pipe that nobody has opened for writing from one that is idle.
      if ready == 0 && (hasRead || monotonicSeconds() < writerDeadline) { continue }
      if ready < 0 { return shim_error_of_errno(errno) }
      let bytes = Platform.read(descriptor, buffer, Int(count))
      if bytes > 0 {
        hasRead = true
        return Int32(bytes)
      }
      if bytes == 0 {
        lacksWriter = ready == 0
        return shim_error_end_of_file()
      }
      if errno != EINTR && errno != EAGAIN { return shim_error_of_errno(errno) }
    }
  }

  private func seek(to offset: Int64, whence: Int32) -> Int64 {
    if whence & AVSEEK_SIZE != 0 {
      var status = stat()
      return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : Int64(shim_error_of_errno(errno))
    }
    let position = lseek(descriptor, Int(offset), whence & ~AVSEEK_FORCE)
    return position < 0 ? Int64(shim_error_of_errno(errno)) : Int64(position)
  }
}
