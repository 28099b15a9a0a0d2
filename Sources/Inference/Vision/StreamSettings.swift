// SPDX-License-Identifier: Apache-2.0

import Images
import Records
import Video

/// How a stream is sampled and watched; what is nil comes from the model, or is as usual.
public struct StreamSettings: Sendable, Equatable {
  /// Frames sampled from a second of stream.
  public var framesPerSecond: Double?
  /// Whether frames are looked at more rarely while nothing changes; see `FrameGate`.
  public var isRateAdaptive = false
  /// The share of the time in which frames of a live source or of a file at its own speed are computed, from 0 to 1;
  /// more frames are left out. nil computes as many as the machine can.
  public var computeShare: Double?
  /// The largest area of a frame, in pixels.
  public var maximumPixels: Int?
  /// nil plays a file at its own speed on a screen and as fast as possible without one.
  public var pace: VideoStreamOptions.Pace?
  /// For how long a live source that broke off is tried again; nil tries it until it is back.
  public var reconnection: VideoStreamOptions.Reconnection.Limit?
  /// Seconds after which a live source that sends nothing counts as lost.
  public var signalTimeout: Double?

  /// Without arguments the model decides everything.
  public init(
    framesPerSecond: Double? = nil, maximumPixels: Int? = nil, pace: VideoStreamOptions.Pace? = nil,
    reconnection: VideoStreamOptions.Reconnection.Limit? = nil, signalTimeout: Double? = nil
  ) {
    self.framesPerSecond = framesPerSecond
    self.maximumPixels = maximumPixels
    self.pace = pace
    self.reconnection = reconnection
    self.signalTimeout = signalTimeout
  }

  /// Chooses the frames that are looked at; nil where all are.
  package func gate(for model: LoadedModel) -> FrameGate? {
    guard isRateAdaptive, let tower = model.vision?.configuration else { return nil }
    return FrameGate(cellSide: max(tower.patchSize * tower.spatialMergeSize, 8))
  }

  /// Seconds between two sampled frames.
  package func period(for model: LoadedModel) -> Double {
    1 / (framesPerSecond ?? model.preferences.framesPerSecond)
  }

  /// The settings as the video layer takes them.
  ///
  /// - Throws: `ReportedError.requestMalformed` for a rate or a size that no model can use.
  public func options(for model: LoadedModel, isHeadless: Bool) throws(ReportedError) -> VideoStreamOptions {
    let rate = framesPerSecond ?? model.preferences.framesPerSecond
    guard rate > 0 && rate <= 240 else {
      throw .requestMalformed(
        message: "the sampling rate must be above 0 and at most 240 frames a second, not \(rate)")
    }
    let pace = pace ?? (isHeadless ? .fast : .realtime)
    var options = VideoStreamOptions(
      framesPerSecond: rate, sizing: try sizing(for: model), pace: pace,
      queue: pace == .realtime ? .dropOldest : .automatic, previewSize: isHeadless ? nil : Self.previewSize,
      reconnection: VideoStreamOptions.Reconnection(limit: reconnection ?? .always))
    if let signalTimeout { options.timeout = signalTimeout }
    return options
  }

  /// How large the model wants frames and images.
  ///
  /// - Throws: `ReportedError.requestMalformed` for a size that no model can use.
  package func sizing(for model: LoadedModel) throws(ReportedError) -> FrameSizing {
    // A tower that reads one size alone leaves nothing to choose.
    if let side = model.vision?.configuration.fixedImageSide {
      return FrameSizing(
        minimumPixels: side * side, maximumPixels: side * side, multiple: side,
        exact: ImageSize(width: side, height: side))
    }
    let maximum = maximumPixels ?? model.preferences.maximumPixels
    let side = model.vision?.configuration.sideMultiple ?? LoadedModel.usualSide
    guard maximum >= side * side && maximum <= 16384 * side * side else {
      throw .requestMalformed(
        message: "max-pixels must be between \(side * side) (one vision token of \(side)×\(side) pixels) "
          + "and \(16384 * side * side), not \(maximum)")
    }
    // A frame is resized as the model's processor does it, unless fewer pixels are wanted.
    if let overview = model.vision?.configuration.overviewSide, overview * overview <= maximum {
      return FrameSizing(minimumPixels: 0, maximumPixels: maximum, multiple: side, overviewSide: overview)
    }
    return FrameSizing(
      minimumPixels: min(model.preferences.minimumPixels, maximum), maximumPixels: maximum, multiple: side)
  }

  /// Previews for a terminal: its cells can show no more pixels.
  private static let previewSize = ImageSize(width: 320, height: 240)
}
