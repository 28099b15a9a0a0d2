// SPDX-License-Identifier: Apache-2.0

import Platform
import Plotting
import Records

/// Figures on one row; the least important go first when there is no room.
private struct StatusFigure {
  var text: String
  var style: CellStyle
  /// 0 stays longest.
  var rank: Int
}

func drawTimeline(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let time = clock(state.streamTime)
  var column = grid.write(time, column: area.column, row: area.row, style: theme.plain) + 1
  guard let duration = state.description?.duration, duration > 0, duration.isFinite else {
    let (text, isProblem) = signalText(state)
    grid.write(
      text, column: column, row: area.row, limit: area.endColumn - column,
      style: isProblem ? theme.warning : theme.quiet)
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

/// The status of a stream without a length: ended, without signal, live, or empty.
private func signalText(_ state: ScreenState) -> (text: String, isProblem: Bool) {
  if state.streamEnded { return ("ended", false) }
  if let since = state.signalLostSince { return ("no signal since \(timeOfDay(since))", true) }
  return (state.description?.isLive == true ? "live" : "", false)
}

/// Hours and minutes on the clocks of this place, two digits each: `00:33` is no time of the stream, which is `0:33`.
///
/// - Parameter seconds: since 1970.
package func timeOfDay(_ seconds: Double) -> String {
  var time = time_t(max(0, min(seconds, 1e12)))
  var parts = tm()
  localtime_r(&time, &parts)
  return [parts.tm_hour, parts.tm_min].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
}

func drawStatus(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  guard area.rows > 0 else { return }
  drawFigures(streamFigures(state, theme), into: &grid, area: area, theme: theme)
  guard area.rows > 1 else { return }
  let row = Rectangle(column: area.column, row: area.row + 1, columns: area.columns, rows: 1)
  let cached = cachedText(state)
  var column = grid.write("KV cache ", column: row.column, row: row.row, style: theme.quiet)
  let barColumns = max(8, row.columns / 4)
  drawCacheBar(state, into: &grid, column: column, row: row.row, columns: barColumns, theme: theme)
  column = grid.write(cached, column: column + barColumns + 1, row: row.row, style: theme.plain)
  let rest = Rectangle(column: column + 3, row: row.row, columns: row.endColumn - column - 3, rows: 1)
  // Where there is room, the segments of the bar are named in their colours.
  let segments = area.columns >= 110 ? cachedSegments(state, theme) : []
  let figures =
    segments.map { StatusFigure(text: "\($0.name) \(count($0.tokens))", style: $0.style, rank: 3) } + [
      StatusFigure(text: "peak \(count(state.statistics.peakTokens))", style: theme.quiet, rank: 0),
      StatusFigure(text: compressions(state), style: theme.quiet, rank: 1),
      StatusFigure(text: memorySize(state.statistics.cacheBytes), style: theme.quiet, rank: 2),
    ]
  drawFigures(figures, into: &grid, area: rest, theme: theme)
}

private func streamFigures(_ state: ScreenState, _ theme: Theme) -> [StatusFigure] {
  let statistics = state.statistics
  var figures: [StatusFigure] = []
  if state.hasStream {
    let isLost = state.signalLostSince != nil && !state.streamEnded
    let symbol = statistics.isPaused ? theme.symbols.paused : theme.symbols.playing
    let duration = state.description?.duration.map { " / \(clock($0))" } ?? ""
    let word = statistics.isPaused ? " paused" : isLost ? " no signal" : ""
    figures.append(
      StatusFigure(
        text: "\(symbol) \(clock(state.streamTime))\(duration)\(word)",
        style: statistics.isPaused || isLost ? theme.warning : theme.plain, rank: 0))
    figures.append(StatusFigure(text: "frames \(count(statistics.framesSeen))", style: theme.quiet, rank: 2))
    if let skipped = statistics.framesSkipped {
      figures.append(StatusFigure(text: "skipped \(count(skipped))", style: theme.quiet, rank: 3))
    }
    if let share = statistics.activeShare {
      figures.append(StatusFigure(text: "active \(decimal(share * 100, places: 0)) %", style: theme.quiet, rank: 3))
    }
    figures.append(
      StatusFigure(
        text: "dropped \(count(statistics.framesDropped))",
        style: statistics.framesDropped > 0 ? theme.warning : theme.quiet, rank: 3))
  }
  if let speed = statistics.answerTokensPerSecond {
    figures.append(
      StatusFigure(text: "\(decimal(speed, places: speed < 10 ? 1 : 0)) tok/s", style: theme.quiet, rank: 4))
  }
  if let policy = statistics.policy { figures.append(StatusFigure(text: policy.rawValue, style: theme.quiet, rank: 5)) }
  if statistics.residentBytes > 0 {
    figures.append(StatusFigure(text: "process \(memorySize(statistics.residentBytes))", style: theme.quiet, rank: 1))
  }
  return figures
}

private func drawFigures(_ figures: [StatusFigure], into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let gap = 3
  var shown = figures
  func width(_ figures: [StatusFigure]) -> Int {
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
