// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

extension MediaInput {
  /// FFmpeg's options for a network address. The caller frees them.
  ///
  /// - Throws: `VideoError.unsupportedProtocol`.
  static func networkOptions(
    for address: String, name: String, timeout: Double
  ) throws(VideoError) -> OpaquePointer? {
    let known = [
      "rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "rtmpt", "rtp", "udp", "tcp", "tls", "srt", "mmsh", "mmst",
    ]
    guard let scheme = VideoSource.scheme(of: address), known.contains(scheme) else {
      throw .unsupportedProtocol(source: name)
    }
    avformat_network_init()
    var options: OpaquePointer?
    let microseconds = String(Int(timeout * 1_000_000))
    // The protocols that an address may lead on to: never a file on this machine.
    av_dict_set(&options, "protocol_whitelist", (known + ["crypto", "data", "httpproxy"]).joined(separator: ","), 0)
    switch scheme {
    case "rtsp", "rtsps":
      // Where a camera refuses TCP, UDP is tried.
      av_dict_set(&options, "rtsp_flags", "prefer_tcp", 0)
      av_dict_set(&options, "timeout", microseconds, 0)
    case "srt":
      SRTLogSilencing.install
      av_dict_set(&options, "rw_timeout", microseconds, 0)
    case "http", "https":
      av_dict_set(&options, "rw_timeout", microseconds, 0)
      // A file that breaks off goes on where it stopped; a live stream is opened again, which is done elsewhere.
      av_dict_set(&options, "reconnect", "1", 0)
      av_dict_set(&options, "reconnect_delay_max", "4", 0)
      // Bytes by which the container must be known. A camera that sends images in none takes long for FFmpeg's own
      // megabyte.
      av_dict_set(&options, "formatprobesize", String(1 << 16), 0)
    default:
      av_dict_set(&options, "rw_timeout", microseconds, 0)
    }
    return options
  }
}
