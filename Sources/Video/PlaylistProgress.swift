// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// Whether a live HLS playlist grows while its source is lost. A web server goes on showing the last segments of an
/// encoder that has stopped: they were seen, and only another version of the playlist says that there is more.
struct PlaylistProgress {
  /// Segments that are read when the source is back: those that were not there when it was lost, and before them some
  /// that may have been.
  struct NewSegments {
    /// The index of the first that is read.
    let first: Int
    /// Seconds from the beginning of the first one to the beginning of the latest.
    let span: Double
    /// Seconds before the latest frame that was seen at which what is read may begin; nil for a sender that has started
    /// again, which repeats nothing.
    let window: Double?
    /// The longest that a segment lasts, in seconds.
    let longestDuration: Double

    /// - Parameters:
    ///   - first: the index of the first that is read.
    ///   - secondsAway: since the latest frame; nil for a sender that has started again.
    fileprivate init(first: Int, secondsAway: Double?, in playlist: HLSPlaylist) {
      self.first = first
      let read = playlist.durations.dropFirst(first)
      let longest = max(playlist.targetDuration, read.max() ?? 0)
      span = read.dropLast().reduce(0, +)
      window = secondsAway.map { $0 + playlist.durations.reduce(0, +) + longest }
      longestDuration = longest
    }
  }

  private let address: String
  private let name: String
  private let timeout: Double
  private let interrupt: IOInterrupt
  /// Monotonic time of the last frame, in seconds.
  private let lostAt: Double
  /// As it was when it was first read.
  private var former: HLSPlaylist?
  /// Whether the playlist could not be read when the source was lost.
  private var wasUnreadable = false
  /// The last segments of `former` that may not have been read.
  private var unread = 0
  /// The number of the segment that comes next by the newest playlist so far.
  private var nextSequence = Int.min

  /// - Returns: nil for a source that is no web address.
  init?(of source: VideoSource, lostAt: Double, timeout: Double, interrupt: IOInterrupt) {
    guard VideoSource.isWebAddress(source), case .url(let address) = source else { return nil }
    self.address = address
    name = source.displayName
    self.lostAt = lostAt
    self.timeout = timeout
    self.interrupt = interrupt
  }

  /// Reads the playlist, the first time to know what is old.
  ///
  /// A server that was away itself may have gone on recording, and FFmpeg leaves out what it could not read once. Such
  /// segments are read as soon as it is back. Where it was there, they are if the playlist goes on growing: without
  /// that they are what an encoder has left that has stopped. `RepeatedFrames` leaves out what was seen of them.
  ///
  /// - Returns: nil for a playlist that its sender has closed.
  /// - Throws: `VideoError.unreachable` while nothing is new, or the playlist cannot be read.
  mutating func newSegments() throws(VideoError) -> NewSegments? {
    let playlist: HLSPlaylist
    do { playlist = try Self.read(address, name: name, timeout: timeout, interrupt: interrupt) } catch {
      wasUnreadable = wasUnreadable || former == nil
      throw error
    }
    // A sender that has closed it sends no more.
    if playlist.isClosed { return nil }
    let secondsAway = monotonicSeconds() - lostAt
    let recent = playlist.segmentCount(within: secondsAway)
    let count = playlist.segments.count
    // Smaller numbers are those of a sender that has started again, or of an older playlist that a server still has.
    let goesOn = playlist.nextSequence > nextSequence
    let isOlder = playlist.nextSequence < (former?.nextSequence ?? .min)
    defer { nextSequence = max(nextSequence, playlist.nextSequence) }
    if let former, !isOlder {
      switch playlist.addition(to: former) {
      case .segments(let index):
        return NewSegments(
          first: max(0, index - unread), secondsAway: goesOn ? secondsAway : nil, in: playlist)
      case .everything:
        return NewSegments(
          first: max(0, count - recent - Self.margin), secondsAway: goesOn ? secondsAway : nil, in: playlist)
      case .nothing: break
      }
    }
    if former == nil || isOlder {
      let isFirst = former == nil
      former = playlist
      unread = recent + Self.margin
      if isFirst, wasUnreadable, count > 0 {
        return NewSegments(first: max(0, count - unread), secondsAway: secondsAway, in: playlist)
      }
    }
    throw .unreachable(source: name, detail: "its playlist holds nothing new")
  }

  /// Seconds after which a segment is added, at most; nil where the playlist could not be read yet.
  var interval: Double? { former?.targetDuration }

  /// Reads the playlist of segments at an address, or behind the playlist of variants there.
  static func read(
    _ address: String, name: String, timeout: Double, interrupt: IOInterrupt
  ) throws(VideoError) -> HLSPlaylist {
    let (playlist, location) = try readOne(address, name: name, timeout: timeout, interrupt: interrupt)
    guard let variant = playlist.variants.first else { return playlist }
    return try readOne(
      HLSPlaylist.resolve(variant, at: location), name: name, timeout: timeout, interrupt: interrupt
    ).playlist
  }

  /// - Returns: the playlist, and where the server has it.
  private static func readOne(
    _ address: String, name: String, timeout: Double, interrupt: IOInterrupt
  ) throws(VideoError) -> (playlist: HLSPlaylist, location: String) {
    interrupt.setDeadline(in: timeout)
    defer { interrupt.setDeadline(in: nil) }
    var options = try MediaInput.networkOptions(for: address, name: name, timeout: timeout)
    defer { av_dict_free(&options) }
    var callback = interrupt.callback
    var connection: UnsafeMutablePointer<AVIOContext>?
    let opened = avio_open2(&connection, address, AVIO_FLAG_READ, &callback, &options)
    guard opened >= 0, let connection else {
      throw .unreachable(source: name, detail: FFmpegLog.describe(opened))
    }
    var closing: UnsafeMutablePointer<AVIOContext>? = connection
    defer { avio_closep(&closing) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 15)
    while bytes.count < longest {
      let count = avio_read(connection, &buffer, Int32(buffer.count))
      guard count > 0 else { break }
      bytes += buffer.prefix(Int(count))
    }
    guard !interrupt.shouldEnd, let playlist = HLSPlaylist(String(decoding: bytes, as: UTF8.self)) else {
      throw .unreachable(source: name, detail: "its playlist cannot be read")
    }
    return (playlist, Self.location(of: connection) ?? address)
  }

  /// Segments before those that have begun since the last frame from which is read: as many as FFmpeg begins before the
  /// end (`live_start_index`), so that it may not have come to them.
  private static let margin = 3

  /// Bytes of a playlist that are read at most.
  private static let longest = 1 << 20

  /// Where redirects have led to.
  private static func location(of connection: UnsafeMutablePointer<AVIOContext>) -> String? {
    var text: UnsafeMutablePointer<UInt8>?
    guard av_opt_get(connection, "location", AV_OPT_SEARCH_CHILDREN, &text) >= 0, let text else { return nil }
    defer { av_free(text) }
    return String(cString: text)
  }
}
