// SPDX-License-Identifier: Apache-2.0

import Records
import SessionInterface

/// The temporal patches of a stream on an axis of columns, from the first one to now.
///
/// While every patch seen has a column of its own, the axis is even. Later, patches of which something is cached keep
/// their room, and evicted stretches shrink: the longest become a few columns each, by the logarithm of their length,
/// and shorter ones are left out. On an axis in even time everything that an endless stream leaves in the cache would
/// be a hair's breadth wide; on one by the logarithm of age its past would be.
package struct RetentionMapColumns: Equatable, Sendable {
  /// The content of one column of the axis.
  package enum Column: Equatable, Sendable {
    /// Patches side by side in the map's list, by their indices.
    case cached(Range<Int>)
    /// Part of a stretch of which nothing is cached, with the number of its patches.
    case evicted(patches: Int)
  }

  /// The map that the axis was laid out for.
  package let map: RetentionMap
  /// True while no stretch is shortened.
  package private(set) var isEven = false
  /// From the oldest to the newest.
  package private(set) var columns: [Column] = []

  /// - Parameters:
  ///   - count: the most columns.
  ///   - widest: the most columns that one cached patch takes.
  package init(_ map: RetentionMap, columns count: Int, widest: Int = .max) {
    self.map = map
    guard count > 0, map.temporalPatchesSeen > 0 || !map.temporalPatches.isEmpty else { return }
    let gaps = RetentionMapColumns.gaps(map)
    let cached = map.temporalPatches.count
    let seen = gaps.reduce(Double(cached)) { $0 + Double($1) }
    var widest = min(max(1, widest), count)
    // Where cached patches crowd, short gaps between them would tell nothing.
    var room = max(count / 4, min((count - 1) / 2, count - cached), count - cached * widest)
    var limits = gaps.map { min($0, RetentionMapColumns.logarithmicWidth($0)) }
    if seen <= Double(count) {
      widest = min(widest, count / Int(seen))
      room = count
      limits = gaps.map { $0 * widest }
      isEven = true
    }
    let widths = apportion(room, weights: limits.map(Double.init), limits: limits)
    let used = widths.reduce(0, +)

    // Cached patches between two stretches that are shown share columns.
    var segments: [Range<Int>] = []
    var start = 0
    for index in 0...cached where index == cached || (index > 0 && widths[index] > 0) {
      if index > start { segments.append(start..<index) }
      start = index
    }
    let segmentWidths = apportion(
      count - used, weights: segments.map { Double($0.count) },
      limits: segments.map { $0.count * widest }, least: 1)
    for (segment, width) in zip(segments, segmentWidths) {
      columns += repeatElement(.evicted(patches: gaps[segment.lowerBound]), count: widths[segment.lowerBound])
      for column in 0..<width {
        let first = segment.lowerBound + column * segment.count / width
        let end = segment.lowerBound + (column + 1) * segment.count / width
        columns.append(.cached(first..<max(first + 1, end)))
      }
    }
    columns += repeatElement(.evicted(patches: gaps[cached]), count: widths[cached])
  }

  /// 2 for one patch or none, one more for each doubling.
  private static func logarithmicWidth(_ patches: Int) -> Int { 1 + Int.bitWidth - max(1, patches).leadingZeroBitCount }

  /// Patches evicted before each cached one, and after the last.
  private static func gaps(_ map: RetentionMap) -> [Int] {
    var next = 0
    var gaps: [Int] = []
    for patch in map.temporalPatches {
      gaps.append(max(0, patch.number &- next))
      next = patch.number &+ 1
    }
    return gaps + [max(0, map.temporalPatchesSeen &- next)]
  }

  // MARK: What the columns show

  /// The mean share of a column's patches that is cached in some layers; nil for an evicted stretch.
  package func share(column: Int, layers: Range<Int>) -> Float? {
    guard case .cached(let range) = columns[column] else { return nil }
    var sum: Float = 0
    for patch in map.temporalPatches[range] {
      for layer in layers where layer < patch.shares.count { sum += patch.shares[layer].asShare }
    }
    return sum / Float(max(1, range.count * layers.count))
  }

  /// A patch that stands for a stretch of the axis.
  package struct Moment: Equatable, Sendable {
    /// Its index in the map's list.
    package var index: Int
    /// The column over which it stands.
    package var column: Int
  }

  /// For each of a number of equal stretches of the axis, the patch of which most is cached, of equal ones the newest;
  /// nil where no patch with a thumbnail has its middle there.
  package func moments(stretches: Int) -> [Moment?] {
    guard stretches > 0, !columns.isEmpty else { return [] }
    var spans: [Int: (first: Int, last: Int)] = [:]
    for (index, column) in columns.enumerated() {
      guard case .cached(let range) = column else { continue }
      for patch in range { spans[patch] = (spans[patch]?.first ?? index, index) }
    }
    var best: [(moment: Moment, cached: Float)?] = Array(repeating: nil, count: stretches)
    for (patch, entry) in map.temporalPatches.enumerated() where entry.thumbnail != nil {
      guard let (first, last) = spans[patch] else { continue }
      let column = (first + last) / 2
      let stretch = column * stretches / columns.count
      let cached = entry.shares.reduce(0) { $0 + $1.asShare }
      if cached >= best[stretch]?.cached ?? 0 { best[stretch] = (Moment(index: patch, column: column), cached) }
    }
    return best.map { $0?.moment }
  }

  // MARK: Times

  /// A stream time at a column.
  package struct Label: Equatable, Sendable {
    /// Where the text begins.
    package var column: Int
    /// The column that it tells the time of.
    package var mark: Int
    /// The stream time as `clock` writes it.
    package var text: String
  }

  /// As many times as fit beside each other: the newest, the first, the oldest cached, those after the longest
  /// evicted stretches, and some between.
  ///
  /// - Parameters:
  ///   - room: the columns that labels may reach over, no fewer than the axis has.
  ///   - width: the columns that a text takes.
  package func labels(room: Int, width: (String) -> Int) -> [Label] {
    let cached = columns.indices.filter { if case .cached = columns[$0] { true } else { false } }
    guard let first = cached.first, let last = cached.last else { return [] }
    var labels: [Label] = []
    func place(_ mark: Int, _ time: Double) {
      let text = clock(time)
      let columns = width(text)
      // The newest time ends at the end of the axis.
      let column = min(mark == last ? max(0, mark + 1 - columns) : mark, room - columns)
      // A label that had to move away from its mark would lie.
      guard column >= 0, column <= mark, mark < column + columns else { return }
      let isFree = labels.allSatisfy {
        column + columns + 1 < $0.column || $0.column + width($0.text) + 1 < column
      }
      if isFree, !labels.contains(where: { $0.text == text }) {
        labels.append(Label(column: column, mark: mark, text: text))
      }
    }
    if let newest = map.temporalPatches.last { place(last, newest.time) }
    if first > 0 { place(0, map.startTime) }
    place(first, time(ofFirstIn: first))
    let afterGaps = cached.map { (mark: $0, patches: evicted(before: $0)) }.filter { $0.patches > 0 }
    for (mark, _) in afterGaps.sorted(by: { ($0.patches, $1.mark) > ($1.patches, $0.mark) }) {
      place(mark, time(ofFirstIn: mark))
    }
    for mark in cached { place(mark, time(ofFirstIn: mark)) }
    return labels.sorted { $0.column < $1.column }
  }

  private func evicted(before column: Int) -> Int {
    guard column > 0 else { return 0 }
    return if case .evicted(let patches) = columns[column - 1] { patches } else { 0 }
  }

  private func time(ofFirstIn column: Int) -> Double {
    guard case .cached(let range) = columns[column] else { return .nan }
    return map.temporalPatches[range.lowerBound].time
  }
}

extension Float {
  /// Between 0 and 1; what is no number is nothing.
  var asShare: Float { isNaN ? 0 : Swift.min(1, Swift.max(0, self)) }
}

/// Shares out a number of columns by weight (Sainte-Laguë: one after another, to the largest quotient of weight and
/// twice what it has plus one), none more than its limit, and each `least` first. Columns beyond all limits are left
/// over.
func apportion(_ count: Int, weights: [Double], limits: [Int], least: Int = 0) -> [Int] {
  var given = limits.map { min($0, least) }
  var left = count - given.reduce(0, +)
  while left > 0 {
    var best: Int?
    var most = 0.0
    for index in weights.indices where given[index] < limits[index] {
      let claim = weights[index] / Double(2 * given[index] + 1)
      if claim > most { (best, most) = (index, claim) }
    }
    guard let best else { break }
    given[best] += 1
    left -= 1
  }
  return given
}
