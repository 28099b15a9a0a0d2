import Compute

/// Working memory of a vision tower for pictures of up to `capacity` patches.
final class VisionWorkspace {
  let capacity: Int
  let patches, hidden, normed, queries, keys, values, inner: Rows
  /// A patch's row turns the first half of a head's pairs, its column the second half.
  let rotary: RotaryTable
  /// The layout that `rotary` is filled for.
  private(set) var layout: PatchLayout?
  private let memory: [FloatBuffer]

  init(loader: WeightLoader, sizes: VisionConfiguration, capacity: Int, feedForwardRows: Int) throws(ModelError) {
    self.capacity = capacity
    let width = sizes.embeddingLength
    let patch = 3 * sizes.patchSize * sizes.patchSize
    let shapes = [(capacity, patch)] + Array(repeating: (capacity, width), count: 5)
    var memory: [FloatBuffer] = []
    for (rows, width) in shapes + [(feedForwardRows, sizes.feedForwardLength)] {
      memory.append(try loader.buffer(rows, width))
    }
    self.memory = memory
    patches = memory[0].rows(width: patch)
    hidden = memory[1].rows(width: width)
    normed = memory[2].rows(width: width)
    queries = memory[3].rows(width: width)
    keys = memory[4].rows(width: width)
    values = memory[5].rows(width: width)
    inner = memory[6].rows(width: sizes.feedForwardLength)
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
