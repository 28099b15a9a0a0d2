// SPDX-License-Identifier: Apache-2.0

/// A model in the cache with all its files.
public struct CachedModel: Sendable, Equatable {
  /// `OWNER/NAME` on the hub.
  public let repository: String
  /// Such as `Q4_K_M`.
  public let quantization: String
  /// The path of the language model's file; of a split one, of its first part.
  public let languageModel: String
  /// The path of the vision tower's file; nil for a model that only reads, or whose tower was not wanted.
  public let mmproj: String?
  /// Whether the repository has a vision tower that has not been downloaded because it was not wanted.
  public let isTowerLeftOut: Bool
  /// Bytes of all files.
  public let byteCount: Int
  /// The language model's path in the repository; of a split one without the number of the part.
  let name: String
}
