// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Images

/// A temporal patch as the vision tower encoded it. Encoded once, it can be read into any number of dialogues.
public struct TemporalPatch: Sendable {
  /// A row for each vision token.
  package let embeddings: VisionTokenEmbeddings
  /// One temporal patch of merged tokens, `[1][rows][columns]`.
  package let grid: GridTHW
  /// Its first frame, made small.
  package let thumbnail: Image
  /// Stream time of the middle of its frames, in seconds.
  public private(set) var time: Double
  /// Stream time of its last frame, in seconds.
  public private(set) var end: Double
  /// How much of the stream it stands for, in seconds.
  package private(set) var duration: Double
  /// The tokens that have changed since the temporal patch before, ascending; nil where all may have.
  package private(set) var changedTokens: [Int32]?
  /// Whether it is an image of its own and no part of the stream; the model is then told no time.
  package let isStill: Bool

  /// The same patch at a later time of the stream.
  func moved(by seconds: Double) -> TemporalPatch {
    var patch = self
    patch.time += seconds
    patch.end += seconds
    return patch
  }

  /// The same patch for frames at other times.
  fileprivate func moved(from start: Double, to end: Double, duration: Double) -> TemporalPatch {
    var patch = self
    (patch.time, patch.end, patch.duration) = ((start + end) / 2, end, duration)
    patch.changedTokens = []
    return patch
  }
}

/// A temporal patch on its way through the vision tower.
public struct TemporalPatchEncoding {
  private enum Work {
    case pass(VisionPass)
    /// The patch was encoded before, at another time.
    case encoded(TemporalPatch)
  }

  private var work: Work
  private let grid: GridTHW
  private let thumbnail: Image
  private let start, end: Double
  private let duration: Double
  private let changedTokens: [Int32]?
  private let isStill: Bool

  /// - Parameters:
  ///   - cache: what the tower keeps of the stream; nil keeps nothing.
  ///   - active: whether each place is computed; see `VisionTower.begin`.
  ///   - changedTokens: the places that have changed; nil where all may have.
  ///   - isStill: whether the images are one that is no part of the stream.
  /// - Throws: `ModelError.unsuitableImage` for images that the tower does not take.
  init(
    _ tower: VisionTower, _ first: Image, _ second: Image, from start: Double, to end: Double, duration: Double,
    cache: VisionCache? = nil, active: [Bool]? = nil, changedTokens: [Int32]? = nil, isStill: Bool = false
  ) throws(ModelError) {
    work = .pass(try tower.begin(first, second, cache: cache, active: active))
    let size = tower.configuration.tokenGrid(width: first.width, height: first.height)
    grid = GridTHW(temporalPatches: 1, height: size.rows, width: size.columns)
    thumbnail = first.thumbnail
    self.start = start
    self.end = end
    self.duration = duration
    self.isStill = isStill
    self.changedTokens = changedTokens
  }

  /// Takes a patch that is encoded already for frames of the same pixels.
  init(repeating patch: TemporalPatch, from start: Double, to end: Double, duration: Double) {
    work = .encoded(patch.moved(from: start, to: end, duration: duration))
    grid = patch.grid
    thumbnail = patch.thumbnail
    self.start = start
    self.end = end
    self.duration = duration
    isStill = patch.isStill
    changedTokens = []
  }

  /// Does one step of the vision tower; see `VisionPass`.
  ///
  /// - Returns: whether there is another.
  /// - Throws: as `VisionPass.step`.
  public mutating func step() throws(ModelError) -> Bool {
    guard case .pass(var pass) = work else { return false }
    defer { work = .pass(pass) }
    return try pass.step()
  }

  /// The share of the image's places that the tower computes; nil for a patch that was encoded before.
  var activeShare: Double? {
    if case .pass(let pass) = work { pass.activeShare } else { nil }
  }

  /// The encoded patch.
  ///
  /// The embeddings' memory is used again by the tower for the next patch, unless somebody keeps this one.
  ///
  /// - Precondition: there are no more steps, and the tower has begun no other patch since.
  public var patch: TemporalPatch {
    switch work {
    case .encoded(let patch): return patch
    case .pass(let pass): return patch(of: pass)
    }
  }

  private func patch(of pass: VisionPass) -> TemporalPatch {
    TemporalPatch(
      embeddings: pass.embeddings, grid: grid, thumbnail: thumbnail, time: (start + end) / 2, end: end,
      duration: duration, changedTokens: changedTokens, isStill: isStill)
  }
}
