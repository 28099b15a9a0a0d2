// SPDX-License-Identifier: Apache-2.0

/// A set of ids in 16 bytes each, however long they are.
///
/// It holds two hashes of 64 bits with a key that no input knows. Two ids are taken for the same with a probability of
/// 2^-128.
package struct IdentifierSet {
  private struct Digest: Hashable {
    var first: Int
    var second: Int

    init(_ text: String) {
      first = Self.hash(text, salt: 0)
      second = Self.hash(text, salt: 1)
    }

    private static func hash(_ text: String, salt: UInt8) -> Int {
      var hasher = Hasher()
      hasher.combine(salt)
      hasher.combine(text)
      return hasher.finalize()
    }
  }

  private var digests: Set<Digest> = []

  /// Empty.
  package init() {}

  /// Adds an id.
  ///
  /// - Returns: false if it was there already.
  package mutating func insert(_ id: String) -> Bool { digests.insert(Digest(id)).inserted }
}
