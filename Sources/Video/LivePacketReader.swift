// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// Reads the packets of a live source on a thread of its own, so that the decoding thread can go on with other work
/// while the source sends nothing.
///
/// One packet is read at a time, when it is asked for. FFmpeg's objects belong to the reading thread from the moment a
/// packet is asked for until it has been taken, and to the decoding thread at all other times.
final class LivePacketReader: Sendable {
  /// The result of reading a packet.
  struct Reading: Sendable {
    /// As `av_read_frame` returns it.
    var code: Int32
    /// The last error that FFmpeg logged; "" for none.
    var line: String
  }

  /// FFmpeg's objects for reading a packet, handed over with each packet that is asked for.
  private struct Objects: @unchecked Sendable {
    let format: UnsafeMutablePointer<AVFormatContext>
    let packet: UnsafeMutablePointer<AVPacket>
  }

  private enum State {
    case idle
    case asked
    case done(Reading)
    case closed
  }

  private let state = Monitor(State.idle)

  /// - Parameter packet: takes what is read.
  /// - Returns: nil when the system has no thread left.
  init?(of format: UnsafeMutablePointer<AVFormatContext>, into packet: UnsafeMutablePointer<AVPacket>) {
    let objects = Objects(format: format, packet: packet)
    let hasStarted = startThread(name: "packets") { [state] in
      while Self.waitUntilAsked(state) {
        let (code, line) = FFmpegLog.listening { av_read_frame(objects.format, objects.packet) }
        state.withLock { $0 = .done(Reading(code: code, line: line)) }
      }
    }
    if !hasStarted { return nil }
  }

  /// - Returns: false once the reader has been closed.
  private static func waitUntilAsked(_ state: Monitor<State>) -> Bool {
    state.waitFor { state in
      switch state {
      case .asked: .done(true)
      case .closed: .done(false)
      case .idle, .done: .wait(until: nil)
      }
    }
  }

  /// Takes the next packet, which is asked for if it has not been.
  ///
  /// - Parameter seconds: how long it is waited for.
  /// - Returns: nil if it has not come yet.
  func take(within seconds: Double) -> Reading? {
    state.withLock { if case .idle = $0 { $0 = .asked } }
    let until = monotonicSeconds() + seconds
    return state.waitFor { state in
      if case .done(let reading) = state {
        state = .idle
        return .done(reading)
      }
      return monotonicSeconds() >= until ? .done(nil) : .wait(until: until)
    }
  }

  /// Ends the thread. Blocks until a packet that was asked for has been read, which the caller interrupts.
  func close() {
    state.waitFor { state -> Monitor<State>.Poll<Void> in
      if case .asked = state { return .wait(until: nil) }
      state = .closed
      return .done(())
    }
  }
}
