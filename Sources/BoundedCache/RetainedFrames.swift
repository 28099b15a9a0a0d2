// SPDX-License-Identifier: Apache-2.0

/// What is held of one frame of the stream.
public struct RetainedTemporalPatch: Sendable, Hashable {
  /// The frame's number in the stream, from 0: every frame that was ever appended counts.
  public var streamIndex: Int
  /// Tokens held in each layer, its heads taken together.
  public var tokens: [Int]

  public init(streamIndex: Int, tokens: [Int]) {
    self.streamIndex = streamIndex
    self.tokens = tokens
  }
}

extension KeyValueCache {
  /// Frames appended since the start or the last `removeAll`, held or not.
  public var temporalPatchesAppended: Int { origins.temporalPatchesAppended }

  /// Tokens of one whole frame in one layer, its heads taken together; 0 before the first frame.
  public var tokensPerTemporalPatchAndLayer: Int { origins.tokensPerTemporalPatch * shape.keyValueHeads }

  /// The frames of which any head of any layer still holds a token, in stream order.
  ///
  /// Looks at every vision token of every head once: for a screen a few times a second, not for a loop over tokens.
  public func retainedTemporalPatches() -> [RetainedTemporalPatch] {
    let layers = shape.layers
    var tokens = [Int](repeating: 0, count: origins.streamIndices.count * layers)
    for (index, head) in origins.heads.enumerated() {
      let layer = index / shape.keyValueHeads
      for frame in head.frames { tokens[Int(frame) * layers + layer] += 1 }
    }
    return origins.streamIndices.enumerated().compactMap { frame, number in
      let held = tokens[frame * layers..<(frame + 1) * layers]
      return held.contains { $0 > 0 } ? RetainedTemporalPatch(streamIndex: number, tokens: Array(held)) : nil
    }
  }
}
