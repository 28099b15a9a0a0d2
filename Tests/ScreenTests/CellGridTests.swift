// SPDX-License-Identifier: Apache-2.0

import Screen
import TestSupport
import Testing

@Suite struct CellGridTests {
  /// Every wide glyph has its right half behind it, and every right half its glyph before it.
  static func wideGlyphsAreWhole(_ grid: CellGrid) -> Bool {
    for row in 0..<grid.rows {
      var column = 0
      while column < grid.columns {
        switch grid[column, row].width {
        case 1: column += 1
        case 2:
          guard column + 1 < grid.columns, grid[column + 1, row].width == 0 else { return false }
          column += 2
        default: return false
        }
      }
    }
    return true
  }

  @Test("wide glyphs are never split, whatever is written over them")
  func neverSplit() {
    var grid = CellGrid(columns: 11, rows: 3)
    var random = SplitMix64(seed: 12_345)
    func next(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    let texts = ["漢字", "a", "x漢", "漢x字y", "👩\u{200D}👧", "e\u{301}", "  ", "🇩🇪"]
    for _ in 0..<2_000 {
      grid.write(texts[next(texts.count)], column: next(13) - 1, row: next(4), limit: next(6))
      #expect(CellGridTests.wideGlyphsAreWhole(grid))
    }
  }

  @Test("a wide glyph that does not fit is left out")
  func limit() {
    var grid = CellGrid(columns: 6, rows: 1)
    let end = grid.write("ab漢字", column: 0, row: 0, limit: 5)
    #expect(end == 4)
    #expect(grid.text == ["ab漢"])
    grid.write("漢", column: 5, row: 0)
    #expect(grid.text == ["ab漢"])
  }

  @Test("outside nothing happens")
  func outside() {
    var grid = CellGrid(columns: 3, rows: 2)
    grid.write("hello", column: 1, row: 5)
    grid.write("hello", column: 9, row: 0)
    grid.write("hello", column: 0, row: -1)
    grid.fill(Rectangle(column: 1, row: 1, columns: 50, rows: 50), "#")
    #expect(grid.text == ["", " ##"])
    var empty = CellGrid(columns: 0, rows: 0)
    empty.write("x", column: 0, row: 0)
    #expect(empty.text == [])
  }

  @Test("only cells that changed are shown again")
  func changedCells() {
    var backend = CountingBackend()
    var grid = CellGrid(columns: 5, rows: 2)
    backend.show(grid)
    #expect(backend.changedCells == 10)
    backend.show(grid)
    #expect(backend.changedCells == 0)
    grid.write("漢", column: 1, row: 1)
    backend.show(grid)
    #expect(backend.changedCells == 2)
    backend.forget()
    backend.show(grid)
    #expect(backend.changedCells == 10)
  }
}
