// SPDX-License-Identifier: Apache-2.0

import Platform
import Synchronization

extension GGUFFile {
  /// How a file's bytes are about to be used.
  public enum Use: Sendable {
    /// Small pieces far from each other.
    case scattered
    /// Whole tensors.
    case tensors
  }

  /// Tells the system what comes next. A hint: nothing is promised, and nothing fails.
  ///
  /// While a model is loaded, its norms and biases are read, some KiB in each layer. Around each the system would read
  /// as much as it does around a weight, some MiB on a fast disk, and so most of a large file.
  public func expect(_ use: Use) {
    let advice = use == .scattered ? POSIX_MADV_RANDOM : POSIX_MADV_NORMAL
    for part in parts {
      let buffer = part.storage.buffer
      _ = posix_madvise(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count, advice)
    }
  }

  /// Asks the system to read the whole file in the background, so that the first use of a weight need not wait for the
  /// disk. A hint: nothing is promised, and nothing fails.
  public func prefetch() {
    for part in parts {
      let buffer = part.storage.buffer
      _ = posix_madvise(UnsafeMutableRawPointer(mutating: buffer.baseAddress), buffer.count, POSIX_MADV_WILLNEED)
    }
  }

  /// Gives back the memory of a part of a tensor that has been dealt with. The bytes can be read again at any time.
  ///
  /// - Parameter range: bytes of the tensor.
  public func release(_ range: Range<Int>, of tensor: TensorDescription) {
    let range = range.clamped(to: 0..<tensor.byteCount)
    parts[tensor.part].storage.release(
      tensor.byteOffset + range.lowerBound..<tensor.byteOffset + range.upperBound)
  }

  /// Whether the file is kept in memory.
  public var isLocked: Bool { locked.load(ordering: .relaxed) }

  /// Reads the whole file and keeps it in memory for as long as this object lives, but for what is released.
  ///
  /// - Throws: `GGUFError.unlockable` when the process may not lock that many bytes; nothing is locked then.
  public func lock() throws(GGUFError) {
    for (index, part) in parts.enumerated() {
      let buffer = part.storage.buffer
      guard mlock(buffer.baseAddress, buffer.count) == 0 else {
        let reason = errorText(errno)
        for earlier in parts[..<index] { munlock(earlier.storage.buffer.baseAddress, earlier.storage.buffer.count) }
        throw .unlockable(path: part.path, byteCount: byteCount, limit: GGUFFile.lockLimit, reason: reason)
      }
    }
    locked.store(true, ordering: .relaxed)
  }

  /// The most bytes that the process may lock; nil where there is no limit.
  private static var lockLimit: Int? {
    ResourceLimit.lockedMemory.current.flatMap(Int.init(exactly:))
  }
}
