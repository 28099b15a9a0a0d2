// SPDX-License-Identifier: Apache-2.0

import Plotting
import SessionInterface
import Testing

@Suite struct RetentionMapColumnsTests {
  @Test("While every patch has a column, the axis is even, and evicted patches keep their room")
  func even() {
    let map = RetentionMap.of([patch(2), patch(3), patch(6)], seen: 8)
    let axis = RetentionMapColumns(map, columns: 20)
    #expect(axis.isEven)
    let gap = { RetentionMapColumns.Column.evicted(patches: $0) }
    #expect(
      axis.columns == [
        gap(2), gap(2), gap(2), gap(2), .cached(0..<1), .cached(0..<1), .cached(1..<2), .cached(1..<2), gap(2), gap(2),
        gap(2), gap(2), .cached(2..<3), .cached(2..<3), gap(1), gap(1),
      ])
    #expect(RetentionMapColumns(map, columns: 20, widest: 1).columns.count == 8)
  }

  /// A day: a few old moments, one stretch an hour long, the last minute whole.
  private let day = RetentionMap.of(
    [7, 8, 400, 401, 402, 4000].map { patch($0) } + (86_340..<86_400).map { patch($0) }, seen: 86_400)

  @Test(
    "Every cached patch stands on the axis, in order, at every width", arguments: [1, 2, 3, 7, 20, 36, 80, 200, 900])
  func everyFrame(columns: Int) {
    let axis = RetentionMapColumns(day, columns: columns, widest: 3)
    #expect(axis.columns.count <= columns)
    #expect(!axis.isEven)
    var next = 0
    for case .cached(let range) in axis.columns {
      #expect(range.lowerBound <= next && range.upperBound >= next)
      next = range.upperBound
    }
    #expect(next == day.temporalPatches.count)
  }

  @Test("The longest evicted stretches are seen first, and longer ones are not drawn shorter")
  func longestFirst() {
    func widths(_ columns: Int) -> [Int: Int] {
      RetentionMapColumns(day, columns: columns).columns.reduce(into: [:]) { widths, column in
        if case .evicted(let patches) = column { widths[patches, default: 0] += 1 }
      }
    }
    #expect(Array(widths(4).keys) == [82_339])
    let roomy = widths(80)
    #expect(Set(roomy.keys) == [7, 391, 3597, 82_339])
    #expect(roomy[82_339]! >= roomy[3597]! && roomy[3597]! >= roomy[391]! && roomy[391]! >= roomy[7]!)
  }

  @Test("A column shows the mean share of its patches in the layers asked for; an evicted one has none")
  func shares() {
    let patches = [
      RetentionMap.PatchShares(number: 5, time: 5, shares: [1, 0.5, 0]),
      RetentionMap.PatchShares(number: 6, time: 6, shares: [0, 0.5, .nan]),
    ]
    let axis = RetentionMapColumns(.of(patches, seen: 7, layers: 3), columns: 2)
    #expect(axis.columns == [.cached(0..<1), .cached(1..<2)])
    #expect(axis.share(column: 0, layers: 0..<2) == 0.75)
    let narrow = RetentionMapColumns(.of(patches, seen: 7, layers: 3), columns: 1)
    #expect(narrow.columns == [.cached(0..<2)])
    #expect(narrow.share(column: 0, layers: 0..<1) == 0.5)
    #expect(narrow.share(column: 0, layers: 1..<2) == 0.5)
    #expect(narrow.share(column: 0, layers: 0..<3) == Float(2) / 6)
    #expect(RetentionMapColumns(.of([], seen: 7), columns: 3).share(column: 0, layers: 0..<1) == nil)
  }

  @Test("In each stretch the patch of which most is cached stands for it")
  func moments() {
    let thumbnail = flatImage(width: 2, height: 2, red: 9)
    let patches = (0..<12).map { patch($0, $0 == 4 || $0 == 9 ? 0.9 : 0.1, thumbnail: $0 == 9 ? nil : thumbnail) }
    let axis = RetentionMapColumns(.of(patches, seen: 12), columns: 12)
    #expect(axis.moments(stretches: 2).map { $0?.index } == [4, 11])
    #expect(axis.moments(stretches: 2).map { $0?.column } == [4, 11])
    #expect(axis.moments(stretches: 0).isEmpty)
    #expect(RetentionMapColumns(.of([], seen: 9), columns: 9).moments(stretches: 3) == [nil, nil, nil])
  }

  @Test("Times stand at their moments and never run into each other", arguments: [5, 8, 20, 36, 70, 200])
  func labels(columns: Int) {
    let axis = RetentionMapColumns(day, columns: columns)
    let labels = axis.labels(room: columns) { $0.count }
    for (label, next) in zip(labels, labels.dropFirst()) {
      #expect(label.column + label.text.count < next.column)
      #expect(label.mark >= label.column && label.mark < label.column + label.text.count)
    }
    if columns >= 8 {
      #expect(labels.last?.text == "23:59:59")
      #expect(labels.last.map { $0.column + $0.text.count } == axis.columns.count)
    }
    if columns >= 36 { #expect(labels.first?.text == "0:00") }
  }

  @Test("Maps that make no sense have an axis all the same")
  func nonsense() {
    let maps = [
      RetentionMap.of([], seen: 0), .of([], seen: .max), .of([], seen: -3),
      .of([patch(.max), patch(.min), patch(3)], seen: 1),
      .of([patch(9), patch(9), patch(2)], seen: -1), .of([patch(1, .nan), patch(2, -.infinity)], seen: .max),
      .of([patch(0)], seen: 1, layers: -4),
    ]
    for map in maps {
      for columns in [-1, 0, 1, 2, 3, 50] {
        let axis = RetentionMapColumns(map, columns: columns, widest: -5)
        #expect(axis.columns.count <= max(0, columns))
        _ = axis.labels(room: columns) { $0.count }
        _ = axis.moments(stretches: 4)
        for column in axis.columns.indices { _ = axis.share(column: column, layers: 0..<9) }
      }
    }
  }
}
