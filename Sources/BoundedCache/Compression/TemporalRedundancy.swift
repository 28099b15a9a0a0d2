// SPDX-License-Identifier: Apache-2.0

/// TaR, temporal redundancy, of InfiniPot-V (arXiv 2506.15745): how little a token resembles the same patch of the
/// newest temporal patches.
///
/// The score of an older token at (t, p) is −mean over the r newest temporal patches q of cos(K[q,p], K[t,p]). The mean
/// of the cosines is one product with the mean of the newest unit keys, so a compression costs one product a token.
struct TemporalRedundancy {
  let dimension: Int
  /// A score for each token of the older temporal patches; entries of the newest ones are meaningless.
  private(set) var scores: [Float] = []
  /// For each patch p, the mean of the newest unit keys: `[P][dimension]`.
  private var means: [Float] = []
  /// One key in 32 bits.
  private var row: [Float]

  /// Prevents division by zero: a zero key resembles nothing, its cosine is 0.
  private static let smallestNorm: Float = 1e-9

  init(dimension: Int) {
    self.dimension = dimension
    row = Array(repeating: 0, count: dimension)
  }

  /// Scores the tokens of a sparse stream: each older version of a place by the newest one.
  ///
  /// - Parameters:
  ///   - keys: 16-bit floats `[tokens][dimension]`.
  ///   - patchCount: P.
  ///   - view: whether each token is the newest version of its place.
  ///   - patches: each token's place.
  ///   - rotated: as in the other method.
  mutating func score(
    _ keys: Span<UInt16>, patchCount: Int, view: [Bool], patches: [Int32],
    rotated: (temporalPatches: [Int32], angles: TemporalPatchAngles)?
  ) {
    let dimension = dimension
    let cached = keys.count / dimension
    if scores.count < cached { scores = Array(repeating: 0, count: cached) }
    if means.count < patchCount * dimension { means = Array(repeating: 0, count: patchCount * dimension) }
    for index in means.indices { means[index] = 0 }
    keys.withUnsafeBufferPointer { keys in
      guard let key = keys.baseAddress else { return }
      for isView in [true, false] {
        for token in 0..<cached where view[token] == isView {
          row.withUnsafeMutableBufferPointer { row in
            guard let row = row.baseAddress else { return }
            HalfPrecisionArithmetic.widen(key + token * dimension, into: row, count: dimension)
            if let rotated {
              rotated.angles.unrotate(
                row, temporalPatch: Int(rotated.temporalPatches[token]), headDimension: dimension)
            }
          }
          let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot() + TemporalRedundancy.smallestNorm
          let start = Int(patches[token]) * dimension
          if isView {
            for index in 0..<dimension { means[start + index] = row[index] / norm }
          } else {
            var product: Float = 0
            for index in 0..<dimension { product += row[index] * means[start + index] }
            scores[token] = -product / norm
          }
        }
      }
    }
  }

  /// - Parameters:
  ///   - keys: 16-bit floats `[T·P][dimension]`.
  ///   - recentTemporalPatches: r.
  ///   - origins: each token's patch in its temporal patch; nil takes its index among the cached tokens modulo P, as
  ///     published.
  ///   - rotated: each token's temporal patch and their angles, which are taken off the keys first; nil compares keys
  ///     as they are cached.
  mutating func score(
    _ keys: Span<UInt16>, grid: GridTHW, recentTemporalPatches: Int, patches origins: [Int32]? = nil,
    rotated: (temporalPatches: [Int32], angles: TemporalPatchAngles)? = nil
  ) {
    let patches = grid.tokensPerTemporalPatch
    let cached = grid.tokenCount
    let older = cached - recentTemporalPatches * patches
    precondition(keys.count == cached * dimension && recentTemporalPatches > 0 && older >= 0, "keys fill the grid")
    if scores.count < cached { scores = Array(repeating: 0, count: cached) }
    if means.count < patches * dimension { means = Array(repeating: 0, count: patches * dimension) }
    let dimension = dimension

    keys.withUnsafeBufferPointer { keys in
      means.withUnsafeMutableBufferPointer { means in
        scores.withUnsafeMutableBufferPointer { scores in
          row.withUnsafeMutableBufferPointer { row in
            guard let key = keys.baseAddress, let mean = means.baseAddress, let row = row.baseAddress else { return }
            means.update(repeating: 0)
            for token in older..<cached {
              let patch = origins.map { Int($0[token]) } ?? token % patches
              let source = key + token * dimension
              let norm = HalfPrecisionArithmetic.squaredNorm(source, count: dimension).squareRoot()
              let factor = 1 / ((norm + TemporalRedundancy.smallestNorm) * Float(recentTemporalPatches))
              guard let rotated else {
                HalfPrecisionArithmetic.accumulate(
                  source, times: factor, into: mean + patch * dimension, count: dimension)
                continue
              }
              HalfPrecisionArithmetic.widen(source, into: row, count: dimension)
              rotated.angles.unrotate(row, temporalPatch: Int(rotated.temporalPatches[token]), headDimension: dimension)
              for index in 0..<dimension { mean[patch * dimension + index] += row[index] * factor }
            }
            for token in 0..<older {
              let patch = origins.map { Int($0[token]) } ?? token % patches
              let source = key + token * dimension
              var (square, product) = HalfPrecisionArithmetic.squaredNormAndProduct(
                source, mean + patch * dimension, count: dimension)
              if let rotated {
                HalfPrecisionArithmetic.widen(source, into: row, count: dimension)
                rotated.angles.unrotate(
                  row, temporalPatch: Int(rotated.temporalPatches[token]), headDimension: dimension)
                product = 0
                for index in 0..<dimension { product += row[index] * mean[patch * dimension + index] }
              }
              scores[token] = -product / (square.squareRoot() + TemporalRedundancy.smallestNorm)
            }
          }
        }
      }
    }
  }
}
