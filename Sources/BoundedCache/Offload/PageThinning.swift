// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which page of an offload file gives way when the slots of its head are full.
///
/// Pages are thinned out evenly over what changed in the stream. Page n has the rank u = n·φ modulo 1, φ being the
/// fraction of the golden ratio, and the novelty w of its tokens (`KeyNovelty`). Its priority is w / −ln u, and the
/// pages with the highest priorities stay. That is the order of u^(1/w), by which a weighted reservoir samples
/// (Efraimidis and Spirakis 2006) with random u: the chance that a page stays is in proportion to its novelty, until it
/// is nearly 1. Hours of quiet then do not crowd out the minutes in which something happened. Novelties are compared
/// within a head only, so their unit does not matter, and nothing has to be told from noise by a threshold.
///
/// Among pages of equal novelty the highest ranks stay. The numbers n whose rank exceeds any threshold lie at no more
/// than three different distances from each other (three-gap theorem), so at any time those pages are spread almost
/// evenly from the stream's first minute to the last. φ is far from every fraction of small integers, so none of the
/// pages that a temporal patch fills is preferred; if every second page were dropped instead, the same part of every
/// image might be lost. A page whose priority is too low is never written: over a stream of N pages of equal novelty,
/// S slots see S·ln(N/S) writes after the first S, not N.
///
/// Dropping the oldest pages would make the file a longer sliding window. With the rank alone, as it was, four fifths
/// of the pages of a 90-second story were gone after six hours of quiet, and all but a twentieth after a day.
enum PageThinning {
  /// The priority of page `page`, more than 0.
  ///
  /// - Parameter novelty: the sum over its tokens, finite and more than 0.
  static func priority(of page: Int, novelty: Float) -> Float {
    // 1 − u is a multiple of 2⁻⁶⁴ and exact where u is near 1; a half more keeps it from 0 and from 1.
    let rest = (Double(~rank(page)) + 0.5) * 0x1p-64
    return Float(Double(novelty) / -log1p(-min(rest, 0x1.fffffffffffffp-1)))
  }

  /// n·φ modulo 1, as a 64-bit fraction.
  private static func rank(_ page: Int) -> UInt64 { UInt64(page) &* 0x9E37_79B9_7F4A_7C15 }
}
