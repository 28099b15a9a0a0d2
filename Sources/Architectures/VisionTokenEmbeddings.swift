// SPDX-License-Identifier: Apache-2.0

/// Embeddings of vision tokens, `[rows][width]`, which a language model reads in place of the embeddings of text
/// tokens.
///
/// For a model with deepstack a row holds the token's embedding and then the features that are added after each of the
/// model's first layers, all of them of the model's hidden size.
public struct VisionTokenEmbeddings: Sendable {
  /// Tokens.
  public internal(set) var rows: Int
  /// Values of a row; `DecoderConfiguration.visionEmbeddingWidth` of the model that reads it.
  public internal(set) var width: Int
  /// `[rows][width]`
  public internal(set) var values: [Float]

  /// No rows. A tower allocates memory at its first use and keeps it for later ones.
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

  /// Some of the rows.
  ///
  /// - Precondition: there are such rows.
  public func rows(_ indices: [Int32]) -> VisionTokenEmbeddings {
    var chosen: [Float] = []
    chosen.reserveCapacity(indices.count * width)
    for index in indices { chosen.append(contentsOf: values[Int(index) * width..<(Int(index) + 1) * width]) }
    return VisionTokenEmbeddings(rows: indices.count, width: width, values: chosen)
  }

  /// Changes the size. Values are not reset; memory is allocated only where it grows.
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
