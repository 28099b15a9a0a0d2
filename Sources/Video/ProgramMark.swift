// SPDX-License-Identifier: Apache-2.0

import CFFmpeg

/// What FFmpeg tells of a program's table in a transport stream that is sent: it keeps to the streams that it met
/// first.
extension MediaInput {
  /// The number of its version, and the stream that carries the clock.
  struct ProgramMark: Equatable {
    var version: Int32
    var clockPID: Int32

    init(_ program: UnsafeMutablePointer<AVProgram>) {
      version = program.pointee.pmt_version
      clockPID = program.pointee.pcr_pid
    }
  }

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

  /// Whether the program's clock has gone to a stream that was no video when it was met, since the source was opened.
  var goesOnInOtherStream: Bool {
    guard let firstMark, let mark = programMark, mark != firstMark, mark.clockPID != stream.pointee.id else {
      return false
    }
    return (0..<format.pointee.nb_streams).contains { index in
      guard let other = shim_stream(format, index), other.pointee.id == mark.clockPID else { return false }
      return !Self.isVideo(other)
    }
  }

  static let otherStream = "its video goes on in another stream"
}
