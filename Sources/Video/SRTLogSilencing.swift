// SPDX-License-Identifier: Apache-2.0

import Platform

/// Silences the log of libsrt, which libavformat may bring along and which writes to standard error by itself.
enum SRTLogSilencing {
  private typealias Handler =
    @convention(c) (
      UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?
    ) -> Void
  private typealias SetHandler = @convention(c) (UnsafeMutableRawPointer?, Handler) -> Void

  /// Drops the log for the whole process; the first call does it.
  static let install: Void = {
    guard let symbol = dlsym(nil, "srt_setloghandler") else { return }
    unsafeBitCast(symbol, to: SetHandler.self)(nil) { _, _, _, _, _, _ in }
  }()
}
