// SPDX-License-Identifier: Apache-2.0

/// Files that are read whole, in bounded memory whatever the path names: a device that never ends is too large.
public enum InputFile {
  /// All bytes of a file or pipe. A pipe that no program opens for writing is waited for ten seconds.
  ///
  /// - Parameters:
  ///   - limit: bytes of the largest file that is read.
  ///   - isOrdinary: whether pipes and devices are refused: a file that nobody has named is to be there at once.
  ///   - stop: ends the wait for a pipe, with the bytes that have come until then.
  /// - Throws: `InputError`.
  public static func bytes(
    of path: String, limit: Int, isOrdinary: Bool = false, stop: StopSource? = nil
  ) throws(InputError) -> [UInt8] {
    try bytes(of: path, limit: limit, isOrdinary: isOrdinary, stop: stop, writerTimeout: InputDescriptor.writerTimeout)
  }

  /// - Parameter writerTimeout: seconds for which a pipe is waited for that no program has opened for writing.
  package static func bytes(
    of path: String, limit: Int, isOrdinary: Bool = false, stop: StopSource? = nil, writerTimeout: Double
  ) throws(InputError) -> [UInt8] {
    let file = try InputDescriptor(path: path, isOrdinary: isOrdinary, writerTimeout: writerTimeout)
    var bytes: [UInt8] = []
    while true {
      let more = try file.read(upTo: 1 << 16, stop: stop)
      if more.isEmpty { return bytes }
      guard bytes.count + more.count <= limit else { throw InputError(path: path, reason: .tooLarge(limit: limit)) }
      bytes += more
    }
  }

  /// The text of a file or pipe.
  ///
  /// - Parameters: as of `bytes`.
  /// - Throws: `InputError`, also for bytes that are not UTF-8.
  public static func text(of path: String, limit: Int, stop: StopSource? = nil) throws(InputError) -> String {
    guard let text = String(validating: try bytes(of: path, limit: limit, stop: stop), as: UTF8.self) else {
      throw InputError(path: path, reason: .notText)
    }
    return text
  }
}
