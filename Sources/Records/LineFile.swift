// SPDX-License-Identifier: Apache-2.0

import Platform

/// An output file of lines that no other run writes at the same time. Each line is written whole and at once.
package final class LineFile {
  /// The file; standard output, a pipe or a device where `isFile` is false.
  private var descriptor: Int32
  private let name: String
  private let target: OutputPath?
  private let stop: StopSource?
  /// Whether the output is an ordinary file, which has contents and can be resumed.
  package let isFile: Bool
  /// Whether the file exists with contents.
  package var isEmpty: Bool { isFile ? lseek(descriptor, 0, SEEK_END) <= 0 : true }

  /// Opens the output and leaves its contents as they are. Lines are appended.
  ///
  /// - Parameters:
  ///   - path: nil for standard output.
  ///   - inputs: files that this run reads; `-` for standard input. They are never written.
  ///   - isShared: other runs may append to the file too, if they say the same.
  ///   - stop: ends the wait for the reader of a pipe, now and whenever a line is written.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason, also when another run writes it.
  package init(
    path: String?, inputs: [String] = [], isShared: Bool = false, stop: StopSource? = nil
  ) throws(ReportedError) {
    self.stop = stop
    guard let path else {
      // Closed, or open for reading alone: said before the work is done.
      guard fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE != O_RDONLY else {
        throw .outputUnwritable(message: "standard output cannot be written: \(errorText(EBADF))")
      }
      descriptor = STDOUT_FILENO
      name = "standard output"
      target = nil
      isFile = false
      return
    }
    name = path
    do throws(OutputError) {
      let target = try OutputPath(path, inputs: inputs)
      if case .stream(let stream) = target.kind {
        descriptor = try target.openStream(stream, stop: stop)
        isFile = false
      } else {
        descriptor = try Self.openLocked(target, isShared: isShared)
        isFile = true
      }
      self.target = target
    } catch {
      throw .outputUnwritable(message: error.description)
    }
  }

  deinit {
    if target != nil { close(descriptor) }
  }

  /// Opens a file, or creates it, and locks it for as long as it is open.
  private static func openLocked(_ target: OutputPath, isShared: Bool) throws(OutputError) -> Int32 {
    for _ in 0..<8 {
      let opened = open(target.path, O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0o666)
      guard opened >= 0 else { throw target.failure(errno) }
      if lock(opened, isShared: isShared) == EWOULDBLOCK {
        close(opened)
        throw OutputError(path: target.name, reason: .inUse)
      }
      // The run that had the lock may have put another file in this one's place.
      var (mine, named) = (stat(), stat())
      if fstat(opened, &mine) == 0, stat(target.path, &named) == 0, mine.st_ino == named.st_ino,
        mine.st_dev == named.st_dev
      {
        return opened
      }
      close(opened)
    }
    throw OutputError(path: target.name, reason: .inUse)
  }

  // MARK: Contents

  /// The lines of the file.
  package func lines(limit: Int) -> LineReader {
    lseek(descriptor, 0, SEEK_SET)
    return LineReader(descriptor: descriptor, name: name, limit: limit)
  }

  /// The first bytes of the file, no more than `count`; none of a pipe or a device.
  package func head(_ count: Int) -> [UInt8] {
    guard isFile else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = pread(descriptor, &bytes, count, 0)
    return Array(bytes.prefix(max(0, read)))
  }

  /// Cuts the file to its first `byteCount` bytes.
  ///
  /// - Throws: `ReportedError.outputUnwritable`.
  package func cut(to byteCount: Int) throws(ReportedError) {
    guard isFile else { return }
    if ftruncate(descriptor, off_t(byteCount)) != 0 { throw failure(errno) }
  }

  /// Replaces the contents as a whole or not at all.
  ///
  /// - Parameters:
  ///   - head: new bytes at the beginning.
  ///   - ranges: what is kept of the present bytes, in their order.
  /// - Throws: `ReportedError.outputUnwritable`; then the contents are as they were.
  package func replaceContents(head: [UInt8], keeping ranges: [Range<Int>]) throws(ReportedError) {
    guard let target, isFile else { return }
    let created: (descriptor: Int32, path: String)
    do throws(OutputError) { created = try target.createBeside() } catch {
      throw .outputUnwritable(message: error.description)
    }
    var problem = lock(created.descriptor) == EWOULDBLOCK ? EWOULDBLOCK : writeAll(head, to: created.descriptor)
    for range in ranges where problem == 0 { problem = copy(range, to: created.descriptor) }
    if problem == 0, fsync(created.descriptor) != 0 || rename(created.path, target.path) != 0 { problem = errno }
    guard problem == 0 else {
      close(created.descriptor)
      unlink(created.path)
      throw failure(problem)
    }
    synchronizeFolder(target.folder)
    close(descriptor)
    descriptor = created.descriptor
  }

  private func copy(_ range: Range<Int>, to other: Int32) -> Int32 {
    var offset = range.lowerBound
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while offset < range.upperBound {
      let count = pread(descriptor, &buffer, min(buffer.count, range.upperBound - offset), off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count < 0 ? errno : EIO }
      let problem = writeAll(Array(buffer[..<count]), to: other)
      if problem != 0 { return problem }
      offset += count
    }
    return 0
  }

  // MARK: Lines

  /// Writes a record as one line.
  ///
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(_ record: OrderedJSON) throws(ReportedError) { try write(line: record.text) }

  /// Writes one line. What a pipe does not take after a stop is lost.
  ///
  /// - Parameter line: without its line feed.
  /// - Throws: `ReportedError.outputUnwritable` naming the file and the reason.
  package func write(line: String) throws(ReportedError) {
    let bytes = Array((line + "\n").utf8)
    let problem =
      isFile
      ? writeAll(bytes, to: descriptor) : writeAll(bytes, to: descriptor, unless: { stop?.isStopped ?? false })
    if problem != 0, problem != ECANCELED { throw failure(problem) }
  }

  private func failure(_ code: Int32) -> ReportedError {
    .outputUnwritable(message: "\(name) cannot be written: \(errorText(code))")
  }
}
