// SPDX-License-Identifier: Apache-2.0

/// Which page of an offload file gives way when the slots of its head are full.
///
/// Pages are thinned out evenly over the stream. Page n has the rank n·φ modulo 1, φ being the fraction of the golden
/// ratio, and the pages with the highest ranks stay. The numbers n whose rank exceeds any threshold lie at no more
/// than three different distances from each other (three-gap theorem), so at any time the pages are spread almost
/// evenly from the stream's first minute to the last. φ is far from every fraction of small integers, so none of the
/// pages that a temporal patch fills is preferred; if every second page were dropped instead, the same part of every
/// image might be lost. A page whose rank is too low is never written: over a stream of N pages, S slots see S·ln(N/S)
/// writes after the first S, not N.
///
/// Dropping the oldest pages would make the file a longer sliding window. Dropping those most similar to their
/// neighbours would compare pages of different patches.
enum PageThinning {
  /// n·φ modulo 1, as a 64-bit fraction.
  static func rank(_ page: Int) -> UInt64 { UInt64(page) &* 0x9E37_79B9_7F4A_7C15 }
}
