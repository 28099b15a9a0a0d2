// SPDX-License-Identifier: Apache-2.0

import Images
import Plotting
import Screen
import SessionInterface
import Testing

@Suite struct RetentionViewTests {
  private func screen(
    _ columns: Int, _ rows: Int, depth: ColorDepth = .none, unicode: Bool = true, map: RetentionMap? = .day
  ) -> TestScreen {
    var screen = TestScreen(columns, rows, depth: depth, unicode: unicode)
    screen.tell(.ready(.clip), .preview(barImage(width: 32, height: 18), time: 12), .statistics(.midway))
    screen.press(.control("r"))
    if let map { screen.tell(.retention(map)) }
    return screen
  }

  @Test("Ctrl-R and /cache show the KV cache and the video in turns, and the session is told")
  func toggle() {
    var screen = TestScreen()
    screen.tell(.ready(.clip))
    #expect(screen.press(.control("r")) == [.send(.showRetention(true))])
    #expect(screen.text.contains("Retained tokens"))
    #expect(screen.rows.last?.contains("Ctrl-R video") == true)
    #expect(screen.enter("/cache") == [.send(.showRetention(false))])
    #expect(!screen.text.contains("Retained tokens"))
    #expect(screen.rows.last?.contains("Ctrl-R KV cache") == true)
  }

  @Test("Ctrl-R leaves the line being typed alone")
  func typing() {
    var screen = TestScreen()
    screen.tell(.ready(.clip))
    screen.type("what")
    screen.press(.control("r"))
    #expect(screen.state.editor.text == "what")
    #expect(screen.state.showsRetention)
  }

  @Test("Without a stream there is nothing to show", arguments: [true, false])
  func noStream(byKey: Bool) {
    var screen = TestScreen()
    screen.tell(.ready(.chat))
    #expect((byKey ? screen.press(.control("r")) : screen.enter("/cache")) == [])
    #expect(!screen.state.showsRetention)
    #expect(screen.text.contains("there is no stream"))
  }

  @Test("The whole screen", arguments: RetentionScreens.all)
  func golden(expected: GoldenScreens.Screen) {
    let screen = screen(expected.columns, expected.rows, unicode: expected.unicode)
    #expect(screen.text == expected.text, "drawn:\n\(screen.text)")
  }

  @Test("Until there is a map, and before anything is seen, the view says so")
  func empty() {
    #expect(screen(80, 24, map: nil).text.contains("nothing seen yet"))
    let none = RetentionMap(layers: 4, temporalPatchesSeen: 0, startTime: 0, temporalPatches: [])
    #expect(screen(80, 24, map: none).text.contains("nothing seen yet"))
    let evicted = RetentionMap(layers: 4, temporalPatchesSeen: 9, startTime: 0, temporalPatches: [])
    #expect(screen(80, 24, map: evicted).text.contains("none of 9 temporal patches cached"))
  }

  @Test("A new map takes the place of the old one")
  func replaced() {
    var screen = screen(120, 40)
    #expect(screen.text.contains("19 of 86 400 temporal patches still cached in part; oldest 0:03"))
    var map = RetentionMap.day
    map.temporalPatches.removeFirst(3)
    map.temporalPatchesSeen += 1
    screen.tell(.retention(map))
    #expect(screen.text.contains("16 of 86 401 temporal patches still cached in part; oldest 10:00"))
  }

  @Test("On a large screen the image stays, above the retention map")
  func beside() throws {
    for (columns, rows) in [(120, 40), (160, 50), (240, 70)] {
      let layout = try #require(ScreenLayout(screen(columns, rows).state))
      let retention = try #require(layout.retention)
      let image = try #require(layout.image)
      #expect(image.endRow <= retention.row)
      #expect(layout.cachePanel == nil && layout.status.rows == 2)
    }
    #expect(try #require(ScreenLayout(screen(80, 24).state)).image == nil)
  }

  @Test("At every size, with every kind of terminal, the view stays in its place")
  func everySize() {
    for depth in [ColorDepth.none, .basic8, .basic16, .palette256, .trueColor] {
      for unicode in [true, false] {
        var screen = screen(120, 40, depth: depth, unicode: unicode)
        for columns in [1, 59, 60, 61, 79, 80, 99, 100, 133, 250] {
          for rows in [1, 20, 21, 23, 24, 31, 60] {
            screen.send(.resized(ScreenSize(columns: columns, rows: rows)))
            let grid = screen.grid
            #expect(CellGridTests.wideGlyphsAreWhole(grid))
            guard let layout = ScreenLayout(screen.state), let rule = layout.verticalRules.first else { continue }
            #expect((rule.row..<rule.endRow).allSatisfy { grid[rule.column, $0].text == (unicode ? "│" : "|") })
          }
        }
      }
    }
  }

  @Test("Any number of layers is drawn, each row the mean of its layers", arguments: [1, 2, 6, 28, 64, 300])
  func layers(count: Int) {
    let frames = (0..<12).map { number in
      RetentionMap.PatchShares(
        number: number, time: Double(number), shares: (0..<count).map { $0 < count / 2 ? 1 : 0 })
    }
    let map = RetentionMap(layers: count, temporalPatchesSeen: 12, startTime: 0, temporalPatches: frames)
    let text = screen(80, 24, map: map).text
    #expect(text.contains("L0 "))
    #expect(count == 1 || text.contains("L\(count - 1) "))
    #expect(count == 1 || text.contains("████████████"))
  }

  @Test("In colour half a cell is a layer, from dark to bright; where nothing is cached the terminal's ground stays")
  func colours() throws {
    let frames = [0, 9].map { number in
      RetentionMap.PatchShares(number: number, time: Double(number), shares: [0.25, 0, 1])
    }
    let map = RetentionMap(layers: 3, temporalPatchesSeen: 10, startTime: 0, temporalPatches: frames)
    let grid = screen(80, 24, depth: .trueColor, map: map).grid
    let rows = grid.text.indices.filter { grid.text[$0].contains("┊┊") && grid.text[$0].contains("▀") }
    let (top, bottom) = (try #require(rows.first), try #require(rows.last))
    let cached = try #require((0..<80).first { grid[$0, top].text == "▀" })
    func color(_ share: Float) -> CellColor {
      let color = HeatScale.color(at: HeatScale.position(of: share))
      return .rgb(color.red, color.green, color.blue)
    }
    #expect(grid[cached, top].style.foreground == color(0.25))
    #expect(grid[cached, (top + bottom) / 2] == .blank)
    #expect(grid[cached, bottom].style.background == color(1))
    let evicted = try #require((0..<80).first { grid[$0, top].text == "┊" && $0 > cached })
    #expect(grid[evicted, top].style.background == .standard)
  }

  @Test("Where only ASCII goes, the view is ASCII, and without colours it has none")
  func plainTerminals() {
    #expect(screen(100, 30, unicode: false).text.unicodeScalars.allSatisfy { $0.isASCII })
    let grid = screen(100, 30, depth: .none).grid
    #expect(grid.cells.allSatisfy { $0.style.foreground == .standard && $0.style.background == .standard })
  }

  @Test("A map that makes no sense is drawn as well as can be")
  func nonsense() {
    let odd = RetentionMap.PatchShares(
      number: .max, time: .nan, shares: [.nan, -4, .infinity], thumbnail: Image(width: 0, height: 0, pixels: []))
    for map in [
      RetentionMap(layers: -1, temporalPatchesSeen: 3, startTime: .nan, temporalPatches: [odd]),
      RetentionMap(layers: 90, temporalPatchesSeen: -3, startTime: .infinity, temporalPatches: [odd, odd]),
      RetentionMap(layers: 2, temporalPatchesSeen: .max, startTime: 0, temporalPatches: [odd]),
    ] {
      for (columns, rows) in [(60, 20), (80, 24), (160, 50)] {
        #expect(screen(columns, rows, depth: .palette256, map: map).rows.count == rows)
      }
    }
  }
}
