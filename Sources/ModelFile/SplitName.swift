// SPDX-License-Identifier: Apache-2.0

/// The number of a file among the parts of a split model: `NAME-00002-of-00003.gguf`.
///
/// The layout is that of llama.cpp's splitter: each part is a whole GGUF file with tensors of its own, and says with
/// `split.no` (from 0) and `split.count` where it belongs; the first one alone has the model's metadata, and may have
/// no tensors. `split.tensors.count` is the number of tensors in all parts together.
struct SplitName {
  /// The path without `-00002-of-00003.gguf`.
  let prefix: String
  /// From 0.
  let index: Int
  let count: Int

  /// The format counts parts in 16 bits.
  static let mostParts = 65535

  /// Nil for a file that is a whole model.
  ///
  /// - Throws: `malformed` for numbers that contradict each other, `misnamedPart` for a name that does not say the same
  ///   as the metadata: the other parts could not be found then.
  init?(path: String, metadata: GGUFMetadata) throws(GGUFError) {
    guard let count = try metadata.integerIfPresent("split.count"), count != 0, count != 1 else { return nil }
    guard (2...SplitName.mostParts).contains(count) else {
      throw .malformed(path: path, what: "it claims to be one of \(count) parts")
    }
    let index = try metadata.integer("split.no")
    guard (0..<count).contains(index) else {
      throw .malformed(path: path, what: "it claims to be part \(index + 1) of \(count)")
    }
    let ending = SplitName.ending(index, of: count)
    guard path.hasSuffix(ending), path.utf8.count > ending.utf8.count else {
      throw .misnamedPart(path: path, part: index + 1, of: count, ending: ending)
    }
    prefix = String(path.dropLast(ending.count))
    self.index = index
    self.count = count
  }

  func path(of index: Int) -> String { prefix + SplitName.ending(index, of: count) }

  private static func ending(_ index: Int, of count: Int) -> String {
    "-\(fiveDigits(index + 1))-of-\(fiveDigits(count)).gguf"
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
