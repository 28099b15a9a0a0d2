// SPDX-License-Identifier: Apache-2.0

/// A file that is written from its beginning to its end and appears under its name when it is complete.
///
/// Until then the file that was there stays whole: the bytes go to a file beside it, which takes its name, its mode
/// and, where the system allows it, its owner. In a folder where no new file can be made, the file itself is written.
/// Pipes and devices are written at once, and never replaced.
public final class OutputFile {
  /// Which file may be replaced.
  public enum Replacement: Sendable {
    /// Any file.
    case anything
    /// Only an empty one.
    case nothing
    /// One of this kind, which the first bytes tell, or an empty one.
    case kind(String, beginning: [UInt8])

    /// Text files that begin with these words.
    public static func kind(_ name: String, beginning text: String) -> Replacement {
      .kind(name, beginning: Array(text.utf8))
    }
  }

  private let target: OutputPath
  private let stop: StopSource?
  private var descriptor: Int32
  /// The file beside the target; nil where the target itself is written.
  private let temporary: String?
  /// The target as it was, locked until the end; negative where there was none.
  private let former: Int32

  /// Begins to write.
  ///
  /// - Parameters:
  ///   - inputs: files that this run reads; `-` for standard input. They are never written.
  ///   - replacing: which file may be replaced.
  ///   - stop: ends the wait for the reader of a pipe, now and whenever bytes are written, with an error.
  /// - Throws: `OutputError`; then nothing has changed.
  public init(
    path: String, inputs: [String] = [], replacing: Replacement = .anything, stop: StopSource? = nil
  ) throws(OutputError) {
    target = try OutputPath(path, inputs: inputs)
    self.stop = stop
    former = try Self.lockFormer(target, replacing: replacing)
    do throws(OutputError) {
      (descriptor, temporary) = try Self.open(target, stop: stop)
    } catch {
      if former >= 0 { close(former) }
      throw error
    }
  }

  deinit {
    abandon()
    if former >= 0 { close(former) }
  }

  /// Checks that a file can be written, before the work that makes its contents. Changes nothing.
  ///
  /// - Throws: `OutputError`.
  public static func check(
    path: String, inputs: [String] = [], replacing: Replacement = .anything
  ) throws(OutputError) {
    let target = try OutputPath(path, inputs: inputs)
    let former = try lockFormer(target, replacing: replacing)
    if former >= 0 { close(former) }
    if case .absent = target.kind, access(target.folder, W_OK | X_OK) != 0 { throw target.failure(errno) }
  }

  /// Writes a whole file. The parameters are those of `init`.
  ///
  /// - Throws: `OutputError`; then the file is as it was.
  public static func write(
    _ bytes: [UInt8], to path: String, inputs: [String] = [], replacing: Replacement = .anything,
    stop: StopSource? = nil
  ) throws(OutputError) {
    let file = try OutputFile(path: path, inputs: inputs, replacing: replacing, stop: stop)
    try file.write(bytes)
    try file.commit()
  }

  /// Writes a whole text file, as above.
  ///
  /// - Throws: `OutputError`; then the file is as it was.
  public static func write(
    _ text: String, to path: String, inputs: [String] = [], replacing: Replacement = .anything,
    stop: StopSource? = nil
  ) throws(OutputError) {
    try write(Array(text.utf8), to: path, inputs: inputs, replacing: replacing, stop: stop)
  }

  /// Appends bytes.
  ///
  /// - Throws: `OutputError`.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    var problem: Int32 = 0
    if case .stream = target.kind {
      problem = writeAll(bytes, to: descriptor, unless: { stop?.isStopped ?? false })
    } else {
      problem = writeAll(bytes, to: descriptor)
    }
    if problem != 0 { throw target.failure(problem) }
  }

  /// Appends bytes.
  ///
  /// - Throws: `OutputError`.
  public func write(_ bytes: [UInt8]) throws(OutputError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(OutputError) in try write(UnsafeRawBufferPointer(buffer)) }
  }

  /// Whether bytes that were written can still be replaced: not those of a pipe or a device.
  public var isRewritable: Bool { if case .stream = target.kind { false } else { true } }

  /// Replaces bytes that were written.
  ///
  /// - Parameter offset: of the first of them in the file.
  /// - Throws: `OutputError`.
  /// - Precondition: `isRewritable`.
  public func rewrite(_ bytes: [UInt8], at offset: Int) throws(OutputError) {
    precondition(isRewritable, "a stream cannot be rewritten")
    // Where a file is opened for appending, pwrite appends too.
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, fcntl(descriptor, F_SETFL, flags & ~O_APPEND) == 0 else { throw target.failure(errno) }
    defer { _ = fcntl(descriptor, F_SETFL, flags) }
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw target.failure(count < 0 ? errno : ENOSPC) }
      done += count
    }
  }

  /// Completes the file: it is on the disk, and has its name.
  ///
  /// - Throws: `OutputError`; then the file that was there is as it was.
  public func commit() throws(OutputError) {
    guard let temporary else {
      defer { abandon() }
      // A pipe has nothing to wait for.
      if fsync(descriptor) != 0, errno != EINVAL, errno != ENOTSUP, errno != EROFS { throw target.failure(errno) }
      return
    }
    guard fsync(descriptor) == 0, rename(temporary, target.path) == 0 else {
      let reason = errno
      abandon()
      throw target.failure(reason)
    }
    close(descriptor)
    descriptor = -1
    synchronizeFolder(target.folder)
  }

  private func abandon() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    if let temporary { unlink(temporary) }
  }

  private static func lockFormer(_ target: OutputPath, replacing: Replacement) throws(OutputError) -> Int32 {
    guard case .file = target.kind else { return -1 }
    // Something that may be written need not be readable.
    let descriptor = Platform.open(target.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if case .anything = replacing { return -1 }
      throw target.failure(errno)
    }
    let refusal: OutputError.Reason? =
      lock(descriptor) == EWOULDBLOCK ? .inUse : otherContents(descriptor, replacing: replacing)
    guard let refusal else { return descriptor }
    close(descriptor)
    throw OutputError(path: target.name, reason: refusal)
  }

  private static func otherContents(_ descriptor: Int32, replacing: Replacement) -> OutputError.Reason? {
    let (kind, beginning): (String, [UInt8]?)
    switch replacing {
    case .anything: return nil
    case .nothing: (kind, beginning) = ("empty", nil)
    case .kind(let name, let bytes): (kind, beginning) = (name, bytes)
    }
    var found = [UInt8](repeating: 0, count: max(beginning?.count ?? 1, 1))
    let count = pread(descriptor, &found, found.count, 0)
    if count == 0 || (count > 0 && found.prefix(count).elementsEqual(beginning ?? [])) { return nil }
    return .otherContents(kind: kind)
  }

  private static func open(
    _ target: OutputPath, stop: StopSource?
  ) throws(OutputError) -> (descriptor: Int32, temporary: String?) {
    if case .stream(let descriptor) = target.kind { return (try target.openStream(descriptor, stop: stop), nil) }
    do throws(OutputError) {
      let (descriptor, path) = try target.createBeside()
      return (descriptor, path)
    } catch {
      guard case .file = target.kind, [.system(EACCES), .system(EPERM), .system(EROFS)].contains(error.reason) else {
        throw error
      }
      let descriptor = Platform.open(target.path, O_WRONLY | O_TRUNC | O_CLOEXEC)
      guard descriptor >= 0 else { throw target.failure(errno) }
      return (descriptor, nil)
    }
  }
}

extension OutputPath {
  /// Creates an empty file in the folder of the target, with the target's mode and owner, or those of a new file.
  ///
  /// - Throws: `system`.
  package func createBeside() throws(OutputError) -> (descriptor: Int32, path: String) {
    var descriptor: Int32 = -1
    var path = ""
    for _ in 0..<8 {
      path = folder + "/.edgeassist-" + String(UInt64.random(in: 0...UInt64.max), radix: 36) + ".partial"
      descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if descriptor >= 0 || errno != EEXIST { break }
    }
    guard descriptor >= 0 else { throw failure(errno) }
    if case .file(let mode, let user, let group) = kind {
      // Only root gives files away. Changing the owner takes bits from the mode, so the mode comes after it.
      _ = fchown(descriptor, user, group)
      _ = fchmod(descriptor, mode)
    }
    return (descriptor, path)
  }
}

/// Waits until a new name in a folder is on the disk. A folder that cannot be read is not waited for.
package func synchronizeFolder(_ path: String) {
  let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}
