// SPDX-License-Identifier: Apache-2.0

import Platform

/// Reads the bytes of tensors without touching the mapping, so that they take no more of the process's memory.
///
/// They are the same pages of the system's cache that the mapping shows, as long as the system holds them; else they
/// come from the disk.
public final class TensorReader: Sendable {
  private let paths: [String]
  private let descriptors: [Int32]

  /// Bytes that are read at once, at most.
  public static let pieceBytes = 1 << 18

  /// - Throws: `GGUFError.unreadable`, also for a path that names another file than when it was opened.
  public init(_ file: GGUFFile) throws(GGUFError) {
    var descriptors: [Int32] = []
    do throws(GGUFError) {
      for part in file.parts { descriptors.append(try Self.open(part)) }
    } catch {
      for descriptor in descriptors { close(descriptor) }
      throw error
    }
    self.descriptors = descriptors
    paths = file.partPaths
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  private static func open(_ part: GGUFFile.Part) throws(GGUFError) -> Int32 {
    let descriptor = Platform.open(part.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path: part.path, reason: errorText(errno)) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, FileBytes.Identity(status) == part.storage.identity else {
      close(descriptor)
      throw .unreadable(path: part.path, reason: "another file has taken its place")
    }
    return descriptor
  }

  /// Reads a piece of a tensor.
  ///
  /// - Parameters:
  ///   - range: bytes of the tensor, at most `pieceBytes`.
  ///   - body: called with the bytes, which are valid until it returns.
  /// - Throws: `GGUFError.unreadable`, also where the file has become shorter.
  public func read(
    _ range: Range<Int>, of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(GGUFError) {
    let problem: Int32? = withUnsafeTemporaryAllocation(byteCount: range.count, alignment: 64) { buffer in
      var done = 0
      while done < range.count {
        let count = pread(
          descriptors[tensor.part], buffer.baseAddress.map { $0 + done }, range.count - done,
          off_t(tensor.byteOffset + range.lowerBound + done))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return count < 0 ? errno : 0 }
        done += count
      }
      body(UnsafeRawBufferPointer(buffer))
      return nil
    }
    guard let problem else { return }
    throw .unreadable(
      path: paths[tensor.part], reason: problem == 0 ? "it has become shorter" : errorText(problem))
  }
}
