// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// FFmpeg's library of capture devices. It is loaded when a device is asked for and not before, because it brings many
/// packages with it that a machine without a camera need not have.
enum AVDeviceLibrary {
  /// The library's file name; its version goes with libavformat's.
  static let fileName = "libavdevice.so.\(avformat_version() >> 16)"
  /// The Debian package that holds it.
  static let packageName = "libavdevice\(avformat_version() >> 16)"

  /// True once the library is loaded and its devices are known to libavformat.
  static let isAvailable: Bool = {
    guard let library = dlopen(fileName, RTLD_NOW | RTLD_GLOBAL),
      let symbol = dlsym(library, "avdevice_register_all")
    else { return false }
    unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
    return true
  }()

  /// Video4Linux as an input of libavformat.
  static func videoForLinux(for source: VideoSource) throws(VideoError) -> UnsafePointer<AVInputFormat> {
    guard isAvailable, let format = av_find_input_format("video4linux2") ?? av_find_input_format("v4l2") else {
      throw .deviceSupportMissing(source: source.displayName, library: fileName, package: packageName)
    }
    return format
  }
}
