// SPDX-License-Identifier: Apache-2.0

/// A summary of a page's keys by which pages are ranked: for each RoPE pair a disc that contains the pairs of all keys.
///
/// 16-bit floats `[x of the centres | y of the centres | radii]`, headDimension / 2 each. Rotating the keys of a page
/// together rotates the centres and leaves the radii as they are, so one digest is valid for any position of the page.
/// With a box around each channel (Quest), a rotation would need a new digest or a bound √2 times as loose.
///
/// For a query q, Σ (q·centre + |q pair|·radius) is no less than q·k for any key k of the page after its rotation,
/// rounding to 16 bits included. The centres are the keys' means, so Σ q·centre is the mean of all q·k.
package enum PageDigest {
  /// Values of a digest.
  package static func count(headDimension: Int) -> Int { headDimension / 2 * 3 }

  /// Summarizes the keys of a page.
  ///
  /// - Parameters:
  ///   - keys: 16-bit floats `[count][headDimension]`, at least one row.
  ///   - digest: memory for `count(headDimension:)` values.
  package static func make(
    _ keys: UnsafePointer<UInt16>, count: Int, headDimension: Int, into digest: UnsafeMutablePointer<UInt16>
  ) {
    let half = headDimension / 2
    for pair in 0..<half {
      var sum = SIMD2<Float>.zero
      for row in 0..<count { sum += point(keys + row * headDimension, pair, half) }
      let mean = sum / Float(count)
      digest[pair] = Float16(mean.x).bitPattern
      digest[pair + half] = Float16(mean.y).bitPattern
      // The radius is that around the centre as it is stored.
      let centre = point(digest, pair, half)
      var farthest: Float = 0
      var longest: Float = 0
      for row in 0..<count {
        let key = point(keys + row * headDimension, pair, half)
        let offset = key - centre
        farthest = max(farthest, (offset * offset).sum())
        longest = max(longest, (key * key).sum())
      }
      // A rotated key is rounded again, by up to 2⁻¹¹ of its length; twice that also covers the sums in 32 bits.
      let radius = farthest.squareRoot() + longest.squareRoot() * 0x1p-10 + 0x1p-23
      digest[2 * half + pair] = roundedUp(radius).bitPattern
    }
  }

  @inline(__always)
  private static func point(_ row: UnsafePointer<UInt16>, _ pair: Int, _ half: Int) -> SIMD2<Float> {
    SIMD2(HalfPrecisionArithmetic.widen(row[pair]), HalfPrecisionArithmetic.widen(row[pair + half]))
  }

  /// The smallest 16-bit float that is not less than `number`.
  private static func roundedUp(_ number: Float) -> Float16 {
    let rounded = Float16(number)
    return Float(rounded) < number ? rounded.nextUp : rounded
  }
}
