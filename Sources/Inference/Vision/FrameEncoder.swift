// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Images
import Records

/// A temporal patch as the vision tower saw it: made once, it may be read into any number of dialogues.
public struct TemporalPatch: Sendable {
  /// A row for each vision token.
  package let vectors: VisionEmbeddings
  package let grid: GridTHW
  package let thumbnail: Image
  /// Stream time of the middle of its pictures, in seconds.
  public private(set) var time: Double
  /// When its last picture was taken.
  public private(set) var end: Double
  /// How long it lasts, in seconds.
  package let seconds: Double
  /// Frames that it was made of: 2, or 1 at the end of a stream and in families that read one frame at a time.
  package let frameCount: Int

  /// The same frame at another time of the stream.
  func moved(by seconds: Double) -> TemporalPatch {
    var frame = self
    frame.time += seconds
    frame.end += seconds
    return frame
  }
}

/// Makes temporal patches of pictures as they come, the way a dialogue over a stream does.
public struct FrameEncoder {
  private let model: LoadedModel
  /// Those that are complete.
  public private(set) var frames: [TemporalPatch] = []
  private var pending: (image: Image, time: Double)?
  /// Seconds that the last patch of two pictures lasted.
  private var patchSeconds = 1.0

  public init(model: LoadedModel) {
    self.model = model
  }

  /// Takes the next sampled picture, seen at a stream time in seconds.
  ///
  /// - Throws: `ReportedError.visionMissing`, or `computation` for a picture that the tower does not take.
  public mutating func add(_ image: Image, at time: Double) throws(ReportedError) {
    if model.vision?.configuration.temporalPatchSize == 1 {
      return try encode(image, image, from: time, to: time, images: 1)
    }
    guard let first = pending, first.image.width == image.width, first.image.height == image.height else {
      try finish()
      pending = (image, time)
      return
    }
    pending = nil
    patchSeconds = max(0, time - first.time) * 2
    try encode(first.image, image, from: first.time, to: time, images: 2)
  }

  /// Lets the stream go on with what has been seen so far, over and over, until it has lasted so long: a way to hours
  /// of stream that the tower need not look at. The tower's vectors are shared.
  ///
  /// - Parameter end: stream time in seconds; frames that would end after it are left out.
  public mutating func repeatUntil(_ end: Double) {
    guard let first = frames.first, let last = frames.last else { return }
    let round = last.time - first.time + patchSeconds
    let once = frames
    guard round > 0 else { return }
    var shift = round
    while first.end + shift <= end {
      for frame in once where frame.end + shift <= end { frames.append(frame.moved(by: shift)) }
      shift += round
    }
  }

  /// A picture that waits for its second is taken twice.
  public mutating func finish() throws(ReportedError) {
    guard let first = pending else { return }
    pending = nil
    try encode(first.image, first.image, from: first.time, to: first.time, images: 1)
  }

  private mutating func encode(
    _ first: Image, _ second: Image, from start: Double, to end: Double, images: Int
  ) throws(ReportedError) {
    guard let tower = model.vision else { throw .visionMissing(of: model) }
    var vectors = VisionEmbeddings()
    do { try tower.encode(first, second, into: &vectors) } catch { throw ReportedError(error) }
    frames.append(
      TemporalPatch(
        vectors: vectors, grid: tower.configuration.frameGrid(of: first),
        thumbnail: first.thumbnail, time: (start + end) / 2, end: end,
        seconds: patchSeconds, frameCount: images))
  }
}

extension VisionConfiguration {
  /// The merged tokens of one temporal patch of such pictures.
  package func frameGrid(of image: Image) -> GridTHW {
    let size = tokenGrid(width: image.width, height: image.height)
    return GridTHW(temporalPatches: 1, height: size.rows, width: size.columns)
  }
}

extension ReportedError {
  package static func visionMissing(of model: LoadedModel) -> ReportedError {
    ReportedError(.visionMissing, "\(model.name) has no vision tower; name its mmproj file with --vision FILE")
  }
}
