// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// Packets of a video stream that may take the place of the one that is decoded: a sender that starts again, or changes
/// its codec, goes on under another number. They are kept until it is sure, so that the key frame at the beginning is
/// not lost.
final class SuccessorPackets {
  /// The number of their stream; nil while there is none.
  private(set) var streamIndex: Int32?
  /// Whether the other stream has taken over.
  private(set) var isReady = false
  /// Where the oldest packet lies in the file, in bytes; -1 where nobody knows.
  private var position: Int64 = -1
  private var packets: [UnsafeMutablePointer<AVPacket>] = []

  /// When the latest packet of the decoded stream is decoded, and the longest time between two of them, in ticks.
  private var own: (latest: Int64?, longestPause: Int64) = (nil, 0)

  /// Packets in a row of a stream that has only now appeared, with none of the one that is decoded between them, after
  /// which that one has ended.
  private static let enoughOfNew = 15
  /// Seconds for which one that was there from the beginning has to send alone: it may just send more often. If the
  /// decoded stream has paused before, three times as long.
  private static let enoughSeconds: Int64 = 5
  /// Packets that are kept at most.
  private static let most = 600
  /// Ticks of a pause that are told apart at most: times jump where recordings were joined.
  private static let longestPause: Int64 = 1 << 40

  deinit { clear() }

  /// Keeps a packet. One of another stream than those before takes their place, and one of another recording: the last
  /// packet of a stream may only come with the first of the next recording under the same number.
  ///
  /// - Parameters:
  ///   - isNew: whether its stream has appeared since the source was opened.
  ///   - secondTicks: ticks in a second.
  func add(_ packet: UnsafeMutablePointer<AVPacket>, isNew: Bool, secondTicks: Int64) {
    if streamIndex != packet.pointee.stream_index || isBehind(packet) {
      clear()
      position = packet.pointee.pos
    }
    guard let copy = av_packet_clone(packet) else { return }
    streamIndex = packet.pointee.stream_index
    packets.append(copy)
    if isNew {
      isReady = packets.count >= Self.enoughOfNew
    } else {
      let span = packets.first.flatMap { Self.ticks(from: $0.pointee.dts, to: packet.pointee.dts) } ?? 0
      isReady = packets.count >= Self.most || span > max(Self.enoughSeconds * secondTicks, own.longestPause * 3)
    }
  }

  /// Whether a packet is decoded before the latest one that is kept.
  private func isBehind(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    guard let latest = packets.last?.pointee.dts, latest != Int64.min else { return false }
    return packet.pointee.dts != Int64.min && packet.pointee.dts < latest
  }

  /// - Returns: nil where a time is missing, or lies before the other.
  private static func ticks(from start: Int64, to end: Int64) -> Int64? {
    let (ticks, overflows) = end.subtractingReportingOverflow(start)
    return start == Int64.min || end == Int64.min || overflows || ticks < 0 ? nil : ticks
  }

  /// The stream that is decoded has ended, however few packets of the other have come.
  func takeOver() { isReady = !packets.isEmpty }

  /// The stream that is decoded goes on with this packet, unless it lies before the others and only comes late.
  func giveWay(to packet: UnsafeMutablePointer<AVPacket>) {
    if position < 0 || packet.pointee.pos > position { clear() }
    if let latest = own.latest, let pause = Self.ticks(from: latest, to: packet.pointee.dts) {
      own.longestPause = max(own.longestPause, min(pause, Self.longestPause))
    }
    own.latest = packet.pointee.dts
  }

  func clear() {
    for packet in packets { Self.free(packet) }
    packets = []
    streamIndex = nil
    isReady = false
  }

  /// Takes the oldest packet, which is valid until `body` ends; nil when none is left.
  func takeFirst(_ body: (UnsafeMutablePointer<AVPacket>) -> Void) -> Void? {
    guard !packets.isEmpty else { return nil }
    let packet = packets.removeFirst()
    body(packet)
    Self.free(packet)
    return ()
  }

  private static func free(_ packet: UnsafeMutablePointer<AVPacket>) {
    var packet: UnsafeMutablePointer<AVPacket>? = packet
    av_packet_free(&packet)
  }
}
