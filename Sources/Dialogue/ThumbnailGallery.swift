// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Images
import SessionInterface

/// Times and thumbnails of the temporal patches that the cache retains something of. Those of evicted patches are
/// dropped, so that the gallery never outgrows the cache.
package struct ThumbnailGallery {
  private struct Entry {
    var number: Int
    var time: Double
    var thumbnail: Image
  }

  /// By rising number.
  private var entries: [Entry] = []
  /// Stream time of the first patch, in seconds.
  private var startTime: Double?

  /// Patches that it has thumbnails of.
  package var count: Int { entries.count }

  /// Empty.
  package init() {}

  /// - Parameters:
  ///   - thumbnail: of the temporal patch.
  ///   - number: the patch's number in the stream, larger than those before it.
  ///   - time: stream time of the patch, in seconds.
  package mutating func add(_ thumbnail: Image, number: Int, time: Double) {
    if startTime == nil { startTime = time }
    entries.append(Entry(number: number, time: time, thumbnail: thumbnail))
  }

  /// Drops every patch that is not among `retained`, whose numbers rise.
  package mutating func keep(_ retained: [RetainedTemporalPatch]) {
    var next = retained[...]
    entries.removeAll { entry in
      next = next.drop { $0.streamIndex < entry.number }
      return next.first?.streamIndex != entry.number
    }
  }

  /// The map of retained tokens.
  ///
  /// - Parameters:
  ///   - retained: the patches of which something is cached, by rising number. Those that the gallery has never had are
  ///     left out.
  ///   - tokensPerPatch: tokens of a whole patch in one layer, all heads together.
  package func map(
    retained: [RetainedTemporalPatch], temporalPatchesSeen: Int, layers: Int, tokensPerPatch: Int
  ) -> RetentionMap {
    var next = entries[...]
    let patches = retained.compactMap { patch -> RetentionMap.PatchShares? in
      next = next.drop { $0.number < patch.streamIndex }
      guard let entry = next.first, entry.number == patch.streamIndex else { return nil }
      return RetentionMap.PatchShares(
        number: patch.streamIndex, time: entry.time,
        shares: patch.tokens.map { tokensPerPatch > 0 ? min(1, Float($0) / Float(tokensPerPatch)) : 0 },
        thumbnail: entry.thumbnail)
    }
    return RetentionMap(
      layers: layers, temporalPatchesSeen: temporalPatchesSeen, startTime: startTime ?? 0, temporalPatches: patches)
  }
}
