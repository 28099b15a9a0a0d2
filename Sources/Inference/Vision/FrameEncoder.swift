// SPDX-License-Identifier: Apache-2.0

import Architectures
import Images
import Records

/// Pairs the frames of a stream into temporal patches and begins their encoding.
///
/// A temporal patch is two frames of one size in most families of models, and one frame in others. A frame without a
/// partner, at the end of a stream or where the size changes, is taken twice, as Qwen2-VL pads a video of odd length.
///
/// Frames of the same pixels as those before are not encoded again. Where they go on for long, patches come ever more
/// rarely: a day costs no more than some hundred of them.
public struct FrameEncoder {
  private let model: LoadedModel
  /// A frame that waits for its partner.
  private var pending: (image: Image, time: Double)?
  /// How much of the stream the last patch of two frames stood for, in seconds. A patch of one frame is taken to stand
  /// for as much.
  private var duration = 1.0
  private var still = StillFrameRun()
  /// Whether an image that is no part of the stream has come since the last patch.
  private var followsStill = false
  /// Chooses what the tower computes; nil computes everything.
  private var sparse: SparseEncoder?

  /// `model` must have a vision tower; `add` throws without one.
  public init(model: LoadedModel) {
    self.model = model
    if let tower = model.vision, tower.isSparseSupported, let precision = model.visionEncoding.precision {
      sparse = SparseEncoder(tower: tower, precision: precision)
    }
  }

  /// The share of the stream's places that were computed, and of its temporal patches those that were computed whole;
  /// nil where everything is computed, and before the first temporal patch.
  public var activeShare: (places: Double, densePatches: Int, patches: Int)? {
    guard let statistics = sparse?.statistics, statistics.patches > 0 else { return nil }
    return (statistics.activeShare, statistics.densePatches, statistics.patches)
  }

  /// Takes the next sampled frame.
  ///
  /// - Parameter time: stream time of the frame, in seconds.
  /// - Returns: the temporal patch to encode now; nil while a frame waits for its partner.
  /// - Throws: `ReportedError.visionMissing`, or `computation` for an image that the tower does not take.
  public mutating func add(_ image: Image, at time: Double) throws(ReportedError) -> TemporalPatchEncoding? {
    let tower = try tower()
    if tower.configuration.temporalPatchSize == 1 {
      return try encoding(image, image, from: time, to: time, allowingGap: true)
    }
    if let first = pending, first.image.width == image.width, first.image.height == image.height {
      pending = nil
      duration = max(0, time - first.time) * 2
      return try encoding(first.image, image, from: first.time, to: time, allowingGap: true)
    }
    let unpaired = try finish()
    pending = (image, time)
    return unpaired
  }

  /// Lets a frame that waits for its partner be a temporal patch of its own.
  ///
  /// - Returns: the patch to encode now; nil if no frame waits.
  /// - Throws: as `add`.
  public mutating func finish() throws(ReportedError) -> TemporalPatchEncoding? {
    guard let first = pending else { return nil }
    pending = nil
    return try encoding(first.image, first.image, from: first.time, to: first.time, allowingGap: false)
  }

  /// The frame that waits for its partner, as a temporal patch of its own. It goes on waiting: what is encoded later
  /// does not depend on this.
  ///
  /// - Returns: the patch to encode now, which is not given back to `keep`; nil if no frame waits, or if the last patch
  ///   is of its pixels alone.
  /// - Throws: as `add`.
  public func provisional() throws(ReportedError) -> TemporalPatchEncoding? {
    guard let first = pending, followsStill || !still.isOf(first.image) else { return nil }
    do {
      return try TemporalPatchEncoding(
        try tower(), first.image, first.image, from: first.time, to: first.time,
        duration: still.duration(to: first.time, ofPatch: duration),
        changedTokens: sparse?.changedTokens(in: first.image))
    } catch {
      throw ReportedError(error)
    }
  }

  /// Whether a frame waits for its partner.
  public var isWaiting: Bool { pending != nil }

  /// An image that is no part of the stream.
  ///
  /// - Parameter time: stream time at which it is shown, in seconds.
  /// - Throws: as `add`.
  public mutating func encoding(still image: Image, at time: Double) throws(ReportedError) -> TemporalPatchEncoding {
    followsStill = true
    do {
      return try TemporalPatchEncoding(
        try tower(), image, image, from: time, to: time, duration: duration, isStill: true)
    } catch {
      throw ReportedError(error)
    }
  }

  /// Takes back an encoding after its last step. The patch is used again while the same frames come.
  public mutating func keep(_ encoding: TemporalPatchEncoding) {
    let patch = encoding.patch
    guard !patch.isStill else { return }
    still.keep(patch)
    if let share = encoding.activeShare { sparse?.finish(activeShare: share) } else { sparse?.skip() }
  }

  /// - Parameter allowingGap: whether a patch may be left out where nothing has changed for long.
  private mutating func encoding(
    _ first: Image, _ second: Image, from start: Double, to end: Double, allowingGap: Bool
  ) throws(ReportedError) -> TemporalPatchEncoding? {
    guard let duration = still.add(first, second, to: end, duration: duration, allowingGap: allowingGap) else {
      sparse?.skip()
      return nil
    }
    followsStill = false
    if let patch = still.patch {
      return TemporalPatchEncoding(repeating: patch, from: start, to: end, duration: duration)
    }
    do {
      let active = sparse?.active(first, second)
      return try TemporalPatchEncoding(
        try tower(), first, second, from: start, to: end, duration: duration, cache: sparse?.cache, active: active,
        changedTokens: sparse?.changedTokens)
    } catch {
      throw ReportedError(error)
    }
  }

  private func tower() throws(ReportedError) -> VisionTower {
    if let tower = model.vision { return tower }
    throw .visionMissing(of: model)
  }
}

extension ReportedError {
  /// `visionMissing`, with the option that helps.
  package static func visionMissing(of model: LoadedModel) -> ReportedError {
    ReportedError(.visionMissing, "\(model.name) runs without a vision tower; name its mmproj file with --mmproj FILE")
  }
}
