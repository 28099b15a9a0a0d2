// SPDX-License-Identifier: Apache-2.0

import Images

/// What the memory has kept of a stream and what it has forgotten: for each frame and layer, the share of the frame's
/// tokens that is still held.
public struct RetentionMap: Sendable, Equatable {
  /// A frame (a temporal patch of the stream) of which some token is held in some layer.
  public struct TemporalPatch: Sendable, Equatable {
    /// Its number in the order in which frames were seen, from 0.
    public var number: Int
    /// Its stream time, in seconds. Times go back where somebody went back in the stream.
    public var time: Double
    /// For each layer the share of the frame's tokens that is held, its heads taken together: 0 to 1.
    public var shares: [Float]
    /// The frame as a small picture.
    public var thumbnail: Image?

    public init(number: Int, time: Double, shares: [Float], thumbnail: Image? = nil) {
      self.number = number
      self.time = time
      self.shares = shares
      self.thumbnail = thumbnail
    }
  }

  /// Decoder layers.
  public var layers: Int
  /// Frames seen so far, held or not.
  public var temporalPatchesSeen: Int
  /// Stream time of the first frame that was ever seen, in seconds.
  public var startTime: Double
  /// The frames of which something is held, by rising number.
  public var temporalPatches: [TemporalPatch]

  public init(layers: Int, temporalPatchesSeen: Int, startTime: Double, temporalPatches: [TemporalPatch]) {
    self.layers = layers
    self.temporalPatchesSeen = temporalPatchesSeen
    self.startTime = startTime
    self.temporalPatches = temporalPatches
  }
}
