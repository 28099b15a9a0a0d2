// SPDX-License-Identifier: Apache-2.0

import Architectures
import Images

/// Decides which places of a stream's next temporal patch go through the vision tower, and keeps what the tower made of
/// the others.
///
/// All places do at the beginning, for frames of another size, where many have changed (a cut, a moved camera), and
/// once when everything has come to rest: unchanged places look at changed ones, and still have in them what has gone.
/// (Without that the embedded model answers 3.6 points worse.) Besides, some places are computed in turn although they
/// have not changed, so that each is new after `refreshInterval` patches. How far their embeddings have moved by then
/// is the drift; where it is too large, all places are computed.
struct SparseEncoder {
  /// What became of the patches so far.
  struct Statistics: Sendable, Equatable {
    /// Temporal patches encoded.
    var patches = 0
    /// Those of which all places were computed.
    var densePatches = 0
    /// Places computed, of `places`.
    var activePlaces = 0
    var places = 0
    /// ‖new − kept‖ / ‖new‖ of the places computed in turn, the last patches weighing most.
    var drift = 0.0

    /// The share of places that were computed; 1 before the first.
    var activeShare: Double { places > 0 ? Double(activePlaces) / Double(places) : 1 }
  }

  let cache: VisionCache
  private(set) var statistics = Statistics()
  /// The places of the patch under way that have changed, ascending; nil where all may have.
  private(set) var changedTokens: [Int32]?
  /// For each frame of a temporal patch, what it is compared with.
  private var maps: [ChangeMap]
  /// The place that is computed in turn next.
  private var turn = 0
  /// The places of the patch under way that have not changed and are computed in turn.
  private var sample: [Int] = []
  private var before: [[Float]] = []
  private var isRefreshDue = false
  /// Places that have changed since all were computed, each as often as it has.
  private var changesSinceDense = 0

  /// Each place is computed at least once in this many temporal patches.
  static let refreshInterval = 64
  /// Beyond this share of active places all are computed.
  static let denseShare = 0.5
  /// A rest after fewer changes than this share of the image is no reason to compute all places: single changes may be
  /// noise.
  static let restShare = 0.25
  /// Beyond this drift all places are computed.
  static let driftLimit = 0.3

  /// - Parameter tower: supports sparse passes.
  init(tower: VisionTower, precision: VisionCache.Precision) {
    cache = VisionCache(precision: precision)
    let side = tower.configuration.patchSize * tower.configuration.spatialMergeSize
    maps = Array(repeating: ChangeMap(cellSide: side), count: tower.configuration.temporalPatchSize)
  }

  /// Whether each place of a temporal patch is to be computed, row by row; nil for all.
  mutating func active(_ first: Image, _ second: Image) -> [Bool]? {
    var active: [Bool]? = []
    for (index, frame) in [first, second].prefix(maps.count).enumerated() {
      guard let changed = maps[index].changes(in: frame) else {
        active = nil
        continue
      }
      active = active.map { $0.isEmpty ? changed : zip($0, changed).map { $0 || $1 } }
    }
    (sample, before, changedTokens) = ([], [], nil)
    let changedCount = active?.count(where: \.self) ?? 0
    guard var active, !isRefreshDue, cache.isFilled,
      Double(changedCount) <= Double(active.count) * Self.denseShare,
      changedCount > 0 || Double(changesSinceDense) < Double(active.count) * Self.restShare
    else {
      isRefreshDue = false
      changesSinceDense = 0
      for index in maps.indices { maps[index].accept() }
      return nil
    }
    changesSinceDense += changedCount
    changedTokens = active.indices.filter { active[$0] }.map { Int32($0) }
    for _ in 0..<(active.count + Self.refreshInterval - 1) / Self.refreshInterval {
      turn = (turn + 1) % active.count
      guard !active[turn] else { continue }
      sample.append(turn)
      active[turn] = true
    }
    before = sample.map { cache.embedding(ofToken: $0) }
    for index in maps.indices { maps[index].accept(active) }
    return active
  }

  /// The places of a frame, taken twice as a temporal patch, that have changed, ascending; nil where all may have.
  func changedTokens(in frame: Image) -> [Int32]? {
    guard cache.isFilled, !isRefreshDue else { return nil }
    var active: [Bool]?
    for var map in maps {
      guard let changed = map.changes(in: frame) else { return nil }
      active = active.map { zip($0, changed).map { $0 || $1 } } ?? changed
    }
    return active.map { active in active.indices.filter { active[$0] }.map { Int32($0) } }
  }

  /// Takes note of an encoded temporal patch.
  ///
  /// - Parameter activeShare: the share of places that were computed.
  mutating func finish(activeShare: Double) {
    let places = cache.embeddings.rows
    statistics.patches += 1
    statistics.places += places
    statistics.activePlaces += Int((activeShare * Double(places)).rounded())
    if activeShare == 1 { statistics.densePatches += 1 }
    guard !sample.isEmpty else { return }
    let drifts = zip(sample, before).map { token, old in
      Self.relativeDifference(cache.embedding(ofToken: token), old)
    }
    let mean = drifts.reduce(0, +) / Double(drifts.count)
    statistics.drift += (mean - statistics.drift) * 0.2
    guard statistics.drift > Self.driftLimit else { return }
    isRefreshDue = true
    statistics.drift = 0
  }

  /// Takes note of a temporal patch of which nothing was computed, because it shows the same pixels as the one before.
  mutating func skip() {
    statistics.patches += 1
    statistics.places += cache.embeddings.rows
  }

  private static func relativeDifference(_ new: [Float], _ old: [Float]) -> Double {
    let error = zip(new, old).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    let size = new.reduce(0) { $0 + Double($1) * Double($1) }
    return size > 0 ? (error / size).squareRoot() : 0
  }
}
