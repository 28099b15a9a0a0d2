// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// A file that is being downloaded, under its name with an ending. It gets its name when all bytes are there and right.
///
/// It is locked while it is open, so that two programs do not write it at the same time. A note beside it says of which
/// file of the hub the bytes are; bytes of another one are thrown away.
package final class PartFile {
  /// The note about the bytes: size and hashes of their file on the hub, and the server's `ETag`.
  struct Note: Codable, Equatable {
    var byteCount: Int
    var sha256: String?
    var gitBlob: String?
    /// The SHA-256 that the hub gives when the file is asked for; nil where its list gives a hash.
    var linkedSha256: String?
    /// The `ETag` of the server that the bytes came from.
    var entityTag: String?

    /// The note beside a file that is being downloaded.
    static func read(besides path: String) -> Note? {
      guard let bytes = try? InputFile.bytes(of: path + PartFile.noteEnding, limit: 1 << 16, isOrdinary: true) else {
        return nil
      }
      return try? SnakeCaseJSON.decode(Note.self, from: Data(bytes))
    }
  }

  static let ending = ".part"
  static let noteEnding = ".part.json"

  /// Bytes that are there.
  package private(set) var byteCount = 0
  private let file: RemoteFile
  private let path: String
  private var note: Note
  private let descriptor: Int32
  private var checksum: Checksum
  /// Neither complete nor discarded.
  private var isOpen = true

  private var partPath: String { path + Self.ending }

  /// The `ETag` of the server that the bytes came from; nil before the first and where the server has none.
  var entityTag: String? { note.entityTag }

  /// Opens what is there of a file, or begins it. Bytes that are there are read once, for the checksum.
  ///
  /// - Parameter path: the file's name when it is complete.
  /// - Throws: `HubError.Reason.inUse`, `disk`, `stopped`.
  package init(_ file: RemoteFile, path: String, stop: StopSource) throws(HubError) {
    self.file = file
    self.path = path
    note = Note(byteCount: file.byteCount, sha256: file.sha256, gitBlob: file.gitBlob)
    checksum = try Self.newChecksum(file)
    descriptor = try Self.openLocked(path + Self.ending)
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let known = Note.read(besides: path)
    let isSame = known.map { $0.byteCount == file.byteCount && $0.sha256 == file.sha256 && $0.gitBlob == file.gitBlob }
    if isSame == true, size <= file.byteCount {
      note.entityTag = known?.entityTag
      note.linkedSha256 = known?.linkedSha256
      try readBytes(size, stop: stop)
    } else {
      try restart()
    }
  }

  deinit {
    // An empty one is no use to anybody.
    if isOpen, lseek(descriptor, 0, SEEK_END) == 0 { discard() }
    close(descriptor)
  }

  private static func openLocked(_ path: String) throws(HubError) -> Int32 {
    let folder = parentFolder(of: path)
    for _ in 0..<8 {
      try makeFolder(folder)
      let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
      // Another run has ended and removed the folder, which was empty.
      if opened < 0, errno == ENOENT { continue }
      guard opened >= 0 else { throw HubError(.disk, "\(path) cannot be written: \(errorText(errno))") }
      guard lock(opened) != EWOULDBLOCK else {
        close(opened)
        throw inUse(path)
      }
      // Whoever had the lock may have completed the file: then this one has no name any more.
      var (mine, named) = (stat(), stat())
      if fstat(opened, &mine) == 0, stat(path, &named) == 0, mine.st_ino == named.st_ino, mine.st_dev == named.st_dev {
        return opened
      }
      close(opened)
    }
    throw inUse(path)
  }

  /// Checks that nobody downloads into a file.
  ///
  /// - Throws: `HubError.Reason.inUse`.
  static func checkUnused(_ path: String) throws(HubError) {
    let opened = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard opened >= 0 else { return }
    defer { close(opened) }
    if lock(opened) == EWOULDBLOCK { throw inUse(path) }
  }

  private static func inUse(_ path: String) -> HubError {
    HubError(.inUse, "\(path) is being downloaded by another edgeassist; wait for it, or stop it")
  }

  private static func newChecksum(_ file: RemoteFile) throws(HubError) -> Checksum {
    if file.sha256 == nil, file.gitBlob != nil { return try Checksum.gitBlob(byteCount: file.byteCount) }
    return try Checksum.sha256()
  }

  /// Adds the first `size` bytes to the checksum.
  private func readBytes(_ size: Int, stop: StopSource) throws(HubError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while byteCount < size {
      if stop.isStopped { throw HubError.stopped }
      let count = pread(descriptor, &buffer, min(buffer.count, size - byteCount), off_t(byteCount))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(count < 0 ? errno : EIO) }
      buffer.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      byteCount += count
    }
  }

  private func failure(_ code: Int32) -> HubError {
    let advice = code == ENOSPC || code == EDQUOT ? "; make room and run the same command to go on" : ""
    return HubError(.disk, "\(partPath) cannot be written: \(errorText(code))\(advice)")
  }

  // MARK: Writing

  /// Appends bytes.
  ///
  /// - Parameter start: the first of them that is appended.
  /// - Throws: `HubError.Reason.disk`; what was there before stays.
  package func append(_ bytes: [UInt8], from start: Int = 0) throws(HubError) {
    let problem = bytes.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      let problem = writeAll(rest, to: descriptor)
      if problem == 0 { checksum.add(rest) }
      return problem
    }
    guard problem == 0 else {
      ftruncate(descriptor, off_t(byteCount))
      throw failure(problem)
    }
    byteCount += bytes.count - start
  }

  /// Notes the `ETag` of the server that the next bytes come from.
  ///
  /// - Throws: `HubError.Reason.disk`.
  func remember(entityTag: String?) throws(HubError) {
    guard entityTag != note.entityTag else { return }
    note.entityTag = entityTag
    try writeNote()
  }

  /// Notes the SHA-256 that the hub gives for a file of which its list has no hash.
  ///
  /// - Throws: `HubError.Reason.disk`; `changed` where the hub gave another one before, and the bytes are thrown away.
  func expect(linkedSha256 digest: String) throws(HubError) {
    guard file.sha256 == nil, file.gitBlob == nil, note.linkedSha256 != digest else { return }
    if note.linkedSha256 != nil, byteCount > 0 {
      discard()
      throw HubError(.changed, "\(file.path) has changed on the hub; run the same command again")
    }
    note.linkedSha256 = digest
    try writeNote()
  }

  /// Throws the bytes away.
  ///
  /// - Throws: `HubError.Reason.disk`.
  func restart() throws(HubError) {
    guard ftruncate(descriptor, 0) == 0 else { throw failure(errno) }
    byteCount = 0
    checksum = try Self.newChecksum(file)
    note.entityTag = nil
    note.linkedSha256 = nil
    try writeNote()
  }

  private func writeNote() throws(HubError) {
    do throws(OutputError) {
      try OutputFile.write(SnakeCaseJSON.text(of: note) + "\n", to: path + Self.noteEnding)
    } catch {
      throw HubError(.disk, error.description)
    }
  }

  /// Copies the first bytes into a file that is as long as the whole one will be, and empty behind them.
  ///
  /// - Throws: `HubError.Reason.disk`.
  func copyBeginning(_ most: Int, to other: String) throws(HubError) {
    let output = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard output >= 0 else { throw HubError(.disk, "\(other) cannot be written: \(errorText(errno))") }
    defer { close(output) }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var offset = 0
    let end = min(most, byteCount)
    while offset < end {
      let count = pread(descriptor, &buffer, min(buffer.count, end - offset), off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(count < 0 ? errno : EIO) }
      let problem = buffer.withUnsafeBytes { writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: output) }
      guard problem == 0 else { throw failure(problem) }
      offset += count
    }
    guard ftruncate(output, off_t(file.byteCount)) == 0 else { throw failure(errno) }
  }

  // MARK: The end

  /// Checks all bytes and gives the file its name.
  ///
  /// - Returns: false where the hub gives no hash to check them against.
  /// - Throws: `HubError.Reason.wrongChecksum`, and the bytes are thrown away; `disk`.
  @discardableResult
  package func complete() throws(HubError) -> Bool {
    let found = checksum.finish()
    let expected = file.sha256 ?? file.gitBlob ?? note.linkedSha256
    if let expected, found != expected {
      discard()
      throw HubError(
        .wrongChecksum,
        "\(file.path) came with the checksum \(found.prefix(12))… where the hub says \(expected.prefix(12))…; "
          + "it is deleted. Run the same command to download it again.")
    }
    guard fsync(descriptor) == 0, rename(partPath, path) == 0 else { throw failure(errno) }
    isOpen = false
    unlink(path + Self.noteEnding)
    synchronizeFolder(parentFolder(of: path))
    return expected != nil
  }

  /// Removes what is there.
  func discard() {
    guard isOpen else { return }
    isOpen = false
    unlink(partPath)
    unlink(path + Self.noteEnding)
  }

  /// Whether a complete file has the contents that the hub lists. Reads it whole.
  ///
  /// - Throws: `HubError.Reason.stopped`.
  static func isIntact(_ file: RemoteFile, at path: String, stop: StopSource) throws(HubError) -> Bool {
    guard fileSize(path) == file.byteCount, let expected = file.sha256 ?? file.gitBlob else { return false }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let checksum = try newChecksum(file)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      if stop.isStopped { throw HubError.stopped }
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 && checksum.finish() == expected }
      buffer.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }
}
