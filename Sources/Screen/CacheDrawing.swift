// SPDX-License-Identifier: Apache-2.0

import Plotting
import Records

func drawCachePanel(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let statistics = state.statistics
  guard area.rows >= 6 else { return }
  grid.write("KV cache", column: area.column, row: area.row, style: theme.strong)
  let cached = cachedText(state)
  grid.write(cached, column: area.endColumn - cached.count, row: area.row, style: theme.plain)
  drawCacheBar(state, into: &grid, column: area.column, row: area.row + 1, columns: area.columns, theme: theme)

  var column = area.column
  for segment in cachedSegments(state, theme) {
    let mark = theme.isColorless ? segment.mark : theme.symbols.square
    let text = "\(segment.name) \(count(segment.tokens))"
    // A segment that finds no room beside the others is in the bar all the same.
    guard column + 2 + text.count <= area.endColumn else { break }
    column = grid.write(mark, column: column, row: area.row + 2, style: segment.style) + 1
    column = grid.write(text, column: column, row: area.row + 2, style: theme.quiet) + 2
  }
  let peak = "peak \(count(statistics.peakTokens))"
  if column + peak.count <= area.endColumn {
    grid.write(peak, column: area.endColumn - peak.count, row: area.row + 2, style: theme.quiet)
  }

  var line = compressions(state)
  if let last = state.lastCompression {
    line += ", the last from \(count(last.before)) to \(count(last.after)) in \(milliseconds(last.seconds))"
  }
  grid.write(line, column: area.column, row: area.row + 4, limit: area.columns, style: theme.quiet)
  let bytes = "keys and values \(memorySize(statistics.cacheBytes))"
  grid.write(bytes, column: area.column, row: area.row + 5, limit: area.columns, style: theme.quiet)
  if area.rows >= 11, state.appearance.unicode, !state.cacheUsageHistory.samples.isEmpty {
    let graph = Rectangle(column: area.column, row: area.row + 7, columns: area.columns, rows: area.rows - 7)
    drawCacheUsageHistory(state, into: &grid, area: graph, theme: theme)
  }
}

/// Tokens cached in the last seconds, newest at the right: the compressions show as a saw that never leaves the budget.
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
  let caption = "cached in the last \(clock(Double(samples.count)))"
  grid.write(caption, column: area.endColumn - caption.count, row: area.endRow - 1, style: theme.quiet)
}

private let eighthBlocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

/// The tokens of one segment of the cache.
struct CachedSegment {
  var name: String
  var tokens: Int
  var style: CellStyle
  /// Tells it apart where there are no colours.
  var mark: String
}

/// The segments in the order in which the cache holds them.
func cachedSegments(_ state: ScreenState, _ theme: Theme) -> [CachedSegment] {
  let statistics = state.statistics
  let retrieved = CachedSegment(
    name: "retrieved", tokens: statistics.retrievedTokens, style: theme.retrievedTokens, mark: "*")
  let segments = [
    CachedSegment(name: "system", tokens: statistics.systemTokens, style: theme.systemTokens, mark: "="),
    CachedSegment(name: "vision", tokens: statistics.visionTokens, style: theme.visionTokens, mark: "#"),
    CachedSegment(name: "text", tokens: statistics.textTokens, style: theme.textTokens, mark: "+"),
  ]
  // Retrieval is off for most, and is left out then.
  return retrieved.tokens > 0 ? segments + [retrieved] : segments
}

/// The cached tokens by segment, against the budget; the peak is marked in the free rest.
func drawCacheBar(
  _ state: ScreenState, into grid: inout CellGrid, column: Int, row: Int, columns: Int, theme: Theme
) {
  let statistics = state.statistics
  let segments = cachedSegments(state, theme)
  var cached = 0.0
  var ends: [Double] = []
  for segment in segments {
    cached += Double(max(0, segment.tokens))
    ends.append(cached)
  }
  let peak = Double(max(0, statistics.peakTokens))
  let scale = max(1, statistics.budget.map { Double(max(1, $0)) } ?? max(cached, peak))
  ends = ends.map { min(1, $0 / scale) * Double(columns) }
  let peakCell = peak > 0 ? min(columns - 1, Int((min(1, peak / scale) * Double(columns)).rounded()) - 1) : -1

  for index in 0..<max(0, columns) {
    let middle = Double(index) + 0.5
    if let end = ends.firstIndex(where: { middle <= $0 }) {
      let mark = theme.isColorless ? segments[end].mark : theme.symbols.barFilled
      grid.write(mark, column: column + index, row: row, style: segments[end].style)
    } else if index == peakCell {
      grid.write(theme.symbols.peak, column: column + index, row: row, style: theme.quiet)
    } else {
      let free = theme.isColorless ? "." : theme.symbols.barFree
      grid.write(free, column: column + index, row: row, style: theme.rule)
    }
  }
}

func cachedText(_ state: ScreenState) -> String {
  let cached = count(state.statistics.cachedTokens)
  return state.statistics.budget.map { "\(cached) / \(count($0)) tokens" } ?? "\(cached) tokens, no limit"
}

func compressions(_ state: ScreenState) -> String { counted(state.statistics.compressions, "compression") }

private func milliseconds(_ seconds: Double) -> String {
  seconds < 1 ? "\(decimal(seconds * 1000, places: 0)) ms" : "\(decimal(seconds, places: 1)) s"
}
