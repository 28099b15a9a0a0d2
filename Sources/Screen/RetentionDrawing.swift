// SPDX-License-Identifier: Apache-2.0

import Images
import Plotting
import SessionInterface

/// Draws what the KV cache retains of a stream: a column for each temporal patch or some of them, from the first to
/// now, and a row a layer. Colour or shade is the share of their tokens that is cached; dotted columns are evicted
/// stretches. Above stand thumbnails of the temporal patches of which most is cached.
func drawRetention(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  guard !area.isEmpty else { return }
  let title = "Retained tokens"
  let end = grid.write(title, column: area.column, row: area.row, limit: area.columns, style: theme.strong)
  drawLegend(into: &grid, from: end + 2, to: area.endColumn, row: area.row, theme: theme)
  guard let map = state.retention, map.temporalPatchesSeen > 0, map.layers > 0 else {
    let text = "nothing seen yet"
    grid.write(
      text, column: area.column + max(0, (area.columns - text.count) / 2), row: area.row + area.rows / 2,
      limit: area.columns, style: theme.quiet)
    return
  }
  let margin = "L\(map.layers - 1) ".count
  let summary = summaryRows(map, columns: area.columns, theme: theme)
  let plan = RetentionRows(
    rows: area.rows - 1, layers: map.layers, summary: summary.count,
    thumbnails: thumbnailRows(map, columns: area.columns - margin), isFine: theme.drawsHalfBlocks)
  let axis = RetentionMapColumns(map, columns: area.columns - margin, widest: 3)
  let left = area.column + margin
  var row = area.row + 1
  if plan.thumbnails > 0 {
    let strip = Rectangle(column: left, row: row, columns: area.columns - margin, rows: plan.thumbnails)
    drawThumbnails(axis, into: &grid, area: strip, hasMarks: plan.marks, state: state, theme: theme)
    row += plan.thumbnails + (plan.marks ? 1 : 0)
  }
  drawHeat(axis, into: &grid, column: left, row: row, rows: plan.heat, theme: theme)
  grid.write("L0", column: area.column, row: row, style: theme.quiet)
  if plan.heat > 1, map.layers > 1 {
    grid.write("L\(map.layers - 1)", column: area.column, row: row + plan.heat - 1, style: theme.quiet)
  }
  row += plan.heat
  for label in axis.labels(room: area.columns - margin, width: displayWidth(of:)) {
    grid.write(theme.symbols.tick, column: left + label.mark, row: row, style: theme.rule)
    grid.write(label.text, column: left + label.column, row: row + 1, style: theme.quiet)
  }
  row += 2
  for text in summary {
    grid.write(text, column: area.column, row: row, limit: area.columns, style: theme.plain)
    row += 1
  }
}

/// How the rows below the title are shared out.
package struct RetentionRows: Equatable {
  /// Rows of the strip of thumbnails; 0 leaves it out.
  package var thumbnails = 0
  /// Whether a row between thumbnails and map points to their columns.
  package var marks = false
  /// Rows of the map itself, at least 1.
  package var heat: Int

  /// - Parameters:
  ///   - summary: rows of text at the end; two more tell the times.
  ///   - thumbnails: the most rows for the strip of thumbnails.
  ///   - isFine: whether a row can show two layers.
  package init(rows: Int, layers: Int, summary: Int, thumbnails most: Int, isFine: Bool) {
    let free = max(1, rows - summary - 2)
    let least = min(isFine ? (layers + 1) / 2 : layers, max(1, free / 2))
    if free >= 7 {
      marks = most > 0
      thumbnails = min(most, free - 1 - least, max(3, min(10, (free - 1) / 2)))
    } else if free >= 5 {
      thumbnails = min(most, 3)
    }
    // Few layers do not fill a high pane by themselves.
    heat = min(free - thumbnails - (marks ? 1 : 0), max(1, layers * 2))
    // Where each layer has rows, all have as many.
    let steps = isFine ? heat * 2 : heat
    if layers > 0, steps >= layers { heat = (steps / layers * layers + (isFine ? 1 : 0)) / (isFine ? 2 : 1) }
  }
}

/// Rows of thumbnails of which three stand beside each other; 0 without any.
private func thumbnailRows(_ map: RetentionMap, columns: Int) -> Int {
  guard let shape = map.temporalPatches.lazy.compactMap(\.thumbnail).first(where: { $0.width > 0 }) else { return 0 }
  return max(3, (columns / 3 - 1) * shape.height / shape.width / 2)
}

private func summaryRows(_ map: RetentionMap, columns: Int, theme: Theme) -> [String] {
  let wordings = RetentionSummary.wordings(map)
  let inOneRow = wordings.map { $0.joined(separator: "; ") }
  if let text = inOneRow.first(where: { displayWidth(of: $0) <= columns }) { return [text] }
  return wordings.first { $0.allSatisfy { displayWidth(of: $0) <= columns } } ?? wordings.last ?? []
}

extension Theme {
  /// True where a cell can carry two colours.
  fileprivate var drawsHalfBlocks: Bool {
    symbols == .unicode && (depth == .trueColor || depth == .palette256)
  }

  /// nil for nothing, which keeps the terminal's ground.
  fileprivate func heat(_ share: Float) -> CellColor? {
    guard share > 0 else { return nil }
    let position = HeatScale.position(of: share)
    guard depth == .trueColor else {
      return .indexed(paletteHeat[Int((position * Float(paletteHeat.count - 1)).rounded())])
    }
    let color = HeatScale.color(at: position)
    return .rgb(color.red, color.green, color.blue)
  }

  /// A character by share, where colours are too few.
  fileprivate func shade(_ share: Float) -> String {
    let steps = symbols.shades
    return steps[Int((HeatScale.position(of: share) * Float(steps.count - 1)).rounded(.up))]
  }
}

/// The heat scale in numbers of the palette, looked for once.
private let paletteHeat: [UInt8] = (0..<64).map { step in
  let color = HeatScale.color(at: Float(step) / 63)
  return XtermPalette.nearest(red: Int(color.red), green: Int(color.green), blue: Int(color.blue))
}

private func drawLegend(into grid: inout CellGrid, from first: Int, to end: Int, row: Int, theme: Theme) {
  let steps = 8
  let texts = ("0 ", " 100%")
  var column = end - steps - texts.0.count - texts.1.count
  guard column >= first else { return }
  let evicted = "\(theme.symbols.evicted) evicted   "
  if column - evicted.count >= first {
    grid.write(evicted, column: column - evicted.count, row: row, style: theme.quiet)
  }
  column = grid.write(texts.0, column: column, row: row, style: theme.quiet)
  for step in 0..<steps {
    let position = Float(step + 1) / Float(steps)
    let share = position * position
    if theme.drawsHalfBlocks, let color = theme.heat(share) {
      column = grid.write("█", column: column, row: row, style: CellStyle(color))
    } else {
      column = grid.write(theme.shade(share), column: column, row: row, style: theme.visionTokens)
    }
  }
  grid.write(texts.1, column: column, row: row, style: theme.quiet)
}

private func drawHeat(
  _ axis: RetentionMapColumns, into grid: inout CellGrid, column left: Int, row top: Int, rows: Int, theme: Theme
) {
  let layers = axis.map.layers
  let steps = theme.drawsHalfBlocks ? rows * 2 : rows
  // Layers of a step: several share one where there are more layers than steps.
  func band(_ step: Int) -> Range<Int> {
    let first = step * layers / steps
    return first..<max(first + 1, (step + 1) * layers / steps)
  }
  for (index, column) in axis.columns.enumerated() {
    for row in 0..<rows {
      let position = (column: left + index, row: top + row)
      if case .evicted = column {
        grid.write(theme.symbols.evicted, column: position.column, row: position.row, style: theme.rule)
      } else if theme.drawsHalfBlocks {
        let upper = axis.share(column: index, layers: band(row * 2)) ?? 0
        let lower = axis.share(column: index, layers: band(row * 2 + 1)) ?? 0
        let (text, style) = halfBlock(upper: theme.heat(upper), lower: theme.heat(lower))
        grid.write(text, column: position.column, row: position.row, style: style)
      } else {
        let share = axis.share(column: index, layers: band(row)) ?? 0
        grid.write(theme.shade(share), column: position.column, row: position.row, style: theme.visionTokens)
      }
    }
  }
}

private func halfBlock(upper: CellColor?, lower: CellColor?) -> (String, CellStyle) {
  switch (upper, lower) {
  case (.none, .none): (" ", .plain)
  case (.none, .some(let lower)): ("▄", CellStyle(lower))
  case (.some(let upper), let lower): ("▀", CellStyle(upper, on: lower ?? .standard))
  }
}

private func drawThumbnails(
  _ axis: RetentionMapColumns, into grid: inout CellGrid, area: Rectangle, hasMarks: Bool, state: ScreenState,
  theme: Theme
) {
  guard let shape = axis.map.temporalPatches.lazy.compactMap(\.thumbnail).first, !axis.columns.isEmpty else { return }
  let natural = fittedSize(
    width: shape.width, height: shape.height, maximumWidth: area.columns, maximumHeight: area.rows * 2)
  // A young stream's axis is narrower than one thumbnail.
  let columns = max(axis.columns.count, min(natural.width, area.columns))
  let stretches = max(1, (columns + 1) / (natural.width + 1))
  for (stretch, moment) in axis.moments(stretches: stretches).enumerated() {
    guard let moment, let thumbnail = axis.map.temporalPatches[moment.index].thumbnail else { continue }
    // As nearly over its moment as its neighbours allow.
    let stretchStart = stretch * (columns + 1) / stretches
    let stretchEnd = (stretch + 1) * (columns + 1) / stretches - 1
    let first = max(stretchStart, min(moment.column - natural.width / 2, stretchEnd - natural.width))
    let target = Rectangle(
      column: area.column + first, row: area.row, columns: min(natural.width, stretchEnd - first), rows: area.rows)
    drawImage(thumbnail, into: &grid, area: target, appearance: state.appearance)
    if hasMarks {
      grid.write(theme.symbols.pointer, column: area.column + moment.column, row: area.endRow, style: theme.quiet)
    }
  }
}
