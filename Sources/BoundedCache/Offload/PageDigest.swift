// SPDX-License-Identifier: Apache-2.0

/// What stands for a page's keys when pages are ranked: for each rope pair a disc that holds the pairs of all keys.
///
/// 16-bit floats `[first numbers of the centres | second numbers | radii]`, half a head each. Turning the keys of a
/// page together turns the centres and leaves the radii alone, so one digest serves wherever the page belongs on a
/// timeline. With a box around each number, the usual digest, a turn would want a new digest or a bound √2 times as
/// loose.
///
/// For a query q, Σ (q·centre + |q pair|·radius) is no less than q·k for any key k of the page, as it comes out of the
/// turn, rounding to 16 bits included. The centres are the keys' means, so Σ q·centre is the mean of all q·k.
package enum PageDigest {
  package static func count(headDimension: Int) -> Int { headDimension / 2 * 3 }

  /// - Parameters:
  ///   - keys: 16-bit floats `[count][headDimension]`, at least one row.
  ///   - digest: room for `count(headDimension:)` numbers.
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
      // A turned key is rounded again, by up to 2⁻¹¹ of its length; as much again covers the sums in 32 bits.
      let radius = farthest.squareRoot() + longest.squareRoot() * 0x1p-10 + 0x1p-23
      digest[2 * half + pair] = roundedUp(radius).bitPattern
    }
  }

  @inline(__always)
  private static func point(_ row: UnsafePointer<UInt16>, _ pair: Int, _ half: Int) -> SIMD2<Float> {
    SIMD2(HalfPrecision.widen(row[pair]), HalfPrecision.widen(row[pair + half]))
  }

  /// The smallest 16-bit float that is no less.
  private static func roundedUp(_ number: Float) -> Float16 {
    let rounded = Float16(number)
    return Float(rounded) < number ? rounded.nextUp : rounded
  }
}
