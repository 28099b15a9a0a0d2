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

  /// Keeps a zero key from dividing by zero: it resembles nothing, its cosine is 0.
  private static let smallestNorm: Float = 1e-9

  init(dimension: Int) {
    self.dimension = dimension
  }

  mutating func score(_ keys: Span<UInt16>, grid: FrameGrid, recentFrames: Int) {
    let places = grid.tokensPerFrame
    let held = grid.tokenCount
    let older = held - recentFrames * places
    precondition(keys.count == held * dimension && recentFrames > 0 && older >= 0, "keys fill the grid")
    if scores.count < held { scores = Array(repeating: 0, count: held) }
    if means.count < places * dimension { means = Array(repeating: 0, count: places * dimension) }
    let dimension = dimension

    keys.withUnsafeBufferPointer { keys in
      means.withUnsafeMutableBufferPointer { means in
        scores.withUnsafeMutableBufferPointer { scores in
          guard let key = keys.baseAddress, let mean = means.baseAddress else { return }
          means.update(repeating: 0)
          for frame in stride(from: older, to: held, by: places) {
            for place in 0..<places {
              let row = key + (frame + place) * dimension
              let norm = HalfPrecision.squaredNorm(row, count: dimension).squareRoot()
              let factor = 1 / ((norm + TemporalRedundancy.smallestNorm) * Float(recentFrames))
              HalfPrecision.accumulate(row, times: factor, into: mean + place * dimension, count: dimension)
            }
          }
          for frame in stride(from: 0, to: older, by: places) {
            for place in 0..<places {
              let (square, product) = HalfPrecision.squaredNormAndProduct(
                key + (frame + place) * dimension, mean + place * dimension, count: dimension)
              scores[frame + place] = -product / (square.squareRoot() + TemporalRedundancy.smallestNorm)
            }
          }
        }
      }
    }
  }
}
