// SPDX-License-Identifier: Apache-2.0

import Records

/// Why nothing can be offloaded or retrieved. The cache goes on without offload.
public enum OffloadError: Error, Equatable, Sendable {
  /// Heads without RoPE pairs, or pages without tokens.
  case invalidShape(CacheShape, pageTokens: Int)
  /// The size does not hold one page for every head; `least` is the smallest that does, in bytes.
  case tooSmall(byteCount: Int, least: Int)
  /// The file cannot be opened or created.
  case unopenable(path: String, reason: String)
  /// A folder, a device or a pipe.
  case notRegularFile(path: String)
  /// Another program has locked the file.
  case inUse(path: String)
  /// The file is not an offload file.
  case foreign(path: String)
  /// The file is an offload file with a damaged header.
  case headerDamaged(path: String)
  /// The file belongs to another model, or has another layout.
  case otherLayout(path: String)
  /// The disk or a limit of the system does not allow a file of this size, in bytes.
  case noSpace(path: String, byteCount: Int, reason: String)
  /// A read failed.
  case unreadable(path: String, reason: String)
  /// A write failed.
  case unwritable(path: String, reason: String)
  /// The file was removed while it was in use.
  case removed(path: String)
  /// The file was made shorter or longer while it was in use.
  case resized(path: String)
  /// A page's checksum does not match.
  case pageDamaged(path: String)
}

extension OffloadError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidShape(let shape, let pageTokens):
      "no offload for keys of \(shape.layers) layers × \(shape.keyValueHeads) heads × \(shape.headDimension) values in "
        + "pages of \(pageTokens) tokens"
    case .tooSmall(let byteCount, let least):
      "an offload file of \(memorySize(byteCount)) is too small for this model: at least "
        + "\(memorySize(least, isLeast: true)) are needed"
    case .unopenable(let path, let reason): "the offload file \(path) cannot be opened: \(reason)"
    case .notRegularFile(let path): "the offload file \(path) is not an ordinary file; choose another name"
    case .inUse(let path): "the offload file \(path) is in use by another program; choose another name"
    case .foreign(let path):
      "\(path) exists and is not an offload file; it was left as it is: choose another name"
    case .headerDamaged(let path): "the offload file \(path) is damaged at its beginning; remove it"
    case .otherLayout(let path):
      "the offload file \(path) was made for another model or another version; remove it or choose another name"
    case .noSpace(let path, let byteCount, let reason):
      "no room for the offload file \(path) of \(memorySize(byteCount)): \(reason); choose a smaller size"
    case .unreadable(let path, let reason): "the offload file \(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason): "the offload file \(path) cannot be written: \(reason)"
    case .removed(let path): "the offload file \(path) was removed while in use"
    case .resized(let path): "the offload file \(path) was changed in size by something else while in use"
    case .pageDamaged(let path): "the offload file \(path) was damaged while in use"
    }
  }
}
