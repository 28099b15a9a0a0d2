import Compute

/// Working memory of a vision tower for pictures of up to `capacity` patches.
final class VisionWorkspace {
  let capacity: Int
  let patches, hidden, normed, queries, keys, values, inner: Rows
  /// A patch's row turns the first half of a head's pairs, its column the second half.
  let rotary: RotaryTable
  /// The layout that `rotary` is filled for.
  private(set) var layout: PatchLayout?

  init(loader: WeightLoader, sizes: VisionConfiguration, capacity: Int, feedForwardRows: Int) throws(ModelError) {
    self.capacity = capacity
    let width = sizes.embeddingLength
    patches = try loader.rows(capacity, width: 3 * sizes.patchSize * sizes.patchSize)
    hidden = try loader.rows(capacity, width: width)
    normed = try loader.rows(capacity, width: width)
    queries = try loader.rows(capacity, width: width)
    keys = try loader.rows(capacity, width: width)
    values = try loader.rows(capacity, width: width)
    inner = try loader.rows(feedForwardRows, width: sizes.feedForwardLength)
    rotary = try RotaryTable(
      loader: loader, tokens: capacity, base: 10000, rowPairs: sizes.headDimension / 4)
  }

  func turn(to layout: PatchLayout) {
    layout.forEach { index, row, column in
      rotary.fill(
        row: index, position: RotaryPosition(time: 0, height: Int32(row), width: Int32(column)))
    }
    self.layout = layout
  }
}
