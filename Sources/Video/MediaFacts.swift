// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The facts that a container states of its video, and how far they are true.
extension MediaInput {
  /// The timestamp of second 0; nil when the container does not say, or is live and means something else by it.
  var origin: Int64? {
    let start = stream.pointee.start_time
    if isLive || start == Int64.min { return nil }
    // Where FFmpeg has not met the video by the time it is opened, it says when the whole file begins.
    guard let first = firstTimestamp, !first.subtractingReportingOverflow(start).overflow else { return start }
    return timeBase.seconds(first - start) > Self.longestReordering ? first : start
  }

  /// Seconds by which the first packet's frame may be shown after others.
  private static let longestReordering = 1.0

  /// Seconds that the video stream itself should last by its header; nil when that is not known for sure.
  var statedVideoDuration: Double? {
    // FFmpeg's length of a stream in these is that of the whole file.
    let isOfFile = ["matroska", "asf", "wtv", "nut", "flv"].contains(where: isContainer)
    if !isOfFile, stream.pointee.duration > 0 { return Self.duration(of: stream) }
    let end = isOfFile ? Self.taggedEnd(of: stream) : nil
    guard end != nil || format.pointee.nb_streams == 1 || readFailure != nil, let length = end ?? duration else {
      return nil
    }
    // They count from the file's second 0, not from the first frame.
    return isOfFile ? length - timeBase.seconds(max(0, origin ?? 0)) : length
  }

  /// Where a stream in Matroska ends by its tag `DURATION`, `00:00:25.500000000`, in seconds; nil without one.
  private static func taggedEnd(of stream: UnsafeMutablePointer<AVStream>) -> Double? {
    // The tag's name may have a language behind it.
    guard let entry = av_dict_get(stream.pointee.metadata, "DURATION", nil, AV_DICT_IGNORE_SUFFIX),
      let text = entry.pointee.value.map({ String(cString: $0) })
    else { return nil }
    let parts = text.split(separator: ":").map { Double($0) }
    guard parts.count == 3, let hours = parts[0], let minutes = parts[1], let seconds = parts[2] else { return nil }
    let end = hours * 3600 + minutes * 60 + seconds
    return end.isFinite && end > 0 ? end : nil
  }

  /// Seconds by the stream's own header; nil where that says none, or by all ones (ISO 14496-12) that nobody knows.
  static func duration(of stream: UnsafeMutablePointer<AVStream>) -> Double? {
    let ticks = stream.pointee.duration
    let base = stream.pointee.time_base
    guard ticks > 0, ticks != Int64(UInt32.max), base.den > 0 else { return nil }
    return Double(ticks) * Double(base.num) / Double(base.den)
  }

  /// The length that the file should have, if it is cut off at `end`; both in seconds.
  ///
  /// - Parameter tolerance: seconds by which a whole file may be shorter than it says.
  func lengthBeforeCut(at end: Double, tolerance: Double) -> Double? {
    if isPlaylist {
      // The lengths of its segments may be rounded. FFmpeg passes over one whose streams differ.
      guard let stated = duration, stated - end > max(tolerance, stated / 10), !isEncrypted else { return nil }
      return stated
    }
    guard let stated = statedVideoDuration, stated - end > tolerance, !isEncrypted else { return nil }
    // Its length was found by its last timestamp, which says nothing where timestamps jump.
    if mayJoin { return nil }
    // Edit lists and fragments make other lengths than headers say: the file must lack bytes.
    if isContainer("mov,") && readFailure == nil && !lacksBytes { return nil }
    return stated
  }

  /// Whether the container's index points behind the end of the file.
  var lacksBytes: Bool {
    let count = avformat_index_get_entries_count(stream)
    guard count > 0, let last = avformat_index_get_entry(stream, count - 1), let bytes = format.pointee.pb else {
      return false
    }
    let size = avio_size(bytes)
    return size > 0 && last.pointee.pos + Int64(shim_index_entry_size(last)) > size
  }

  /// Whether recordings of this container are joined by writing one behind the other.
  var mayJoin: Bool { Self.mayJoin(format) }

  static func mayJoin(_ format: UnsafeMutablePointer<AVFormatContext>) -> Bool {
    format.pointee.iformat.pointee.flags & AVFMT_TS_DISCONT != 0
  }

  private func isContainer(_ name: String) -> Bool {
    String(cString: format.pointee.iformat.pointee.name).hasPrefix(name)
  }

  /// Average frames a second by the container; nil when it does not say.
  var averageRate: Double? {
    for rate in [stream.pointee.avg_frame_rate, stream.pointee.r_frame_rate] where rate.num > 0 && rate.den > 0 {
      return Double(rate.num) / Double(rate.den)
    }
    return nil
  }

  /// A timeline that fits this input, whose second 0 is at `beginning` in the stream, in seconds.
  func makeTimeline(beginning: Double = 0) -> PresentationTimeline {
    let rate = averageRate ?? 25
    // What a playlist says of its length need not be true of its segments.
    let longestStep = isLive || isPlaylist ? 3600 : duration.map { $0 + 10 } ?? 3600
    return PresentationTimeline(
      timeBase: timeBase, origin: origin, nominalDuration: (0.001...1000).contains(rate) ? 1 / rate : 0.04,
      longestStep: longestStep, beginning: beginning)
  }

  /// Whether a source without a stated length may be a recording all the same: a protocol that sends any bytes.
  var mayBeRecording: Bool {
    guard case .url(let address) = source, let scheme = VideoSource.scheme(of: address) else { return false }
    return ["http", "https", "tcp", "tls"].contains(scheme) && !isPlaylist
  }

  /// A list of files that a server goes on writing.
  var isPlaylist: Bool { Self.isPlaylist(format) }

  static func isPlaylist(_ format: UnsafeMutablePointer<AVFormatContext>) -> Bool {
    isHLS(format) || String(cString: format.pointee.iformat.pointee.name).hasPrefix("dash")
  }

  /// A playlist of HLS.
  var isHLS: Bool { Self.isHLS(format) }

  static func isHLS(_ format: UnsafeMutablePointer<AVFormatContext>) -> Bool {
    String(cString: format.pointee.iformat.pointee.name).hasPrefix("hls")
  }
}
