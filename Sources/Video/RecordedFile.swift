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
    /// nil for one that only the whole source can be.
    let container: Container?
    /// Bytes that are no packets of a transport stream, as far as it was read.
    var gaps: PacketGaps
    /// Whether its header says that more follows than there is.
    var isCut = false

    init(bytes: Range<Int64>, container: Container?) {
      (self.bytes, self.container, gaps) = (bytes, container, PacketGaps(at: bytes.lowerBound))
    }
  }

  /// FFmpeg reads on by itself in a transport stream alone.
  enum Excess { case unread, readAsOne }

  var recordings: [Recording] = []
  /// Where it ends, in bytes; a pipe does not say so before it does.
  var size: Int64 { pipe.map { $0.isAtEnd ? $0.end : .max } ?? fileSize }
  private let fileSize: Int64
  /// nil for a file that can be read in any order.
  let pipe: PipeWindow?
  /// Bytes between recordings that belong to none.
  var lostCount: Int64 = 0
  /// Bytes within recordings that belong to no element of theirs, though others follow.
  var fillers: [Range<Int64>] = []
  /// What becomes of recordings beyond those that are told apart; nil where there are none.
  var excess: Excess?
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
  static let stepCost = 64

  /// - Parameter closesDescriptor: false for a descriptor that belongs to the process.
  /// - Returns: nil for what is no file in a container whose bytes tell of its recordings.
  init?(descriptor: Int32, closesDescriptor: Bool) {
    self.descriptor = descriptor
    self.closesDescriptor = closesDescriptor
    var status = stat()
    let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    fileSize = Int64(status.st_size)
    pipe = nil
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

  /// - Parameter reader: reads the pipe, and closes it. The first bytes are waited for.
  init(pipeOf reader: DescriptorReader) {
    (descriptor, closesDescriptor) = (-1, false)
    fileSize = .max
    pipe = PipeWindow(of: reader)
    beginPipe()
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
  ///
  /// - Parameter piece: how many are read where they have not been, if that is more than `count`.
  func bytes(at position: Int64, count: Int, piece: Int = 0) -> ArraySlice<UInt8> {
    if let pipe { return pipe.bytes(from: position) }
    budget -= Self.stepCost
    let isInBuffer = position >= bufferPosition && position - bufferPosition < Int64(buffer.count)
    let start = isInBuffer ? Int(position - bufferPosition) : 0
    let isAtEnd = bufferPosition + Int64(buffer.count) == size
    if isInBuffer, isAtEnd || start + count <= buffer.count { return buffer[start...] }
    // Short elements that follow each other are read together.
    let wanted = max(count, isInBuffer ? Self.pieceLength : piece)
    let length = Int(max(0, min(Int64(wanted), size - position)))
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

  /// Bytes within recordings that were passed over, as far as these were read.
  func skippedCount(besides unreadable: Set<Int>) -> Int64 {
    recordings.indices.filter { !unreadable.contains($0) }.reduce(0) { sum, number in
      let bytes = recordings[number].bytes
      let fillers = fillers.filter { bytes.contains($0.lowerBound) }
      return sum + recordings[number].gaps.count + fillers.reduce(0) { $0 + Int64($1.count) }
    }
  }

  /// Takes note of bytes that were read of a recording.
  func noteRead(_ bytes: UnsafeRawBufferPointer, at position: Int64, of number: Int) {
    if recordings[number].container == .transportStream { recordings[number].gaps.take(bytes, at: position) }
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
      file.pipe != nil
        ? nil
        : { opaque, offset, whence in
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
    if let pipe = file.pipe {
      let length = file.waitForByte(at: start, of: number)
      guard length > 0 else { return Int32(length) }
      let copied = pipe.copy(at: start, into: buffer, count: Int(min(Int64(count), length)))
      file.noteRead(UnsafeRawBufferPointer(start: buffer, count: copied), at: start, of: number)
      // FFmpeg would ask again for ever.
      guard copied > 0 else { return shim_error_end_of_file() }
      file.fill(UnsafeMutableRawBufferPointer(start: buffer, count: copied), at: start)
      position += Int64(copied)
      return Int32(copied)
    }
    file.note(bytes: start..<start + Int64(count))
    // What has been read of the file may have shown that the recording ends.
    let length = min(Int64(count), bytes.upperBound - start)
    guard length > 0 else { return shim_error_end_of_file() }
    let result = file.read(at: start, into: buffer, count: Int(length))
    if result > 0 {
      file.noteRead(UnsafeRawBufferPointer(start: buffer, count: result), at: start, of: number)
      file.fill(UnsafeMutableRawBufferPointer(start: buffer, count: result), at: start)
      position += Int64(result)
    }
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
