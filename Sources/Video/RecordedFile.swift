// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// A file and the recordings in it, which may have been written one behind the other (`cat a.ts b.ts`). FFmpeg keeps to
/// the headers that it met first: each recording is read by itself.
///
/// Used by one thread at a time.
final class RecordedFile {
  struct Recording {
    /// Where it lies in the file.
    var bytes: Range<Int64>
    let container: Container
  }

  var recordings: [Recording] = []
  let size: Int64
  /// Bytes between recordings that belong to none.
  var lostCount: Int64 = 0
  /// What is known of the last recording; nil once all of it is.
  var walk: RecordingWalk?
  /// Bytes that may be read to look for recordings.
  var budget = mostBytesAtOnce

  private let descriptor: Int32
  private let closesDescriptor: Bool
  /// Bytes that were read of the file.
  private var buffer: [UInt8] = []
  private var bufferPosition: Int64 = 0

  /// Recordings that are told apart at most: a file may be made so that one begins in every packet.
  static let mostRecordings = 1000
  /// Bytes that are read to look for recordings: when a file is opened, and each time the last one known has ended.
  static let mostBytesAtOnce = 1 << 26
  /// What an element costs of these, besides its bytes: there may be one in every few bytes.
  private static let stepCost = 64

  /// - Parameter closesDescriptor: false for a descriptor that belongs to the process.
  /// - Returns: nil for what is no file in a container whose bytes tell of its recordings.
  init?(descriptor: Int32, closesDescriptor: Bool) {
    self.descriptor = descriptor
    self.closesDescriptor = closesDescriptor
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    size = Int64(status.st_size)
    guard isFile else { return nil }
    let head = bytes(at: 0, count: Container.headLength)
    let isTransportStream = TransportPacket.first(in: head) != nil
    guard let container = Container(headerOf: head) ?? (isTransportStream ? .transportStream : nil) else { return nil }
    recordings = [Recording(bytes: 0..<size, container: container)]
    if container == .transportStream, size > budget {
      splitByMarks()
    } else {
      walk = RecordingWalk(at: 0)
      find()
    }
  }

  deinit { if closesDescriptor { close(descriptor) } }

  /// Reads at a place in the file.
  /// - Returns: the number of bytes, 0 at the end, or FFmpeg's code for an error.
  func read(at position: Int64, into bytes: UnsafeMutableRawPointer, count: Int) -> Int {
    while true {
      let result = pread(descriptor, bytes, count, off_t(position))
      if result >= 0 { return result }
      if errno != EINTR { return Int(shim_error_of_errno(errno)) }
    }
  }

  /// Bytes to look for recordings in: `count` of them, less at the end of the file, or some more.
  func bytes(at position: Int64, count: Int) -> ArraySlice<UInt8> {
    budget -= Self.stepCost
    let isInBuffer = position >= bufferPosition && position - bufferPosition < Int64(buffer.count)
    let start = isInBuffer ? Int(position - bufferPosition) : 0
    let isAtEnd = bufferPosition + Int64(buffer.count) == size
    if isInBuffer, isAtEnd || start + count <= buffer.count { return buffer[start...] }
    // Short elements that follow each other are read together.
    let length = Int(max(0, min(Int64(isInBuffer ? max(count, Self.pieceLength) : count), size - position)))
    budget -= max(length, Container.headLength)
    buffer = [UInt8](repeating: 0, count: length)
    let result = buffer.withUnsafeMutableBytes { bytes in
      bytes.baseAddress.map { read(at: position, into: $0, count: length) } ?? 0
    }
    bufferPosition = position
    buffer.removeLast(length - max(0, result))
    return buffer[...]
  }

  /// Whether bytes hold nothing: recorders fill a file up with zeros.
  func isEmpty(_ range: Range<Int64>) -> Bool {
    let part = bytes(at: range.lowerBound, count: Int(min(Int64(Container.headLength), Int64(range.count))))
    return part.prefix(range.count).allSatisfy { $0 == 0 }
  }

  /// Bytes of the file that were not read, if the last recording was read up to `position`.
  func unreadCount(upTo position: Int64) -> Int64 {
    let end = max(position, walk?.unknown ?? walk?.doubted ?? recordings.last?.bytes.upperBound ?? size)
    return lostCount + (end < size && !isEmpty(end..<size) ? size - end : 0)
  }
}

/// The bytes of one recording, for FFmpeg.
final class RecordingReader {
  private let file: RecordedFile
  /// Which recording of the file it is.
  private let number: Int
  private var position: Int64 = 0
  private(set) var context: UnsafeMutablePointer<AVIOContext>?

  /// - Returns: nil where memory has run out.
  init?(of number: Int, in file: RecordedFile) {
    (self.file, self.number) = (file, number)
    let size = 1 << 15
    guard let buffer = av_malloc(size) else { return nil }
    context = avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), Int32(size), 0, Unmanaged.passUnretained(self).toOpaque(),
      { opaque, buffer, size in
        guard let opaque, let buffer else { return shim_error_of_errno(EINVAL) }
        return Unmanaged<RecordingReader>.fromOpaque(opaque).takeUnretainedValue().read(into: buffer, count: size)
      }, nil,
      { opaque, offset, whence in
        guard let opaque else { return Int64(shim_error_of_errno(EINVAL)) }
        return Unmanaged<RecordingReader>.fromOpaque(opaque).takeUnretainedValue().seek(to: offset, whence: whence)
      })
    if context == nil { av_free(buffer) }
  }

  deinit {
    if context != nil {
      av_free(context?.pointee.buffer)
      avio_context_free(&context)
    }
  }

  private var bytes: Range<Int64> { file.recordings[number].bytes }

  private func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int32) -> Int32 {
    let start = bytes.lowerBound + position
    file.note(bytes: start..<start + Int64(count))
    // What has been read of the file may have shown that the recording ends.
    let length = min(Int64(count), bytes.upperBound - start)
    guard length > 0 else { return shim_error_end_of_file() }
    let result = file.read(at: start, into: buffer, count: Int(length))
    if result > 0 { position += Int64(result) }
    return result == 0 ? shim_error_end_of_file() : Int32(result)
  }

  private func seek(to offset: Int64, whence: Int32) -> Int64 {
    let size = Int64(bytes.count)
    if whence & AVSEEK_SIZE != 0 { return size }
    let base: Int64
    switch whence & ~AVSEEK_FORCE {
    case SEEK_SET: base = 0
    case SEEK_CUR: base = position
    case SEEK_END: base = size
    default: return Int64(shim_error_of_errno(EINVAL))
    }
    let (target, overflows) = base.addingReportingOverflow(offset)
    guard !overflows, target >= 0, target < 1 << 60 else { return Int64(shim_error_of_errno(EINVAL)) }
    position = target
    return target
  }
}
