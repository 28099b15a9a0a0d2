// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct LayoutTests {
  private func areas(_ layout: ScreenLayout) -> [Rectangle] {
    [layout.header, layout.conversation, layout.input, layout.status, layout.help] + layout.horizontalRules
      + layout.verticalRules
      + [layout.image, layout.timeline, layout.cachePanel, layout.codingPane].compactMap { $0 }
  }

  private func overlap(_ a: Rectangle, _ b: Rectangle) -> Bool {
    !a.isEmpty && !b.isEmpty && a.column < b.endColumn && b.column < a.endColumn && a.row < b.endRow
      && b.row < a.endRow
  }

  @Test(
    "at every size nothing overlaps or leaves the screen",
    arguments: [
      nil, (16, 9), (9, 16), (1, 1), (1, 900), (900, 1),
    ] as [(Int, Int)?])
  func noOverlap(shape: (Int, Int)?) {
    for columns in stride(from: 60, through: 240, by: 7) {
      for rows in 20...70 {
        for (inputRows, hasCodingPane, isInFront) in [
          (1, false, false), (3, false, true), (2, true, false), (1, true, true),
        ] {
          let layout = ScreenLayout(
            size: ScreenSize(columns: columns, rows: rows), imageShape: shape.map { (width: $0.0, height: $0.1) },
            inputRows: inputRows, hasCodingPane: hasCodingPane, isCodingPaneInFront: isInFront)
          guard let layout else {
            Issue.record("no layout for \(columns)×\(rows)")
            continue
          }
          let all = areas(layout)
          let screen = Rectangle(column: 0, row: 0, columns: columns, rows: rows)
          let inside = all.allSatisfy {
            $0.column >= 0 && $0.row >= 0 && $0.endColumn <= screen.endColumn && $0.endRow <= screen.endRow
          }
          var clash = false
          for i in all.indices { for j in all.indices where j > i && overlap(all[i], all[j]) { clash = true } }
          if !inside || clash { Issue.record("\(columns)×\(rows) \(String(describing: shape)) \(layout)") }
        }
      }
    }
  }

  @Test("the conversation always has room", arguments: [(60, 20), (79, 60), (80, 24), (120, 40), (200, 50)])
  func roomForConversation(columns: Int, rows: Int) throws {
    for shape in [(16, 9), (9, 16), (1, 1)] {
      let layout = try #require(
        ScreenLayout(
          size: ScreenSize(columns: columns, rows: rows), imageShape: (width: shape.0, height: shape.1),
          inputRows: 3))
      #expect(layout.conversation.columns >= 30)
      #expect(layout.conversation.rows >= 8)
    }
  }

  @Test("a screen below 60×20 has no layout", arguments: [(59, 20), (60, 19), (1, 1), (0, 0), (500, 5)])
  func tooSmall(columns: Int, rows: Int) {
    #expect(ScreenLayout(size: ScreenSize(columns: columns, rows: rows), imageShape: nil) == nil)
  }

  @Test("high and narrow, the image stands above the conversation; else beside it")
  func stacking() throws {
    let narrow = try #require(
      ScreenLayout(size: ScreenSize(columns: 70, rows: 45), imageShape: (width: 16, height: 9)))
    #expect(try #require(narrow.image).endRow <= narrow.conversation.row)
    let wide = try #require(
      ScreenLayout(size: ScreenSize(columns: 100, rows: 30), imageShape: (width: 16, height: 9)))
    #expect(try #require(wide.image).endColumn < wide.conversation.column)
  }

  @Test("without a stream the conversation takes the whole width")
  func chat() throws {
    let layout = try #require(ScreenLayout(size: ScreenSize(columns: 100, rows: 30), imageShape: nil))
    #expect(layout.image == nil)
    #expect(layout.conversation.columns == 98)
  }

  @Test("the coding pane stands beside the conversation, and the image above it")
  func codingPaneBeside() throws {
    let layout = try #require(
      ScreenLayout(
        size: ScreenSize(columns: 130, rows: 36), imageShape: (width: 16, height: 9), hasCodingPane: true))
    let pane = try #require(layout.codingPane)
    #expect(pane.column > layout.conversation.endColumn && pane.columns >= 44)
    #expect(try #require(layout.image).endRow < layout.conversation.row)
  }

  @Test(
    "where there is no room beside the conversation, the coding pane is seen in its place or not at all",
    arguments: [
      (60, 20), (80, 24), (90, 28), (70, 45),
    ])
  func codingPaneInFront(columns: Int, rows: Int) throws {
    func layout(isInFront: Bool) throws -> ScreenLayout {
      try #require(
        ScreenLayout(
          size: ScreenSize(columns: columns, rows: rows), imageShape: (width: 16, height: 9), hasCodingPane: true,
          isCodingPaneInFront: isInFront))
    }
    #expect(try layout(isInFront: false).codingPane == nil)
    #expect(try layout(isInFront: false).conversation.rows >= 8)
    #expect(try #require(try layout(isInFront: true).codingPane).columns >= 58)
    #expect(try layout(isInFront: true).conversation.isEmpty)
  }
}
