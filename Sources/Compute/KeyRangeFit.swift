extension KeyValueRow {
  /// The range of `q4` keys whose squared error on sample keys is least, among ranges that are narrower than what the
  /// samples span by the same share of each channel's ends.
  ///
  /// The extremes of many keys are rare: a grid that reaches them is coarse for all others. Of normally distributed
  /// numbers, 4096 a channel, the fitted range loses a fifth less than one from the least to the largest.
  ///
  /// - Parameters:
  ///   - keys: `count` rows of `headDimension` numbers, one after the other; `count` at least 1.
  ///   - range: gets `headDimension` steps, then `headDimension` lowest numbers.
  public static func fitKeyRange(
    to keys: UnsafePointer<Float>, count: Int, headDimension: Int, into range: UnsafeMutablePointer<Float>
  ) {
    precondition(count > 0, "a range is fitted to something")
    for channel in 0..<headDimension {
      let column = Column(first: keys + channel, stride: headDimension, count: count)
      (range[channel], range[headDimension + channel]) = column.fittedRange()
    }
  }
}

/// One channel of sample keys.
private struct Column {
  let first: UnsafePointer<Float>
  let stride: Int
  let count: Int

  /// Shares of the samples' span that a range may cover.
  private static let shares: [Float] = [1, 0.93, 0.86, 0.8, 0.74, 0.68, 0.62, 0.56]

  func fittedRange() -> (step: Float, lowest: Float) {
    var (least, largest) = (Float.infinity, -Float.infinity)
    for row in 0..<count {
      let number = first[row * stride]
      if number < least { least = number }
      if number > largest { largest = number }
    }
    // Samples that are no numbers leave nothing to fit to.
    guard least <= largest, (largest - least).isFinite else { return (0, 0) }
    let middle = least + (largest - least) / 2
    var best = KeyValueRow.keyRange(of: least...largest)
    var bestError = Float.infinity
    for share in Column.shares {
      let reach = (largest - least) / 2 * share
      let candidate = KeyValueRow.keyRange(of: middle - reach...middle + reach)
      let error = error(of: candidate)
      if error < bestError { (best, bestError) = (candidate, error) }
    }
    return best
  }

  private func error(of range: (step: Float, lowest: Float)) -> Float {
    guard range.step > 0 else { return 0 }
    let inverse = 1 / range.step
    var sum: Float = 0
    for row in 0..<count {
      let place = (first[row * stride] - range.lowest) * inverse
      // Rounded to the nearest of 0...15, by an addition that leaves no room for a fraction.
      let number = min(max(place, 0), 15) + 12_582_912 - 12_582_912
      sum += (place - number) * (place - number)
    }
    return sum * range.step * range.step
  }
}
