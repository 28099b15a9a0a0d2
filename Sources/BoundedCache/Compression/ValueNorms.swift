// SPDX-License-Identifier: Apache-2.0

/// How far a layer smooths its value norms: early layers over time and space, the last ones not at all.
package enum ValuePooling: Equatable {
  /// A cube over temporal patches, rows and columns.
  case volume(Int)
  /// A square over rows and columns.
  case plane(Int)
  /// A run of the sequence.
  case sequence(Int)
  /// Norms as they are.
  case none

  /// The published sizes: 3-D of 7, 2-D of 5, 1-D of 3, none, for the first, second, third and last quarter of the
  /// layers.
  package init(layer: Int, of layers: Int) {
    switch layer * 4 / layers {
    case 0: self = .volume(7)
    case 1: self = .plane(5)
    case 2: self = .sequence(3)
    default: self = .none
    }
  }
}

/// VaN, value norm, of InfiniPot-V (arXiv 2506.15745): the length of each token's value, averaged over its
/// neighbourhood.
///
/// The average has stride 1 and counts zeros beyond the edges. A window larger than the grid in any direction shrinks
/// to the largest odd size that fits in all, temporal patches included even where it does not extend over them, as
/// published; a window of one token averages nothing.
package struct ValueNorms {
  /// Values in a row.
  package let dimension: Int
  /// A score for each token.
  package private(set) var scores: [Float] = []
  // Sums of 32-bit norms in 64 bits come out the same in whatever order they are added (unless the norms differ by
  // factors of a million), so equal neighbourhoods get equal scores and ties are ties.
  private var sums: [Double] = []
  private var partial: [Double] = []
  /// Cached tokens in each box.
  private var counts: [Double] = []

  /// `dimension` is the number of values in a row.
  package init(dimension: Int) {
    self.dimension = dimension
  }

  /// - Parameters:
  ///   - values: 16-bit floats `[T·P][dimension]`.
  ///   - count: tokens, where they do not fill the grid; there are origins then.
  ///   - origins: averages over the patches and temporal patches that tokens came from, counting only cached tokens;
  ///     nil averages over the cached tokens as if they were whole temporal patches, as published.
  package mutating func score(
    _ values: Span<UInt16>, count: Int? = nil, grid: GridTHW, pooling: ValuePooling, origins: HeadTokenOrigins? = nil
  ) {
    let cached = count ?? grid.tokenCount
    precondition(values.count == cached * dimension, "values fill the grid")
    if scores.count < cached {
      scores = Array(repeating: 0, count: cached)
      sums = Array(repeating: 0, count: cached)
      partial = Array(repeating: 0, count: cached)
    }
    let dimension = dimension
    values.withUnsafeBufferPointer { values in
      guard let value = values.baseAddress else { return }
      for token in 0..<cached {
        scores[token] = HalfPrecisionArithmetic.squaredNorm(value + token * dimension, count: dimension).squareRoot()
      }
    }

    if let origins { return average(cached, over: pooling, grid: grid, origins: origins) }
    let (times, height, width) = (grid.temporalPatches, grid.height, grid.width)
    switch pooling {
    case .volume(let size):
      let size = ValueNorms.fitting(size, min(times, height, width))
      pool(cached, windows: [(size, width, 1), (size, height, width), (size, times, height * width)])
    case .plane(let size):
      let size = ValueNorms.fitting(size, min(times, height, width))
      pool(cached, windows: [(size, width, 1), (size, height, width)])
    case .sequence(let size):
      pool(cached, windows: [(ValueNorms.fitting(size, cached), cached, 1)])
    case .none:
      break
    }
  }

  /// The largest odd size up to `size` that fits in `extent`.
  static func fitting(_ size: Int, _ extent: Int) -> Int {
    let largest = min(size, extent)
    return largest % 2 == 0 ? largest - 1 : largest
  }

  /// Replaces the scores by averages over the cached tokens of a box around each token's origin.
  private mutating func average(_ cached: Int, over pooling: ValuePooling, grid: GridTHW, origins: HeadTokenOrigins) {
    guard let last = origins.temporalPatches.last else { return }
    let (times, height, width) = (Int(last) + 1, grid.height, grid.width)
    let size: Int
    var windows: [(size: Int, extent: Int, step: Int)]
    switch pooling {
    case .volume(let largest):
      size = ValueNorms.fitting(largest, min(times, height, width))
      windows = [(size, width, 1), (size, height, width), (size, times, height * width)]
    case .plane(let largest):
      size = ValueNorms.fitting(largest, min(height, width))
      windows = [(size, width, 1), (size, height, width)]
    case .sequence(let largest):
      size = ValueNorms.fitting(largest, cached)
      windows = [(size, cached, 1)]
    case .none: return
    }
    guard size > 1 else { return }
    if case .sequence = pooling { return pool(cached, windows: windows) }
    let cells = times * height * width
    counts.removeAll(keepingCapacity: true)
    counts.append(contentsOf: repeatElement(0, count: cells))
    if sums.count < cells {
      sums = Array(repeating: 0, count: cells)
      partial = Array(repeating: 0, count: cells)
    }
    for cell in 0..<cells { sums[cell] = 0 }
    for token in 0..<cached {
      let cell = Int(origins.temporalPatches[token]) * height * width + Int(origins.patches[token])
      sums[cell] = Double(scores[token])
      counts[cell] = 1
    }
    sumBoxes(cells, windows: windows)
    swap(&sums, &counts)
    sumBoxes(cells, windows: windows)
    swap(&sums, &counts)
    for token in 0..<cached {
      let cell = Int(origins.temporalPatches[token]) * height * width + Int(origins.patches[token])
      scores[token] = Float(sums[cell] / counts[cell])
    }
  }

  /// Replaces the scores by averages over a box, one direction after another: each window is its size, the extent of
  /// the grid in that direction, and the step from one token to the next.
  private mutating func pool(_ cached: Int, windows: [(size: Int, extent: Int, step: Int)]) {
    let volume = windows.reduce(1) { $0 * $1.size }
    guard volume > 1 else { return }
    for index in 0..<cached { sums[index] = Double(scores[index]) }
    sumBoxes(cached, windows: windows)
    for index in 0..<cached { scores[index] = Float(sums[index] / Double(volume)) }
  }

  /// Replaces `sums` by sums over a box.
  private mutating func sumBoxes(_ count: Int, windows: [(size: Int, extent: Int, step: Int)]) {
    if partial.count < sums.count { partial = Array(repeating: 0, count: sums.count) }
    for (size, extent, step) in windows {
      swap(&sums, &partial)
      for start in stride(from: 0, to: count, by: extent * step) {
        for position in 0..<extent {
          let first = max(0, position - size / 2)
          let last = min(extent - 1, position + size / 2)
          for offset in start..<(start + step) {
            var sum = 0.0
            for neighbour in first...last { sum += partial[offset + neighbour * step] }
            sums[offset + position * step] = sum
          }
        }
      }
    }
  }
}
