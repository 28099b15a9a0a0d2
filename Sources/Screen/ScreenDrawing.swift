// SPDX-License-Identifier: Apache-2.0

/// Draws a state into a grid of its size. Nothing else decides what is seen.
package func draw(_ state: ScreenState, into grid: inout CellGrid) {
  let theme = Theme(state.appearance)
  guard let layout = ScreenLayout(state) else {
    drawTooSmall(state.size, into: &grid, theme: theme)
    return
  }
  drawRules(layout, into: &grid, theme: theme)
  drawHeader(state, into: &grid, area: layout.header, theme: theme)
  if let area = layout.image {
    if let image = state.image {
      drawImage(image, into: &grid, area: area, appearance: state.appearance)
    } else {
      let text = state.description == nil ? "opening the stream" : "no frame yet"
      grid.write(
        text, column: area.column + max(0, (area.columns - text.count) / 2), row: area.row + area.rows / 2,
        style: theme.quiet)
    }
  }
  if let area = layout.retention { drawRetention(state, into: &grid, area: area, theme: theme) }
  if let area = layout.timeline { drawTimeline(state, into: &grid, area: area, theme: theme) }
  if let area = layout.cachePanel { drawCachePanel(state, into: &grid, area: area, theme: theme) }
  drawConversation(state, into: &grid, area: layout.conversation, theme: theme)
  if let area = layout.codingPane { drawCoding(state, into: &grid, area: area, theme: theme) }
  drawInput(state, into: &grid, area: layout.input, theme: theme)
  drawStatus(state, into: &grid, area: layout.status, theme: theme)
  drawHelp(state, into: &grid, area: layout.help, theme: theme)
}

/// The longest of these that fits, in the middle: even one column shows something.
private func drawTooSmall(_ size: ScreenSize, into grid: inout CellGrid, theme: Theme) {
  let least = "\(ScreenLayout.smallest.columns)\(theme.symbols.times)\(ScreenLayout.smallest.rows)"
  let now = "\(size.columns)\(theme.symbols.times)\(size.rows)"
  let texts = [
    "The terminal is \(now); enlarge it to at least \(least).", "\(now): needs at least \(least)", "needs \(least)",
    least, theme.symbols.times,
  ]
  guard let text = texts.first(where: { displayWidth(of: $0) <= grid.columns }) else { return }
  grid.write(
    text, column: (grid.columns - displayWidth(of: text)) / 2, row: max(0, (grid.rows - 1) / 2), style: theme.strong)
}

private func drawRules(_ layout: ScreenLayout, into grid: inout CellGrid, theme: Theme) {
  for rule in layout.horizontalRules { grid.fill(rule, theme.symbols.horizontal, style: theme.rule) }
  for rule in layout.verticalRules {
    grid.fill(rule, theme.symbols.vertical, style: theme.rule)
    for (row, joint) in [(rule.row - 1, theme.symbols.teeDown), (rule.endRow, theme.symbols.teeUp)]
    where row >= 0 && row < grid.rows && grid[rule.column, row].text == theme.symbols.horizontal {
      grid.put(Glyph(text: joint, width: 1), column: rule.column, row: row, style: theme.rule)
    }
  }
}

private func drawHeader(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  var column = grid.write("edgeassist", column: area.column, row: area.row, style: theme.title)
  let model = state.description.map { $0.modelName + ($0.isEmbeddedModel ? " (built in)" : "") } ?? "loading the model"
  let right = shortened(model, columns: area.columns / 2, ellipsis: theme.symbols.ellipsis)
  let rightColumn = area.endColumn - displayWidth(of: right)
  if let source = state.description?.source {
    column += 2
    let text = shortened(source, columns: rightColumn - column - 2, ellipsis: theme.symbols.ellipsis)
    grid.write(text, column: column, row: area.row, style: theme.plain)
  }
  grid.write(right, column: rightColumn, row: area.row, style: theme.quiet)
}

private func drawConversation(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let view = ConversationView(state, columns: area.columns, rows: area.rows).visible
  for (index, line) in view.lines.enumerated() {
    let row = area.row + index
    grid.write(line.mark, column: area.column, row: row, limit: 2, style: line.markStyle)
    grid.write(line.term, column: area.column + 2, row: row, limit: line.termColumns, style: line.termStyle)
    let column = area.column + 2 + line.termColumns
    if line.runs.isEmpty {
      grid.write(line.text, column: column, row: row, limit: area.endColumn - column, style: line.style)
    } else {
      grid.write(line.runs, column: column, row: row, limit: area.endColumn - column)
    }
  }
  if view.hasMoreBelow {
    let text = " \(theme.symbols.more) more below "
    let column = area.endColumn - displayWidth(of: text)
    grid.write(text, column: max(area.column, column), row: area.endRow, style: theme.question)
  }
}

private func drawInput(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let layout = InputLayout(state.editor, width: area.columns - 2)
  // The rows around the cursor, when there are more than fit.
  let first = max(0, min(layout.cursorRow - area.rows + 1, layout.rows.count - area.rows))
  grid.write(theme.symbols.prompt, column: area.column, row: area.row, style: theme.question)
  for (index, range) in layout.rows.dropFirst(first).prefix(area.rows).enumerated() {
    grid.write(
      String(state.editor.characters[range]), column: area.column + 2, row: area.row + index,
      limit: area.columns - 2, style: theme.plain)
  }
  if state.editor.isEmpty {
    let text = state.coding.isFocused ? "Tab to type" : state.hasStream ? "ask about what you see" : "say something"
    grid.write(text, column: area.column + 2, row: area.row, limit: area.columns - 2, style: theme.quiet)
  }
  guard !state.coding.isFocused else { return }
  grid.cursor = CellPosition(column: area.column + 2 + layout.cursorColumn, row: area.row + layout.cursorRow - first)
}

private func drawHelp(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  if let hint = state.hint {
    let text = shortened(hint.text, columns: area.columns, ellipsis: theme.symbols.ellipsis)
    grid.write(text, column: area.column, row: area.row, style: hint.isProblem ? theme.warning : theme.question)
    return
  }
  if let text = commandHelp(state.editor.text) {
    grid.write(text, column: area.column, row: area.row, limit: area.columns, style: theme.quiet)
    return
  }
  let isBusy = state.isAnswering || state.coding.isUnderWay
  let keys =
    state.coding.isFocused
    ? paneKeys(state)
    : [
      ("Enter", "ask"), ("Tab", state.coding.isOpen ? "code" : ""), ("Esc", isBusy ? "stop" : ""),
      ("PgUp/PgDn", "scroll"), ("/help", "commands"), ("Ctrl-C", isBusy ? "stop" : "quit"),
      ("Ctrl-R", state.hasStream ? (state.showsRetention ? "video" : "KV cache") : ""),
    ]
  var column = area.column
  for (key, what) in keys where !what.isEmpty {
    guard column + key.count + what.count + 1 <= area.endColumn else { break }
    column = grid.write(key, column: column, row: area.row, style: theme.plain) + 1
    column = grid.write(what, column: column, row: area.row, style: theme.quiet) + 3
  }
}

/// While a command is typed, the line says how it goes on.
private func commandHelp(_ text: String) -> String? {
  guard text.first == "/" else { return nil }
  let word = text.dropFirst().prefix { !$0.isWhitespace }
  let begun = SlashCommand.allCases.filter { $0.rawValue.hasPrefix(word) }
  // A name that another one begins with, typed whole and gone on from.
  let whole = begun.filter { $0.rawValue == word && word.count + 1 < text.count }
  let matching = whole.isEmpty ? begun : whole
  if matching.count == 1 { return "\(matching[0].usage)  \(matching[0].summary)" }
  guard !matching.isEmpty, word.count + 1 == text.count else { return nil }
  return matching.map(\.usage).joined(separator: "  ")
}
