// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The search for another recording behind the one that is read, in the same file.
struct RecordingSearch {
  /// Where the recording that is read begins, in bytes.
  let firstByte: Int64
  /// Recordings before it in the file.
  fileprivate let count: Int
  /// The input of the recording that follows, once this one has been read.
  var next: MediaInput?
  /// Where that one begins, in bytes; nil while none has been found, and once it is open.
  var position: Int64?
  /// The damage until then.
  fileprivate var damageBefore = DamageCount()
  /// What FFmpeg told of the program with the video when the recording was opened, and what it told last; nil where it
  /// tells nothing.
  private let firstMark: MediaInput.ProgramMark?
  fileprivate var mark: MediaInput.ProgramMark?
  /// Where the latest packets lie that were sent to the decoder, in bytes.
  private var sentPositions: [Int64] = []
  /// Up to where this recording goes for sure, by the latest frame that was not damaged, in bytes.
  fileprivate var wholePosition: Int64
  /// Whether it was searched since the latest frame that was not damaged.
  fileprivate var hasLooked = false

  /// Packets that cannot be decoded, with no whole frame between them, that may be those of another recording.
  private static let suspiciousDamage = 10
  /// Packets that a decoder holds back at most: one for each thread, and those that are shown in another order.
  private static let mostHeldBack = 20
  private static let mostPositions = 64
  /// Recordings that are followed at most: a file may be made so that one begins in every packet.
  fileprivate static let mostRecordings = 100
  /// Bytes between two packets of the video in which another recording may lie.
  private static let longestGap: Int64 = 1 << 18

  init(from firstByte: Int64, count: Int, mark: MediaInput.ProgramMark? = nil) {
    self.firstByte = firstByte
    self.count = count
    (firstMark, self.mark) = (mark, mark)
    wholePosition = firstByte
  }

  /// Reading goes on elsewhere in the recording, or behind it.
  mutating func restart(at position: Int64) {
    next?.release()
    self = RecordingSearch(from: firstByte, count: count, mark: firstMark)
    wholePosition = max(firstByte, position)
  }

  /// Where the latest packet lies that was sent to the decoder, in bytes.
  var sentPosition: Int64 { sentPositions.last ?? firstByte }

  /// Where the last packets lie before the recording that begins at `position`, in bytes: FFmpeg takes bytes of that
  /// one for their end, and calls the one before damaged because packets seem to be missing.
  fileprivate func lastPackets(before position: Int64) -> Int64 {
    sentPositions.filter { $0 < position }.suffix(2).first ?? position
  }

  /// Takes note of a packet that is sent to the decoder.
  mutating func note(_ packet: UnsafeMutablePointer<AVPacket>) {
    guard packet.pointee.pos >= 0 else { return }
    sentPositions.append(packet.pointee.pos)
    if sentPositions.count > Self.mostPositions { sentPositions.removeFirst() }
  }

  mutating func noteWholeFrame() {
    if sentPositions.count >= Self.mostHeldBack {
      wholePosition = sentPositions[sentPositions.count - Self.mostHeldBack]
    }
    hasLooked = false
  }

  /// Whether FFmpeg told something else of the program when the recording was opened.
  func hasLeft(_ mark: MediaInput.ProgramMark) -> Bool { firstMark != nil && firstMark != mark }

  /// Whether much lies between the packet before and this one.
  func hasGap(before packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    packet.pointee.pos - sentPosition > Self.longestGap
  }

  func isSuspicious(of damage: DamageCount) -> Bool {
    !hasLooked && damage.sinceWholeFrame >= Self.suspiciousDamage
  }
}

/// Recordings written one behind the other, whose streams differ. FFmpeg keeps to the streams that it met first: the
/// video is read on by another demuxer, from where the next recording begins.
extension MediaInput {
  /// What FFmpeg tells of a program's table: the number of its version, and the stream that carries the clock.
  struct ProgramMark: Equatable {
    var version: Int32
    var clockPID: Int32

    init(_ program: UnsafeMutablePointer<AVProgram>) {
      version = program.pointee.pmt_version
      clockPID = program.pointee.pcr_pid
    }
  }

  var isTransportStream: Bool { String(cString: format.pointee.iformat.pointee.name) == "mpegts" }

  /// Of the program with the video; nil where it is in none.
  var programMark: ProgramMark? {
    av_find_program_from_stream(format, nil, stream.pointee.index).map(ProgramMark.init)
  }

  /// Of all programs of a transport stream, by their numbers; empty for any other source.
  static func programMarks(of format: UnsafeMutablePointer<AVFormatContext>) -> [Int32: ProgramMark] {
    guard String(cString: format.pointee.iformat.pointee.name) == "mpegts" else { return [:] }
    let programs = (0..<Int(format.pointee.nb_programs)).compactMap { format.pointee.programs[$0] }
    return Dictionary(programs.map { ($0.pointee.id, ProgramMark($0)) }) { $1 }
  }

  /// Whether the clock has gone to a stream that was no video when it was met.
  func isOfOtherStream(_ mark: ProgramMark) -> Bool {
    mark.clockPID != stream.pointee.id
      && (0..<format.pointee.nb_streams).contains { index in
        guard let other = shim_stream(format, index), other.pointee.id == mark.clockPID else { return false }
        return !Self.isVideo(other)
      }
  }

  /// Where the next recording begins whose streams differ, in bytes; nil for none.
  ///
  /// - Parameter start: where to begin to look, in bytes. The end is where FFmpeg has read to.
  private func nextRecording(from start: Int64) -> Int64? {
    let isOgg = String(cString: format.pointee.iformat.pointee.name) == "ogg"
    guard isTransportStream || isOgg, let bytes = format.pointee.pb,
      bytes.pointee.seekable & Int32(AVIO_SEEKABLE_NORMAL) != 0
    else { return nil }
    let place = avio_tell(bytes)
    defer { avio_seek(bytes, place, SEEK_SET) }
    var part = [UInt8](repeating: 0, count: Self.partLength)
    var from = start
    while from < min(place, start + Self.longestLook) {
      guard avio_seek(bytes, from, SEEK_SET) >= 0 else { return nil }
      let count = avio_read(bytes, &part, Int32(part.count))
      guard count > 0 else { return nil }
      part.removeLast(part.count - Int(min(Int64(count), place - from)))
      let found = isOgg ? OggPages.nextRecording(in: part) : ProgramTable.position(in: part, where: contradicts)
      if let found, from + Int64(found) > search.wholePosition { return from + Int64(found) }
      guard part.count == Self.partLength else { return nil }
      // What lies across the end of a part lies within the next one.
      from += Int64(Self.partLength - Self.overlap)
    }
    return nil
  }

  private static let partLength = 1 << 20
  private static let overlap = 1 << 17
  /// Bytes that are looked through at most.
  private static let longestLook: Int64 = 1 << 26

  /// Whether a program's table says other things of streams than FFmpeg holds of them.
  private func contradicts(_ table: ProgramTable) -> Bool {
    let video = Int(stream.pointee.id)
    if let kind = table.kinds[video], let own = Self.kind(of: stream) {
      if kind != own && kind != .other { return true }
    }
    return table.kinds[video]?.isVideo != true
      && (0..<format.pointee.nb_streams).contains { index in
        guard let other = shim_stream(format, index), !Self.isVideo(other) else { return false }
        return table.kinds[Int(other.pointee.id)]?.isVideo == true
      }
  }

  /// nil for a codec that a table names by a descriptor.
  private static func kind(of stream: UnsafeMutablePointer<AVStream>) -> ProgramTable.Kind? {
    switch stream.pointee.codecpar.pointee.codec_id {
    case AV_CODEC_ID_MPEG1VIDEO, AV_CODEC_ID_MPEG2VIDEO: .mpeg2
    case AV_CODEC_ID_MPEG4: .mpeg4
    case AV_CODEC_ID_H264: .h264
    case AV_CODEC_ID_HEVC: .hevc
    case AV_CODEC_ID_VC1: .vc1
    case AV_CODEC_ID_CAVS: .avs
    default: nil
    }
  }

  /// Opens the recording that begins at `position`, on the same bytes. The former demuxer must not read while it is in
  /// use.
  private func openRecording(at position: Int64, count: Int) throws(VideoError) -> MediaInput {
    let name = source.displayName
    let next = MediaHandles(interrupt: handles.interrupt)
    guard let bytes = format.pointee.pb, avio_seek(bytes, position, SEEK_SET) >= 0,
      let opened = avformat_alloc_context()
    else { throw .unreadable(source: name, detail: "the recording that follows cannot be reached") }
    opened.pointee.interrupt_callback = handles.interrupt.callback
    opened.pointee.pb = bytes
    next.format = opened
    handles.interrupt.setDeadline(in: readTimeout)
    defer { handles.interrupt.setDeadline(in: nil) }
    let (code, line) = FFmpegLog.listening { avformat_open_input(&next.format, nil, format.pointee.iformat, nil) }
    guard code >= 0, let format = next.format else {
      throw .unreadable(source: name, detail: line.isEmpty ? FFmpegLog.describe(code) : line)
    }
    let marks = Self.programMarks(of: format)
    let (found, failure) = FFmpegLog.listening { avformat_find_stream_info(format, nil) }
    guard found >= 0 else {
      throw .unreadable(source: name, detail: failure.isEmpty ? FFmpegLog.describe(found) : failure)
    }
    let stream = try Self.videoStream(of: format, source: source, line: failure)
    Self.discardOthers(than: stream, in: format)
    let codec = try Self.openDecoder(for: stream, source: source, isLive: false, handles: next)
    guard let packet = av_packet_alloc() else { throw .unreadable(source: name, detail: "out of memory") }
    next.packet = packet
    return MediaInput(
      source: source, handles: next, format: format, stream: stream, codec: codec, packet: packet, colors: nil,
      marks: marks,
      isLive: false, isSeekable: false, duration: nil, openedAt: openedAt, readTimeout: readTimeout,
      beginning: (position, count))
  }

  // MARK: Going on

  static let otherStream = "its video goes on in another stream"

  /// Takes note of what FFmpeg tells of the program's table, each time it has changed.
  /// - Returns: what to tell the caller; nil where the video goes on.
  func noticeOtherStreams() -> Reading? {
    guard search.mark != nil, let mark = programMark, mark != search.mark else { return nil }
    search.mark = mark
    if isLive { return isOfOtherStream(mark) ? .lost(Self.otherStream) : nil }
    lookForNextRecording()
    return nil
  }

  /// Looks for another recording in what FFmpeg has read. This one ends if there is one.
  func lookForNextRecording() {
    guard !isLive, search.position == nil else { return }
    search.hasLooked = true
    search.position = nextRecording(from: search.wholePosition)
    if search.position != nil { drain() }
  }

  /// Opens the recording that was found, once the decoder of this one is empty. Only the first of a file does it, for
  /// all that follow.
  /// - Returns: false where there is none, or none that can be read.
  func goOnToNextRecording() -> Bool {
    guard search.count == 0, let position = search.position else { return false }
    search.position = nil
    return follow(self, at: position)
  }

  /// - Parameter former: the input of the recording that ends there.
  private func follow(_ former: MediaInput, at position: Int64) -> Bool {
    // What looked like damage was the other recording.
    former.damage.forget(from: former.search.lastPackets(before: position))
    damage = former === self ? damage : search.damageBefore.followed(by: former.damage)
    search.damageBefore = damage
    let count = former.search.count + 1
    search.next?.release()
    search.next = nil
    do throws(VideoError) {
      guard count <= RecordingSearch.mostRecordings else {
        throw .unreadable(
          source: source.displayName,
          detail: "more than \(RecordingSearch.mostRecordings) recordings whose streams differ")
      }
      search.next = try openRecording(at: position, count: count)
      return true
    } catch {
      readFailure = error.description
      return false
    }
  }

  /// - Returns: nil where another recording follows.
  func read(into frame: DecodedFrame, from next: MediaInput) -> Reading? {
    let reading = next.read(into: frame)
    damage = search.damageBefore.followed(by: next.damage)
    if reading == .end, let position = next.search.position { return follow(next, at: position) ? nil : .end }
    if let failure = next.readFailure { readFailure = failure }
    isEncrypted = isEncrypted || next.isEncrypted
    if reading == .frame { frame.rescale(from: next.stream.pointee.time_base, to: stream.pointee.time_base) }
    return reading
  }
}
