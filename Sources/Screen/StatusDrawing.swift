// SPDX-License-Identifier: Apache-2.0

import Plotting
import Records

/// Figures on one row; the least important go first when there is no room.
private struct Figure {
  var text: String
  var style: CellStyle
  /// 0 stays longest.
  var rank: Int
}

func drawTimeline(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let time = clock(state.streamTime)
  var column = grid.write(time, column: area.column, row: area.row, style: theme.plain) + 1
  guard let duration = state.description?.duration, duration > 0, duration.isFinite else {
    let text = state.streamEnded ? "ended" : state.description?.source == nil ? "" : "live"
    grid.write(text, column: column, row: area.row, limit: area.endColumn - column, style: theme.quiet)
    return
  }
  let length = clock(duration)
  let barColumns = area.endColumn - column - length.count - 1
  guard barColumns >= 4 else { return }
  let share = state.streamTime.isFinite ? min(1, max(0, state.streamTime / duration)) : 0
  let halves = Int((share * Double(barColumns * 2)).rounded())
  for index in 0..<barColumns {
    let (text, style) =
      index * 2 + 1 < halves
      ? (theme.symbols.barFilled, theme.plain)
      : index * 2 < halves ? (theme.symbols.barHalf, theme.plain) : (theme.symbols.barFree, theme.rule)
    column = grid.write(text, column: column, row: area.row, style: style)
  }
  grid.write(length, column: column + 1, row: area.row, style: theme.quiet)
}

func drawStatus(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  guard area.rows > 0 else { return }
  drawFigures(streamFigures(state, theme), into: &grid, area: area, theme: theme)
  guard area.rows > 1 else { return }
  let row = Rectangle(column: area.column, row: area.row + 1, columns: area.columns, rows: 1)
  let held = heldText(state)
  var column = grid.write("memory ", column: row.column, row: row.row, style: theme.quiet)
  let barColumns = max(8, row.columns / 4)
  drawMemoryBar(state, into: &grid, column: column, row: row.row, columns: barColumns, theme: theme)
  column = grid.write(held, column: column + barColumns + 1, row: row.row, style: theme.plain)
  let rest = Rectangle(column: column + 3, row: row.row, columns: row.endColumn - column - 3, rows: 1)
  // Where there is room, the parts of the bar are named in their colours.
  let parts = area.columns >= 110 ? memoryParts(state, theme) : []
  let figures =
    parts.map { Figure(text: "\($0.name) \(count($0.tokens))", style: $0.style, rank: 3) } + [
      Figure(text: "peak \(count(state.statistics.peakTokens))", style: theme.quiet, rank: 0),
      Figure(text: passes(state), style: theme.quiet, rank: 1),
      Figure(text: memorySize(state.statistics.cacheBytes), style: theme.quiet, rank: 2),
    ]
  drawFigures(figures, into: &grid, area: rest, theme: theme)
}

private func streamFigures(_ state: ScreenState, _ theme: Theme) -> [Figure] {
  let statistics = state.statistics
  var figures: [Figure] = []
  if state.hasStream {
    let symbol = statistics.isPaused ? theme.symbols.paused : theme.symbols.playing
    let duration = state.description?.duration.map { " / \(clock($0))" } ?? ""
    let word = statistics.isPaused ? " paused" : ""
    figures.append(
      Figure(
        text: "\(symbol) \(clock(state.streamTime))\(duration)\(word)",
        style: statistics.isPaused ? theme.warning : theme.plain, rank: 0))
    figures.append(Figure(text: "seen \(count(statistics.framesSeen))", style: theme.quiet, rank: 2))
    figures.append(
      Figure(
        text: "dropped \(count(statistics.framesDropped))",
        style: statistics.framesDropped > 0 ? theme.warning : theme.quiet, rank: 3))
  }
  if let speed = statistics.answerTokensPerSecond {
    figures.append(Figure(text: "\(decimal(speed, places: speed < 10 ? 1 : 0)) tok/s", style: theme.quiet, rank: 4))
  }
  if !statistics.policy.isEmpty { figures.append(Figure(text: statistics.policy, style: theme.quiet, rank: 5)) }
  if statistics.residentBytes > 0 {
    figures.append(Figure(text: "process \(memorySize(statistics.residentBytes))", style: theme.quiet, rank: 1))
  }
  return figures
}

private func drawFigures(_ figures: [Figure], into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let gap = 3
  var shown = figures
  func width(_ figures: [Figure]) -> Int {
    figures.reduce(0) { $0 + displayWidth(of: $1.text) } + gap * max(0, figures.count - 1)
  }
  while width(shown) > area.columns, let last = shown.indices.max(by: { shown[$0].rank < shown[$1].rank }) {
    shown.remove(at: last)
  }
  var column = area.column
  for (index, figure) in shown.enumerated() {
    if index > 0 {
      grid.write(" \(theme.symbols.dot) ", column: column, row: area.row, style: theme.rule)
      column += gap
    }
    column = grid.write(figure.text, column: column, row: area.row, style: figure.style)
  }
}

func drawMemoryPanel(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let statistics = state.statistics
  guard area.rows >= 6 else { return }
  grid.write("Memory", column: area.column, row: area.row, style: theme.strong)
  let held = heldText(state)
  grid.write(held, column: area.endColumn - held.count, row: area.row, style: theme.plain)
  drawMemoryBar(state, into: &grid, column: area.column, row: area.row + 1, columns: area.columns, theme: theme)

  var column = area.column
  for part in memoryParts(state, theme) {
    let mark = theme.isColorless ? part.mark : theme.symbols.square
    let text = "\(part.name) \(count(part.tokens))"
    // A part that finds no room beside the others is in the bar all the same.
    guard column + 2 + text.count <= area.endColumn else { break }
    column = grid.write(mark, column: column, row: area.row + 2, style: part.style) + 1
    column = grid.write(text, column: column, row: area.row + 2, style: theme.quiet) + 2
  }
  let peak = "peak \(count(statistics.peakTokens))"
  if column + peak.count <= area.endColumn {
    grid.write(peak, column: area.endColumn - peak.count, row: area.row + 2, style: theme.quiet)
  }

  var line = passes(state)
  if let pass = state.lastCompression {
    line += ", the last from \(count(pass.before)) to \(count(pass.after)) in \(milliseconds(pass.seconds))"
  }
  grid.write(line, column: area.column, row: area.row + 4, limit: area.columns, style: theme.quiet)
  let bytes = "keys and values \(memorySize(statistics.cacheBytes))"
  grid.write(bytes, column: area.column, row: area.row + 5, limit: area.columns, style: theme.quiet)
  if area.rows >= 11, state.appearance.unicode, !state.cacheUsageHistory.samples.isEmpty {
    let graph = Rectangle(column: area.column, row: area.row + 7, columns: area.columns, rows: area.rows - 7)
    drawCacheUsageHistory(state, into: &grid, area: graph, theme: theme)
  }
}

/// What was held in the last seconds, newest at the right: the passes show as a saw that never leaves the budget.
private func drawCacheUsageHistory(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let samples = state.cacheUsageHistory.samples.suffix(area.columns)
  let rows = area.rows - 1
  let top = max(1, state.statistics.budget ?? samples.max() ?? 1)
  let first = area.endColumn - samples.count
  for (index, sample) in samples.enumerated() {
    var eighths = Int((Double(max(0, sample)) / Double(top) * Double(rows * 8)).rounded())
    eighths = min(rows * 8, max(0, eighths))
    for step in 0..<rows where eighths > step * 8 {
      let text = eighthBlocks[min(8, eighths - step * 8) - 1]
      grid.write(text, column: first + index, row: area.row + rows - 1 - step, style: theme.visionTokens)
    }
  }
  let caption = "held in the last \(clock(Double(samples.count)))"
  grid.write(caption, column: area.endColumn - caption.count, row: area.endRow - 1, style: theme.quiet)
}

private let eighthBlocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

/// What the tokens held are spent on, in the order of memory.
private struct MemoryPart {
  var name: String
  var tokens: Int
  var style: CellStyle
  /// Tells it apart where there are no colours.
  var mark: String
}

private func memoryParts(_ state: ScreenState, _ theme: Theme) -> [MemoryPart] {
  let statistics = state.statistics
  let retrieved = MemoryPart(
    name: "retrieved", tokens: statistics.retrievedTokens, style: theme.retrievedTokens, mark: "*")
  let parts = [
    MemoryPart(name: "system", tokens: statistics.systemTokens, style: theme.systemTokens, mark: "="),
    MemoryPart(name: "vision", tokens: statistics.visionTokens, style: theme.visionTokens, mark: "#"),
    MemoryPart(name: "talk", tokens: statistics.textTokens, style: theme.talkTokens, mark: "+"),
  ]
  // Recall is off for most, and says nothing then.
  return retrieved.tokens > 0 ? parts + [retrieved] : parts
}

/// The tokens held by part, against the budget; the most that was ever held is marked in the free rest.
private func drawMemoryBar(
  _ state: ScreenState, into grid: inout CellGrid, column: Int, row: Int, columns: Int, theme: Theme
) {
  let statistics = state.statistics
  let parts = memoryParts(state, theme)
  var held = 0.0
  var ends: [Double] = []
  for part in parts {
    held += Double(max(0, part.tokens))
    ends.append(held)
  }
  let peak = Double(max(0, statistics.peakTokens))
  let scale = max(1, statistics.budget.map { Double(max(1, $0)) } ?? max(held, peak))
  ends = ends.map { min(1, $0 / scale) * Double(columns) }
  let peakCell = peak > 0 ? min(columns - 1, Int((min(1, peak / scale) * Double(columns)).rounded()) - 1) : -1

  for index in 0..<max(0, columns) {
    let middle = Double(index) + 0.5
    if let end = ends.firstIndex(where: { middle <= $0 }) {
      let mark = theme.isColorless ? parts[end].mark : theme.symbols.barFilled
      grid.write(mark, column: column + index, row: row, style: parts[end].style)
    } else if index == peakCell {
      grid.write(theme.symbols.peak, column: column + index, row: row, style: theme.quiet)
    } else {
      let free = theme.isColorless ? "." : theme.symbols.barFree
      grid.write(free, column: column + index, row: row, style: theme.rule)
    }
  }
}

private func heldText(_ state: ScreenState) -> String {
  let held = count(state.statistics.cachedTokens)
  return state.statistics.budget.map { "\(held) / \(count($0)) tokens" } ?? "\(held) tokens, no limit"
}

private func passes(_ state: ScreenState) -> String {
  state.statistics.compressions == 1 ? "1 pass" : "\(count(state.statistics.compressions)) passes"
}

private func milliseconds(_ seconds: Double) -> String {
  seconds < 1 ? "\(decimal(seconds * 1000, places: 0)) ms" : "\(decimal(seconds, places: 1)) s"
}
