// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform
import Records

/// FFmpeg's objects of one open input, freed together in the right order.
final class MediaHandles {
  var format: UnsafeMutablePointer<AVFormatContext>?
  var codec: UnsafeMutablePointer<AVCodecContext>?
  var packet: UnsafeMutablePointer<AVPacket>?
  var reader: DescriptorReader?
  /// nil for what is not read recording by recording.
  var recording: RecordingReader?
  /// nil where the decoding thread reads the packets itself.
  var packetReader: LivePacketReader?
  /// FFmpeg asks it while it works, so it must live as long as the input.
  let interrupt: IOInterrupt

  init(interrupt: IOInterrupt) {
    self.interrupt = interrupt
  }

  deinit { release() }

  /// Closes the input and frees everything, however many references there are. A second time changes nothing.
  func release() {
    if let packetReader {
      interrupt.setDeadline(in: 0)
      packetReader.close()
      interrupt.setDeadline(in: nil)
    }
    packetReader = nil
    av_packet_free(&packet)
    avcodec_free_context(&codec)
    avformat_close_input(&format)
    reader = nil
    recording = nil
  }
}

/// An open source: packets in, decoded frames out. Used by one thread at a time.
final class MediaInput {
  /// The result of reading on.
  enum Reading: Equatable {
    /// The next frame has been decoded.
    case frame
    /// Every frame has been read.
    case end
    /// Nothing is there yet; ask again soon.
    case nothingYet
    /// The caller stopped the reading.
    case interrupted
    /// The source broke off, for this reason; properly, if the other end said that this was all.
    case lost(String, isProperEnd: Bool = false)
  }

  let source: VideoSource
  let isLive: Bool
  let isSeekable: Bool
  /// Length by the container, in seconds; nil when unknown.
  let duration: Double?
  /// Monotonic time at which the source began to send, in seconds.
  let openedAt: Double
  /// Packets and frames that could not be decoded, or only with repairs.
  var damage = DamageCount()
  /// True once an encrypted packet has come.
  var isEncrypted = false
  /// The last fault in reading a file; nil when nothing was wrong.
  var readFailure: String?

  let handles: MediaHandles
  let format: UnsafeMutablePointer<AVFormatContext>
  private(set) var stream: UnsafeMutablePointer<AVStream>
  private var codec: UnsafeMutablePointer<AVCodecContext>
  private let packet: UnsafeMutablePointer<AVPacket>
  /// Seconds that one read may take; nil for any.
  let readTimeout: Double?
  /// nil where the container states none.
  private let colors: ContainerColors?
  /// When the frame of the first packet is shown, in ticks; nil where it does not say.
  private(set) var firstTimestamp: Int64?
  private var hasRead = false
  /// Streams that were there when the source was opened.
  private let streamCount: UInt32
  private let succession = SuccessorPackets()
  /// True from the moment a packet is asked for until it is there.
  private var isAwaitingPacket = false
  /// True once a packet took longer than `readTimeout`: FFmpeg first hands out what it has, and would wait as long
  /// again before it fails.
  private(set) var isOverdue = false
  /// True while the packets are decoded that were kept of a stream before it took over.
  private var isReplaying = false
  /// Monotonic time of the latest packet of `stream`, in seconds.
  private var lastPacketAt = monotonicSeconds()
  /// Monotonic time of the latest frame, in seconds.
  private(set) var lastFrameAt = monotonicSeconds()
  /// What was seen before the source was opened again; nil where nothing is read twice.
  var repeated: RepeatedFrames?
  private var isDraining = false
  private var failuresInARow = 0

  /// What FFmpeg told of the program with the video when the source was opened; nil where it tells nothing.
  let firstMark: ProgramMark?
  /// How far the source was read for its packets, in bytes.
  private(set) var readPosition: Int64 = 0

  /// Failures without a packet between them after which reading ends: the rest of the file is unreadable.
  private static let mostFailuresInARow = 200

  /// - Parameters:
  ///   - marks: what FFmpeg told of the programs before it read any packet of them, by their numbers.
  ///   - readTimeout: seconds that one read may take; nil for any.
  init(
    source: VideoSource, handles: MediaHandles, format: UnsafeMutablePointer<AVFormatContext>,
    stream: UnsafeMutablePointer<AVStream>, codec: UnsafeMutablePointer<AVCodecContext>,
    packet: UnsafeMutablePointer<AVPacket>, colors: ContainerColors?, marks: [Int32: ProgramMark],
    isLive: Bool, isSeekable: Bool, duration: Double?, openedAt: Double, readTimeout: Double?
  ) {
    self.source = source
    self.handles = handles
    self.format = format
    streamCount = format.pointee.nb_streams
    self.stream = stream
    self.codec = codec
    self.packet = packet
    self.colors = colors
    self.isLive = isLive
    self.isSeekable = isSeekable
    self.duration = duration
    self.openedAt = openedAt
    self.readTimeout = readTimeout
    firstMark = av_find_program_from_stream(format, nil, stream.pointee.index).flatMap { marks[$0.pointee.id] }
  }

  deinit { release() }

  var timeBase: PresentationTimeline.TimeBase {
    PresentationTimeline.TimeBase(numerator: stream.pointee.time_base.num, denominator: stream.pointee.time_base.den)
  }

  /// Lets go of the source, which may serve nobody else while it is held. Nothing may be asked of the input afterwards.
  func release() { handles.release() }

  /// Seconds to wait before asking again a source that has nothing yet.
  static let restSeconds = 0.005

  /// Decodes the first frame. Blocks for `timeout` seconds at most; `interrupt` ends it.
  func readFirst(timeout: Double, interrupt: IOInterrupt) throws(VideoError) -> DecodedFrame {
    guard let frame = DecodedFrame() else { throw .unreadable(source: source.displayName, detail: "out of memory") }
    let limit = monotonicSeconds() + timeout
    while true {
      switch read(into: frame) {
      case .frame: return frame
      case .nothingYet:
        if interrupt.isStopped { throw .cancelled(source: source.displayName) }
        if monotonicSeconds() > limit { throw .timedOut(source: source.displayName, seconds: timeout) }
        usleep(UInt32(Self.restSeconds * 1e6))
      case .interrupted: throw .cancelled(source: source.displayName)
      case .lost(let reason, _): throw errorWithoutImage(after: reason)
      case .end: throw errorWithoutImage(after: nil)
      }
    }
  }

  /// Decodes on to the next frame.
  /// - Parameter frame: an empty frame that takes it.
  func read(into frame: DecodedFrame) -> Reading {
    while true {
      let code = avcodec_receive_frame(codec, frame.pointer)
      if code == 0 {
        if frame.pointer.pointee.decode_error_flags != 0 { damage.add() }
        colors?.complete(frame.pointer)
        frame.shape = FrameShape(of: frame.pointer, in: self)
        // Frames that the decoder gives out at the end came before the damage.
        damage.noteFrame(isAtEnd: isDraining)
        if !isOverdue { lastFrameAt = monotonicSeconds() }
        if repeated?.takesNext(at: frame.timestamp.map(timeBase.seconds)) == true { continue }
        return .frame
      }
      var isEmpty = code == shim_error_end_of_file()
      if !isEmpty, code != shim_error_of_errno(EAGAIN) {
        damage.add()
        failuresInARow += 1
        if isDraining, failuresInARow <= Self.mostFailuresInARow { continue }
      }
      isEmpty = isEmpty || isDraining
      if isEmpty {
        if succeed() { continue }
        return .end
      }
      if let reading = feed() { return reading }
    }
  }

  /// Gives the decoder the next packet.
  /// - Returns: nil when it has been fed, or else what to tell the caller.
  private func feed() -> Reading? {
    if isReplaying {
      if succession.takeFirst(send) != nil { return nil }
      isReplaying = false
      succession.clear()
    }
    if isOverdue, let readTimeout { return silence(of: readTimeout) }
    guard let (reading, isLate) = readPacket() else { return .nothingYet }
    if handles.interrupt.isStopped {
      av_packet_unref(packet)
      return .interrupted
    }
    guard reading.code >= 0 else { return failure(of: reading.code, line: reading.line, isLate: isLate) }
    isOverdue = isLate && isLive
    defer { av_packet_unref(packet) }
    guard packet.pointee.stream_index == stream.pointee.index else {
      return lossToOtherStream ?? feedOther(packet)
    }
    succession.giveWay(to: packet)
    if !isOverdue { lastPacketAt = monotonicSeconds() }
    if !hasRead {
      hasRead = true
      firstTimestamp = packet.pointee.pts == Int64.min ? nil : packet.pointee.pts
    }
    if shim_is_encrypted(packet) != 0 {
      isEncrypted = true
      readFailure = "the rest is encrypted"
      drain()
      return nil
    }
    send(packet)
    if let lossToOtherStream { return lossToOtherStream }
    // A sender that has changed its codec is understood when it is opened again.
    if isLive, let readTimeout, damage.hasComeSinceFrame, monotonicSeconds() - lastFrameAt > readTimeout {
      return .lost("nothing could be decoded for \(decimal(readTimeout, places: 0)) s")
    }
    return nil
  }

  /// Reads the next packet.
  /// - Returns: what came of it and whether it took too long; nil while a live source has sent none yet.
  private func readPacket() -> (reading: LivePacketReader.Reading, isLate: Bool)? {
    if !isAwaitingPacket { handles.interrupt.setDeadline(in: readTimeout) }
    let reading: LivePacketReader.Reading
    if let reader = handles.packetReader {
      isAwaitingPacket = true
      guard let taken = reader.take(within: Self.packetSeconds) else { return nil }
      isAwaitingPacket = false
      reading = taken
    } else {
      let (code, line) = FFmpegLog.listening { av_read_frame(format, packet) }
      reading = LivePacketReader.Reading(code: code, line: line)
    }
    defer { handles.interrupt.setDeadline(in: nil) }
    if !isLive, let bytes = format.pointee.pb { readPosition = max(readPosition, avio_tell(bytes)) }
    return (reading, handles.interrupt.isPastDeadline)
  }

  /// Starts a thread that reads the packets: `read` then waits for one no longer than a moment. Where
  /// the system has no thread left, it waits as before.
  func startPacketReader() {
    handles.packetReader = LivePacketReader(of: format, into: packet)
  }

  /// Seconds for which a packet from the packet reader is waited for at a time.
  private static let packetSeconds = 0.1

  private func send(_ packet: UnsafeMutablePointer<AVPacket>) {
    failuresInARow = 0
    // A packet that is known to be corrupt is tried all the same: part of its frame may be whole.
    let isCorrupt = packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
    if avcodec_send_packet(codec, packet) < 0 || isCorrupt { damage.add() }
  }

  // MARK: A stream that takes over

  /// Takes a packet of another stream than the one that is decoded.
  private func feedOther(_ packet: UnsafeMutablePointer<AVPacket>) -> Reading? {
    let index = packet.pointee.stream_index
    if mayJoin, let other = shim_stream(format, UInt32(index)), Self.isVideo(other),
      other.pointee.time_base.num == stream.pointee.time_base.num,
      other.pointee.time_base.den == stream.pointee.time_base.den
    {
      succession.add(packet, isNew: UInt32(index) >= streamCount, secondTicks: timeBase.ticksPerSecond)
      if succession.isReady { drain() }
      return nil
    }
    guard let readTimeout, monotonicSeconds() - lastPacketAt > readTimeout else { return nil }
    return silence(of: readTimeout)
  }

  /// Opens a decoder for the stream that has taken over, once the one before is empty.
  private func succeed() -> Bool {
    guard succession.isReady, let index = succession.streamIndex, let other = shim_stream(format, UInt32(index)) else {
      return false
    }
    do throws(VideoError) {
      codec = try Self.openDecoder(for: other, source: source, isLive: isLive, isFirst: false, handles: handles)
    } catch {
      readFailure = error.description
      succession.clear()
      return false
    }
    stream = other
    firstTimestamp = nil
    isDraining = false
    failuresInARow = 0
    lastPacketAt = monotonicSeconds()
    isReplaying = true
    return true
  }

  private var lossToOtherStream: Reading? { isLive && goesOnInOtherStream ? .lost(Self.otherStream) : nil }

  private func silence(of seconds: Double) -> Reading { .lost("nothing came for \(decimal(seconds, places: 0)) s") }

  private func failure(of code: Int32, line: String, isLate: Bool) -> Reading? {
    if code == shim_error_of_errno(EAGAIN) { return .nothingYet }
    let isRemote = readTimeout != nil
    if isLate || code == shim_error_interrupted(), let readTimeout {
      return lossToOtherStream ?? silence(of: readTimeout)
    }
    if code == shim_error_end_of_file() {
      // The end of a playlist comes where it could not be read again.
      if isLive { return .lost(line.isEmpty ? "the sender ended it" : line, isProperEnd: mayBeRecording) }
      if let failure = failureAtEnd(line: line) {
        readFailure = failure.reason
        isEncrypted = failure.isEncrypted
      }
      succession.takeOver()
      drain()
      return nil
    }
    if isEndOfUnmeasuredAnswer(code) {
      if isLive { return .lost("the sender ended it", isProperEnd: true) }
      drain()
      return nil
    }
    if isRemote { return .lost(missingBytes ?? FFmpegLog.describe(code)) }
    readFailure = line.isEmpty ? FFmpegLog.describe(code) : line
    failuresInARow += 1
    if failuresInARow > Self.mostFailuresInARow || format.pointee.pb.map({ avio_feof($0) != 0 }) ?? true { drain() }
    return nil
  }

  /// FFmpeg takes the end of an http answer that stated neither a length nor that the connection would close for an
  /// input error. A playlist's error is one.
  private func isEndOfUnmeasuredAnswer(_ code: Int32) -> Bool {
    code == shim_error_of_errno(EIO) && VideoSource.isWebAddress(source) && !isPlaylist && missingBytes == nil
  }

  /// Reads no more; the decoder gives out what it still holds.
  func drain() {
    guard !isDraining else { return }
    isDraining = true
    failuresInARow = 0
    avcodec_send_packet(codec, nil)
  }

  /// Moves to the last frame at or before `time` that can be decoded by itself, as far as the container knows.
  /// - Returns: false when the container cannot.
  func seek(to time: Double) -> Bool {
    let base = timeBase
    guard base.numerator > 0 else { return false }
    let ticks = (time * Double(base.denominator) / Double(base.numerator)).rounded()
    guard abs(ticks) < 1e17 else { return false }
    let start = origin ?? 0
    let (target, overflows) = start.addingReportingOverflow(Int64(ticks))
    guard !overflows, avformat_seek_file(format, stream.pointee.index, Int64.min, target, target, 0) >= 0 else {
      return false
    }
    restartDecoder()
    return true
  }

  /// Moves to the first byte: the way back for files without timestamps or index.
  func rewind() -> Bool {
    guard avformat_seek_file(format, -1, Int64.min, 0, 0, AVSEEK_FLAG_BYTE) >= 0 else { return false }
    restartDecoder()
    return true
  }

  private func restartDecoder() {
    avcodec_flush_buffers(codec)
    isDraining = false
    failuresInARow = 0
  }
}
