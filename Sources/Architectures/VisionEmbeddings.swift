// SPDX-License-Identifier: Apache-2.0

/// Vectors for a language model to read in place of tokens' embeddings: `rows` of `width` numbers, one after the other.
///
/// For a model that takes features from within the vision tower as well, a row holds the embedding and then those for
/// each of the model's first layers, all of one width.
public struct VisionEmbeddings: Sendable {
  public internal(set) var rows: Int
  public internal(set) var width: Int
  public internal(set) var values: [Float]

  /// Empty; memory comes with the first use and stays for the next ones.
  public init() {
    rows = 0
    width = 0
    values = []
  }

  /// - Precondition: `values.count == rows * width`.
  public init(rows: Int, width: Int, values: [Float]) {
    precondition(rows >= 0 && width >= 0 && values.count == rows * width, "the values must fill the rows")
    self.rows = rows
    self.width = width
    self.values = values
  }

  mutating func resize(rows: Int, width: Int) {
    self.rows = rows
    self.width = width
    let count = rows * width
    if values.count > count {
      values.removeLast(values.count - count)
    } else if values.count < count {
      values.append(contentsOf: repeatElement(0, count: count - values.count))
    }
  }
}
