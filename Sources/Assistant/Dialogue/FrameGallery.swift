import BoundedCache
import Pictures
import SessionInterface

/// Times and small pictures of the frames that the cache still holds something of. What the cache forgets is dropped
/// here too, so that the gallery is never larger than what is held.
package struct FrameGallery {
  private struct Entry {
    var number: Int
    var time: Double
    var thumbnail: Picture
  }

  /// By rising number.
  private var entries: [Entry] = []
  /// Stream time of the first frame, in seconds.
  private var startTime: Double?

  /// The box that thumbnails fit into: enough to recognise a thing by, a few KiB each.
  package static let thumbnailSize = (width: 48, height: 36)

  /// Frames that it has pictures of.
  package var count: Int { entries.count }

  package init() {}

  /// A picture as small as the gallery holds it.
  package static func thumbnail(of picture: Picture) -> Picture {
    let size = fittedSize(
      width: picture.width, height: picture.height, maximumWidth: thumbnailSize.width,
      maximumHeight: thumbnailSize.height)
    return scaled(picture, width: size.width, height: size.height)
  }

  /// - Parameters:
  ///   - thumbnail: of the frame.
  ///   - number: the frame's number in the stream, larger than those before it.
  package mutating func add(_ thumbnail: Picture, number: Int, time: Double) {
    if startTime == nil { startTime = time }
    entries.append(Entry(number: number, time: time, thumbnail: thumbnail))
  }

  /// Drops every frame that is not among `held`, whose numbers rise.
  package mutating func keep(_ held: [RetainedFrame]) {
    var next = held[...]
    entries.removeAll { entry in
      next = next.drop { $0.streamFrame < entry.number }
      return next.first?.streamFrame != entry.number
    }
  }

  /// The map of what is held.
  ///
  /// - Parameters:
  ///   - held: the frames held, by rising number; those that the gallery has never seen are left out.
  ///   - whole: tokens of a whole frame in one layer.
  package func map(held: [RetainedFrame], framesSeen: Int, layers: Int, whole: Int) -> RetentionMap {
    var next = entries[...]
    let frames = held.compactMap { frame -> RetentionMap.Frame? in
      next = next.drop { $0.number < frame.streamFrame }
      guard let entry = next.first, entry.number == frame.streamFrame else { return nil }
      return RetentionMap.Frame(
        number: frame.streamFrame, time: entry.time,
        shares: frame.tokens.map { whole > 0 ? min(1, Float($0) / Float(whole)) : 0 }, thumbnail: entry.thumbnail)
    }
    return RetentionMap(layers: layers, framesSeen: framesSeen, startTime: startTime ?? 0, frames: frames)
  }
}

extension VideoDialogue {
  /// What the cache holds of each frame and layer, and what it has forgotten.
  public func retentionMap() -> RetentionMap {
    gallery.map(
      held: cache.retainedFrames(), framesSeen: cache.framesSeen, layers: cache.shape.layers,
      whole: cache.tokensPerFrameAndLayer)
  }
}
