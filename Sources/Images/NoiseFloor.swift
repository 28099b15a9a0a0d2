// SPDX-License-Identifier: Apache-2.0

/// How much frames of one camera differ where nothing changes: sensor noise, compression, flicker.
///
/// Learned from frames that follow each other. In most of them most blocks stand still, so a frame's median over its
/// blocks is the noise. The floor is the 90th percentile of the last frames' medians, so that a key frame that pulses
/// now and then is noise as well. Frames in which most changed, by a cut or a moved camera, teach nothing.
struct NoiseFloor: Equatable {
  /// Of a block's mean luma, its mean chroma, and the mean absolute difference of its pixels' luma, in levels.
  private(set) var luma: Float = 0
  private(set) var chroma: Float = 0
  private(set) var texture: Float = 0
  private var recent: [Sample] = []

  private struct Sample: Equatable {
    var luma, chroma, texture: Float
  }

  private static let window = 32
  private static let percentile = 0.9

  // MARK: Thresholds, in levels

  /// Differences beyond these are changes. A median of a normal distribution's magnitudes is 0.67 of its deviation, so
  /// that six of them are four deviations. The bounds keep a change of two levels from being lost without noise, and a
  /// noisy camera from going blind.
  var lumaThreshold: Float { min(max(6 * luma, 2), 12) }
  /// As `lumaThreshold`.
  var chromaThreshold: Float { min(max(6 * chroma, 2), 12) }
  /// The mean of many magnitudes hardly varies: twice the floor is far from it.
  var textureThreshold: Float { min(2 * texture + 3, 40) }

  /// Takes the differences of two frames that follow each other, a value for each block.
  mutating func add(luma: [Float], chroma: [Float], texture: [Float]) {
    let sample = Sample(luma: Self.median(luma), chroma: Self.median(chroma), texture: Self.median(texture))
    // Until something is known, a first frame with little noise is believed.
    let isPlausible =
      sample.luma <= max(lumaThreshold, 4) && sample.chroma <= max(chromaThreshold, 4)
      && sample.texture <= max(textureThreshold, 15)
    guard isPlausible else { return }
    recent.append(sample)
    if recent.count > Self.window { recent.removeFirst() }
    self.luma = percentile(\.luma)
    self.chroma = percentile(\.chroma)
    self.texture = percentile(\.texture)
  }

  private func percentile(_ value: KeyPath<Sample, Float>) -> Float {
    let sorted = recent.map { $0[keyPath: value] }.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * Self.percentile))]
  }

  private static func median(_ values: [Float]) -> Float {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }
}
