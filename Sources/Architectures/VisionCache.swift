// SPDX-License-Identifier: Apache-2.0

import Compute

/// What a vision tower keeps of a stream's last temporal patches, so that the next one need only be computed where it
/// changed: the keys and values of every block and the embeddings, each place as it was last computed.
///
/// Active spatial merge groups go through the blocks as queries; they attend to the kept keys and values of all others.
/// It is the gated computation of Eventful Transformers (arXiv 2308.13494) by merge groups, with the change decided
/// once, at the pixels, and not at every block.
///
/// Memory is 2 · blocks · patches · hidden size values, allocated at the first pass for the images' size. A cache
/// belongs to one tower and one stream.
public final class VisionCache {
  /// How keys and values are kept.
  public enum Precision: String, Sendable, CaseIterable {
    /// 32-bit floats: a pass in which all groups are active gives exactly what a dense pass gives.
    case f32
    /// 8-bit integers with a 32-bit scale for each row of each head: about a quarter of the memory.
    case q8
  }

  /// Keys and values of one block.
  enum Block {
    case f32(keys: FloatMatrix, values: FloatMatrix)
    case q8(keys: Int8Rows, values: Int8Rows)
  }

  /// How keys and values are kept.
  public let precision: Precision
  /// The layout of the image that is kept; nil while nothing is.
  private(set) var layout: PatchLayout?
  /// The embeddings of the image's tokens, row by row of the image, each as it was last computed.
  public private(set) var embeddings = VisionTokenEmbeddings()
  private var blocks: [Block] = []
  /// Patches that there is memory for.
  private var capacity = 0
  /// Bytes of keys and values.
  public private(set) var byteCount = 0

  /// An empty cache.
  public init(precision: Precision = .f32) {
    self.precision = precision
  }

  /// Whether an image is kept.
  public var isFilled: Bool { layout != nil }

  /// The embedding of one token of the image, `[embedding width]`.
  public func embedding(ofToken token: Int) -> [Float] {
    Array(embeddings.values[token * embeddings.width..<(token + 1) * embeddings.width])
  }

  /// Whether a sparse pass over an image of this layout may build upon it.
  func covers(_ other: PatchLayout) -> Bool { layout == other }

  /// Forgets the image, so that the next pass is dense.
  public func removeAll() { layout = nil }

  /// Ends a pass: all of the image is kept.
  ///
  /// - Parameters:
  ///   - computed: the patches that the pass has computed.
  ///   - new: the embeddings of all tokens, or of the computed groups in the tower's order.
  func complete(_ layout: PatchLayout, computed: VisionRows, embeddings new: VisionTokenEmbeddings) {
    self.layout = layout
    guard let groups = computed.activeGroups else {
      embeddings = new
      return
    }
    let width = embeddings.width
    var active = 0
    layout.forEachMergeGroup { index, row, column in
      guard active < groups.count, groups[active] == index else { return }
      let place = (row * layout.mergedColumns + column) * width
      embeddings.values.replaceSubrange(
        place..<place + width, with: new.values[active * width..<(active + 1) * width])
      active += 1
    }
  }

  func block(_ index: Int) -> Block { blocks[index] }

  /// Makes room for an image.
  ///
  /// - Parameter rows: of each block, for one image.
  func reserve(_ layout: PatchLayout, rows: [Int], sizes: VisionConfiguration, loader: ModelLoader) throws(ModelError) {
    guard layout.count > capacity else { return }
    self.layout = nil
    (blocks, capacity) = ([], 0)
    var made: [Block] = []
    for count in rows { made.append(try makeBlock(rows: count, sizes: sizes, loader: loader)) }
    (blocks, capacity) = (made, layout.count)
    byteCount = VisionCache.byteCount(rows: rows, precision: precision, sizes: sizes)
  }

  private func makeBlock(rows: Int, sizes: VisionConfiguration, loader: ModelLoader) throws(ModelError) -> Block {
    do throws(ComputeError) {
      switch precision {
      case .f32:
        let count = rows * sizes.hiddenSize
        let (keys, values) = (try FloatBuffer(count: count), try FloatBuffer(count: count))
        return .f32(keys: keys.rows(width: sizes.hiddenSize), values: values.rows(width: sizes.hiddenSize))
      case .q8:
        return .q8(
          keys: try Int8Rows(rows: rows, parts: sizes.heads, width: sizes.hiddenSize),
          values: try Int8Rows(rows: rows, parts: sizes.heads, width: sizes.hiddenSize))
      }
    } catch { throw .compute(path: loader.file.path, error) }
  }

  /// Bytes of keys and values, without the embeddings.
  ///
  /// - Parameter rows: of each block, for one image.
  static func byteCount(rows: [Int], precision: Precision, sizes: VisionConfiguration) -> Int {
    rows.reduce(0) { sum, count in
      switch precision {
      case .f32: sum + 2 * count * sizes.hiddenSize * MemoryLayout<Float>.stride
      case .q8: sum + 2 * Int8Rows.byteCount(rows: count, parts: sizes.heads, width: sizes.hiddenSize)
      }
    }
  }
}

extension VisionCache.Block {
  /// Where the keys and values of the computed rows go first.
  func target(of rows: VisionRows, in space: VisionWorkspace) -> (keys: FloatMatrix, values: FloatMatrix) {
    if case .f32(let keys, let values) = self, rows.isDense { return (keys, values) }
    return (space.keys, space.values)
  }

  /// Keeps keys and values that are in `target`.
  ///
  /// - Returns: those of all rows of the image.
  func store(
    _ target: (keys: FloatMatrix, values: FloatMatrix), of rows: VisionRows, in space: VisionWorkspace,
    engine: Engine
  ) -> (keys: FloatMatrix, values: FloatMatrix) {
    switch self {
    case .f32(let keys, let values):
      if !rows.isDense {
        rows.scatter(target.keys, to: keys)
        rows.scatter(target.values, to: values)
      }
      return (keys, values)
    case .q8(let keys, let values):
      rows.forEachRun { gathered, image, count in
        keys.store(target.keys, from: gathered, count: count, at: image, engine: engine)
        values.store(target.values, from: gathered, count: count, at: image, engine: engine)
      }
      if rows.isDense { return target }
      keys.expand(count: rows.total, into: space.keys, engine: engine)
      values.expand(count: rows.total, into: space.values, engine: engine)
      return (space.keys, space.values)
    }
  }
}
