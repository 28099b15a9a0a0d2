// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Screen
import SessionInterface
import Testing

@Suite struct ScreenDrawingTests {
  private func conversation(
    _ columns: Int, _ rows: Int, depth: ColorDepth = .none, unicode: Bool = true
  ) -> TestScreen {
    var screen = TestScreen(columns, rows, depth: depth, unicode: unicode)
    screen.tell(
      .ready(.clip), .preview(barImage(width: 32, height: 18), time: 12), .statistics(.midway),
      .compressed(CompressionReport(before: 448, after: 224, seconds: 0.0123)))
    screen.talk("What came first?", "A red circle came first; 赤い丸が最初です。 It went to the left.")
    screen.tell(.warning("The source dropped 3 frames."))
    screen.type("and th")
    return screen
  }

  @Test("the whole screen", arguments: GoldenScreens.all)
  func golden(expected: GoldenScreens.Screen) {
    let screen = conversation(expected.columns, expected.rows, unicode: expected.unicode)
    #expect(screen.text == expected.text, "drawn:\n\(screen.text)")
  }

  @Test(
    "too small, one line says what is needed; it goes on when enlarged",
    arguments: [
      (59, 20, "The terminal is 59×20; enlarge it to at least 60×20."), (30, 10, "30×10: needs at least 60×20"),
      (20, 5, "needs 60×20"), (8, 2, "60×20"), (3, 3, "×"), (1, 1, "×"),
    ])
  func tooSmall(columns: Int, rows: Int, text: String) {
    var screen = conversation(120, 40)
    screen.send(.resized(ScreenSize(columns: columns, rows: rows)))
    let lines = screen.rows.filter { !$0.isEmpty }
    #expect(lines.map { $0.trimmingSpaces } == [text])
    #expect(screen.grid.cursor == nil)
    screen.send(.resized(ScreenSize(columns: 120, rows: 40)))
    #expect(screen.text.contains("What came first?"))
  }

  @Test("every size from nothing to large is drawn without a split glyph")
  func everySize() {
    var screen = conversation(120, 40, depth: .palette256)
    for columns in [0, 1, 2, 5, 19, 59, 60, 61, 79, 80, 99, 100, 133, 250] {
      for rows in [0, 1, 2, 3, 19, 20, 21, 23, 24, 31, 60, 120] {
        screen.send(.resized(ScreenSize(columns: columns, rows: rows)))
        #expect(CellGridTests.wideGlyphsAreWhole(screen.grid))
      }
    }
  }

  @Test("without colours no cell has one, and turns are still told apart")
  func noColors() {
    let grid = conversation(100, 30, depth: .none).grid
    #expect(grid.cells.allSatisfy { $0.style.foreground == .standard && $0.style.background == .standard })
    let rows = grid.text
    #expect(rows.contains { $0.contains("› What came first?") })
    #expect(rows.contains { $0.contains("! The source dropped") })
  }

  @Test("where only ASCII goes, the screen's own marks are ASCII")
  func ascii() {
    var screen = TestScreen(100, 30, depth: .none, unicode: false)
    screen.tell(.ready(.clip), .preview(barImage(width: 32, height: 18), time: 12), .statistics(.midway))
    screen.enter("What?")
    #expect(screen.text.unicodeScalars.allSatisfy { $0.isASCII })
  }

  @Test("the cache bar is divided as the cache is", arguments: [ColorDepth.none, .palette256])
  func cacheBar(depth: ColorDepth) throws {
    var screen = TestScreen(64 + 60, 24, depth: depth)
    screen.tell(.ready(.chat))
    var statistics = SessionStatistics()
    statistics.systemTokens = 100
    statistics.visionTokens = 200
    statistics.textTokens = 100
    statistics.budget = 800
    statistics.peakTokens = 600
    screen.tell(.statistics(statistics))
    let grid = screen.grid
    let row = try #require(grid.text.firstIndex { $0.contains("KV cache ") })
    let bar = (10..<10 + 122 / 4).map { grid[$0, row] }
    let filled = bar.prefix { depth == .none ? "=#+".contains($0.text) : $0.text == "━" }
    #expect(filled.count == 15)
    if depth == .none {
      #expect(bar.map(\.text).joined().hasPrefix("====#######++++..."))
    } else {
      #expect(Set(filled.map { "\($0.style.foreground)" }).count == 3)
    }
    #expect(bar.firstIndex { $0.text == "┃" } == 22)
    #expect(grid.text[row].contains("400 / 800 tokens"))
    #expect(grid.text[row].contains("peak 600"))
  }

  @Test("a cache without a limit says so")
  func noBudget() {
    var screen = TestScreen()
    screen.tell(.ready(.chat))
    var statistics = SessionStatistics()
    statistics.systemTokens = 10
    screen.tell(.statistics(statistics))
    #expect(screen.text.contains("10 tokens, no limit"))
  }

  @Test("figures that make no sense are drawn as well as can be")
  func nonsense() {
    var screen = TestScreen(120, 50)
    var statistics = SessionStatistics()
    statistics.streamTime = .nan
    statistics.visionTokens = -5
    statistics.budget = 0
    statistics.peakTokens = .max
    statistics.cacheBytes = .min
    statistics.answerTokensPerSecond = .infinity
    var description = SessionDescription.clip
    description.duration = .infinity
    screen.tell(
      .ready(description), .preview(barImage(width: 4, height: 4), time: -.infinity), .statistics(statistics),
      .compressed(CompressionReport(before: -1, after: -2, seconds: .nan)), .streamEnded(time: .nan))
    #expect(screen.text.contains("-:--"))
  }

  @Test("the status tells pausing and dropping")
  func status() {
    var screen = TestScreen(100, 30)
    var statistics = SessionStatistics.midway
    statistics.isPaused = true
    screen.tell(.ready(.clip), .statistics(statistics))
    #expect(screen.text.contains("‖ 0:12 / 1:00 paused"))
    #expect(screen.text.contains("frames 24"))
    #expect(screen.text.contains("dropped 3"))
    #expect(screen.text.contains("21 tok/s"))
    #expect(screen.text.contains("infinipot-v"))
    #expect(screen.text.contains("process 187 MiB"))
  }

  @Test("the cursor stands where the next character goes, also behind wide ones and on later rows")
  func cursor() {
    var screen = TestScreen(100, 30)
    screen.type("漢a")
    #expect(screen.grid.cursor.map { screen.rows[$0.row].contains("› 漢a") && $0.column == 6 } == true)
    let row = screen.grid.cursor?.row
    screen.press(.newLine)
    #expect(screen.grid.cursor?.row == row)
    #expect(screen.grid.cursor?.column == 3)
  }

  @Test("the line grows to three rows and then scrolls with the cursor")
  func growingInput() throws {
    var screen = TestScreen(80, 24)
    screen.send(.paste("one\ntwo\nthree\nfour"))
    #expect(!screen.text.contains("one"))
    #expect(screen.text.contains("two") && screen.text.contains("four"))
    screen.press(.up, .up, .up)
    #expect(screen.text.contains("one") && screen.text.contains("three"))
    #expect(!screen.text.contains("four"))
  }

  @Test("a hint goes away by itself")
  func hint() {
    var screen = TestScreen()
    screen.press(.control("c"))
    #expect(screen.state.needsTicks)
    screen.now += 10
    screen.send(.tick)
    #expect(!screen.text.contains("again to quit"))
    #expect(!screen.state.needsTicks)
  }

  @Test("what was cached is remembered by the second")
  func cacheUsageHistory() {
    var history = CacheUsageHistory()
    history.add(5, at: 10.1)
    history.add(9, at: 10.7)
    history.add(7, at: 10.9)
    history.add(3, at: 13)
    #expect(history.samples == [9, 9, 9, 3])
    history.add(4, at: 5_000)
    #expect(history.samples.count == 600)
    history.add(1, at: .nan)
    #expect(history.samples.last == 4)
  }

  @Test("a text that is too long loses its middle")
  func shortening() {
    #expect(shortened("short", columns: 5, ellipsis: "…") == "short")
    #expect(shortened("/home/me/videos/cam.mp4", columns: 11, ellipsis: "…") == "/home…m.mp4")
    #expect(displayWidth(of: shortened("漢字漢字漢字漢字", columns: 8, ellipsis: "…")) <= 8)
    #expect(shortened("anything", columns: 1, ellipsis: "…") == "")
  }
}
