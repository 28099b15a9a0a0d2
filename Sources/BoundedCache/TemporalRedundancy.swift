// SPDX-License-Identifier: Apache-2.0

/// TaR of InfiniPot-V: how little a token resembles what is at its place in the newest frames (arXiv 2506.15745).
///
/// The score of an older token (f, p) is −mean over the r newest frames q of cos(K[q,p], K[f,p]). The mean of the
/// cosines is one product with the mean of the newest frames' unit keys, so a pass costs one product a token.
struct TemporalRedundancy {
  let dimension: Int
  /// One score for each token of the older frames; the entries of the newest frames say nothing.
  private(set) var scores: [Float] = []
  /// For each place p, the mean of the newest frames' unit keys: `[P][dimension]`.
  private var means: [Float] = []
  /// One key in 32 bits.
  private var row: [Float]

  /// Keeps a zero key from dividing by zero: it resembles nothing, its cosine is 0.
  private static let smallestNorm: Float = 1e-9

  init(dimension: Int) {
    self.dimension = dimension
    row = Array(repeating: 0, count: dimension)
  }

  /// - Parameters:
  ///   - places: each token's place in its frame; nil takes its index among those held for it, as published.
  ///   - turned: each token's frame and the frames' angles, which are taken off the keys first; nil compares keys as
  ///     they are.
  mutating func score(
    _ keys: Span<UInt16>, grid: GridTHW, recentTemporalPatches: Int, places origins: [Int32]? = nil,
    turned: (frames: [Int32], angles: TemporalPatchAngles)? = nil
  ) {
    let places = grid.tokensPerTemporalPatch
    let held = grid.tokenCount
    let older = held - recentTemporalPatches * places
    precondition(keys.count == held * dimension && recentTemporalPatches > 0 && older >= 0, "keys fill the grid")
    if scores.count < held { scores = Array(repeating: 0, count: held) }
    if means.count < places * dimension { means = Array(repeating: 0, count: places * dimension) }
    let dimension = dimension

    keys.withUnsafeBufferPointer { keys in
      means.withUnsafeMutableBufferPointer { means in
        scores.withUnsafeMutableBufferPointer { scores in
          row.withUnsafeMutableBufferPointer { row in
            guard let key = keys.baseAddress, let mean = means.baseAddress, let row = row.baseAddress else { return }
            means.update(repeating: 0)
            for token in older..<held {
              let place = origins.map { Int($0[token]) } ?? token % places
              let source = key + token * dimension
              let norm = HalfPrecision.squaredNorm(source, count: dimension).squareRoot()
              let factor = 1 / ((norm + TemporalRedundancy.smallestNorm) * Float(recentTemporalPatches))
              guard let turned else {
                HalfPrecision.accumulate(source, times: factor, into: mean + place * dimension, count: dimension)
                continue
              }
              HalfPrecision.widen(source, into: row, count: dimension)
              turned.angles.unrotate(row, frame: Int(turned.frames[token]), headDimension: dimension)
              for index in 0..<dimension { mean[place * dimension + index] += row[index] * factor }
            }
            for token in 0..<older {
              let place = origins.map { Int($0[token]) } ?? token % places
              let source = key + token * dimension
              var (square, product) = HalfPrecision.squaredNormAndProduct(
                source, mean + place * dimension, count: dimension)
              if let turned {
                HalfPrecision.widen(source, into: row, count: dimension)
                turned.angles.unrotate(row, frame: Int(turned.frames[token]), headDimension: dimension)
                product = 0
                for index in 0..<dimension { product += row[index] * mean[place * dimension + index] }
              }
              scores[token] = -product / (square.squareRoot() + TemporalRedundancy.smallestNorm)
            }
          }
        }
      }
    }
  }
}
