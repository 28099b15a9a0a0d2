// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Images
import SessionInterface

/// Times and small pictures of the frames that the cache still holds something of. What the cache forgets is dropped
/// here too, so that the gallery is never larger than what is held.
package struct ThumbnailGallery {
  private struct Entry {
    var number: Int
    var time: Double
    var thumbnail: Image
  }

  /// By rising number.
  private var entries: [Entry] = []
  /// Stream time of the first frame, in seconds.
  private var startTime: Double?

  /// Frames that it has pictures of.
  package var count: Int { entries.count }

  package init() {}

  /// - Parameters:
  ///   - thumbnail: of the frame.
  ///   - number: the frame's number in the stream, larger than those before it.
  package mutating func add(_ thumbnail: Image, number: Int, time: Double) {
    if startTime == nil { startTime = time }
    entries.append(Entry(number: number, time: time, thumbnail: thumbnail))
  }

  /// Drops every frame that is not among `held`, whose numbers rise.
  package mutating func keep(_ held: [RetainedTemporalPatch]) {
    var next = held[...]
    entries.removeAll { entry in
      next = next.drop { $0.streamIndex < entry.number }
      return next.first?.streamIndex != entry.number
    }
  }

  /// The map of what is held.
  ///
  /// - Parameters:
  ///   - held: the frames held, by rising number; those that the gallery has never seen are left out.
  ///   - whole: tokens of a whole frame in one layer.
  package func map(held: [RetainedTemporalPatch], temporalPatchesSeen: Int, layers: Int, whole: Int) -> RetentionMap {
    var next = entries[...]
    let frames = held.compactMap { frame -> RetentionMap.TemporalPatch? in
      next = next.drop { $0.number < frame.streamIndex }
      guard let entry = next.first, entry.number == frame.streamIndex else { return nil }
      return RetentionMap.TemporalPatch(
        number: frame.streamIndex, time: entry.time,
        shares: frame.tokens.map { whole > 0 ? min(1, Float($0) / Float(whole)) : 0 }, thumbnail: entry.thumbnail)
    }
    return RetentionMap(
      layers: layers, temporalPatchesSeen: temporalPatchesSeen, startTime: startTime ?? 0, temporalPatches: frames)
  }
}

extension VideoDialogue {
  /// What the cache holds of each frame and layer, and what it has forgotten.
  public func retentionMap() -> RetentionMap {
    gallery.map(
      held: cache.retainedTemporalPatches(), temporalPatchesSeen: cache.temporalPatchesAppended, layers: cache.shape.layers,
      whole: cache.tokensPerTemporalPatchAndLayer)
  }
}
