// SPDX-License-Identifier: Apache-2.0

import Images

/// Temporal patches of the same pixels in a row. Times are stream times in seconds.
struct StillFrameRun {
  private var frames: (first: Image, second: Image)?
  /// When the first of these patches ended.
  private var since = 0.0
  /// When the last patch ended that was not left out.
  private var lastEnd = 0.0
  private var hasLeftOut = false
  private var isRepeated = false
  /// The patch that these frames give; nil until it is known to be wanted again.
  private(set) var patch: TemporalPatch?

  /// A stretch is read patch by patch for this long.
  private static let readInFull = 60.0
  /// After that a patch is read each time the stretch has grown by this part of its length.
  private static let growth = 0.1

  /// Takes the frames of the next patch.
  ///
  /// - Parameter duration: how much of the stream the patch stands for by itself.
  /// - Returns: how much it stands for with those left out before it; nil if it is to be left out.
  mutating func add(
    _ first: Image, _ second: Image, to end: Double, duration: Double, allowingGap: Bool
  ) -> Double? {
    // Frames from before a jump back make no stretch.
    isRepeated = end > lastEnd && frames.map { $0.first == first && $0.second == second } ?? false
    if isRepeated {
      if allowingGap, end - since > Self.readInFull, end - lastEnd < (end - since) * Self.growth {
        hasLeftOut = true
        return nil
      }
    } else {
      frames = (first, second)
      since = end
      patch = nil
    }
    let whole = self.duration(to: end, ofPatch: duration)
    hasLeftOut = false
    lastEnd = end
    return whole
  }

  /// Whether all frames of the last patch are of an image's pixels. A patch of two images shows neither as it is alone.
  func isOf(_ image: Image) -> Bool { frames.map { $0.first == image && $0.second == image } ?? false }

  /// How much of the stream a patch would stand for that nobody has taken: with those left out before it.
  func duration(to end: Double, ofPatch duration: Double) -> Double {
    hasLeftOut ? max(duration, end - lastEnd) : duration
  }

  /// Takes the encoded patch. One that comes once is not kept, so that the tower can use its memory again.
  mutating func keep(_ patch: TemporalPatch) {
    if isRepeated, self.patch == nil { self.patch = patch }
  }
}
