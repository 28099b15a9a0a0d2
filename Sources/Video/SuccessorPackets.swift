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

  /// Packets in a row of a stream that has only now appeared, with none of the one that is decoded between them, after
  /// which that one has ended. One that was there from the beginning may just send more often.
  private static let enough = (new: 15, old: 150)

  deinit { clear() }

  /// Keeps a packet. One of another stream than those before takes their place.
  /// - Parameter isNew: whether its stream has appeared since the source was opened.
  func add(_ packet: UnsafeMutablePointer<AVPacket>, isNew: Bool) {
    if streamIndex != packet.pointee.stream_index {
      clear()
      position = packet.pointee.pos
    }
    guard let copy = av_packet_clone(packet) else { return }
    streamIndex = packet.pointee.stream_index
    packets.append(copy)
    if packets.count >= (isNew ? Self.enough.new : Self.enough.old) { isReady = true }
  }

  /// The stream that is decoded has ended, however few packets of the other have come.
  func takeOver() { isReady = !packets.isEmpty }

  /// The stream that is decoded goes on with this packet, unless it lies before the others and only comes late.
  func giveWay(to packet: UnsafeMutablePointer<AVPacket>) {
    if position < 0 || packet.pointee.pos > position { clear() }
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
