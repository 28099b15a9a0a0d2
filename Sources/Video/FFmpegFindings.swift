// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// The libraries that read video on this machine.
public struct FFmpegFindings: Sendable, Equatable {
  /// One of FFmpeg's libraries, as it is loaded now.
  public struct Library: Sendable, Equatable {
    /// Its name, such as `libavcodec`.
    public var name: String
    /// Its version, as `major.minor.micro`.
    public var version: String
  }

  /// FFmpeg's libraries.
  public var libraries: [Library]
  /// Whether cameras such as `/dev/video0` can be read.
  public var readsDevices: Bool
  /// The package that is missing if they cannot.
  public var devicePackage: String

  /// Asks the libraries.
  public static var current: FFmpegFindings {
    let versions = [
      ("libavformat", avformat_version()), ("libavcodec", avcodec_version()), ("libavutil", avutil_version()),
      ("libswscale", swscale_version()),
    ]
    let libraries = versions.map { name, number in
      Library(name: name, version: "\(number >> 16).\(number >> 8 & 0xff).\(number & 0xff)")
    }
    return FFmpegFindings(
      libraries: libraries, readsDevices: AVDeviceLibrary.isAvailable, devicePackage: AVDeviceLibrary.packageName)
  }
}
