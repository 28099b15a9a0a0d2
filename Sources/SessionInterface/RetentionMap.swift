// SPDX-License-Identifier: Apache-2.0

import Images

/// The cached part of a stream: for each temporal patch and layer, the share of the patch's tokens in the KV cache.
public struct RetentionMap: Sendable, Equatable {
  /// A temporal patch of which some token is cached in some layer.
  public struct PatchShares: Sendable, Equatable {
    /// Its number in the order in which patches were seen, from 0.
    public var number: Int
    /// Its stream time, in seconds. Times go back where somebody went back in the stream.
    public var time: Double
    /// For each layer the share of the patch's tokens that is cached, as the mean over its KV heads: 0 to 1.
    public var shares: [Float]
    /// Its first frame as a small image.
    public var thumbnail: Image?

    /// Memberwise; `shares` has one value for each layer.
    public init(number: Int, time: Double, shares: [Float], thumbnail: Image? = nil) {
      self.number = number
      self.time = time
      self.shares = shares
      self.thumbnail = thumbnail
    }
  }

  /// Decoder layers.
  public var layers: Int
  /// Temporal patches seen so far, cached or evicted.
  public var temporalPatchesSeen: Int
  /// Stream time of the first patch that was ever seen, in seconds.
  public var startTime: Double
  /// The patches of which something is cached, by rising number.
  public var temporalPatches: [PatchShares]

  /// Memberwise; checks nothing.
  public init(layers: Int, temporalPatchesSeen: Int, startTime: Double, temporalPatches: [PatchShares]) {
    self.layers = layers
    self.temporalPatchesSeen = temporalPatchesSeen
    self.startTime = startTime
    self.temporalPatches = temporalPatches
  }
}
