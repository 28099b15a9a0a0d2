// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Plotting
import Records
import SessionInterface

/// The coding pane on an area: rows that stay at the top, rows that scroll, and one that stays at the bottom.
struct CodingView {
  private let state: ScreenState
  private let coding: CodingState
  private let theme: Theme
  private let area: Rectangle

  init(_ state: ScreenState, area: Rectangle) {
    self.state = state
    coding = state.coding
    theme = Theme(state.appearance)
    self.area = area
  }

  /// Rows for what scrolls.
  var bodyRows: Int { max(0, area.rows - head.count - foot.count) }

  /// The rows of the scrolling part that are on show, and whether there are more below them.
  var visible: (lines: [[TextRun]], hasMoreBelow: Bool) {
    let lines = body
    let last = max(0, lines.count - bodyRows)
    let top = min(coding.top ?? last, last)
    return (Array(lines.dropFirst(top).prefix(bodyRows)), top < last)
  }

  /// The top line some lines further down (or up, for negative counts); nil where that shows the end.
  func scrolled(by count: Int) -> Int? {
    let last = max(0, body.count - bodyRows)
    let top = max(0, min(coding.top ?? last, last) + count)
    return top >= last ? nil : top
  }

  /// Everything that scrolls.
  var body: [[TextRun]] {
    var text = CodingText(columns: area.columns, theme: theme)
    text.add(coding)
    return text.lines
  }

  // MARK: Rows that stay

  var head: [[TextRun]] {
    var lines = [title]
    guard coding.task != nil else { return lines + [[]] }
    lines.append(roles)
    if let setup = coding.setup, setup.isContainmentWeak {
      let text = wrapped("\(theme.symbols.warning) \(setup.containment)", width: area.columns)
      lines += text.prefix(2).map { [TextRun($0, theme.warning)] }
    }
    if area.rows >= 12 { lines.append([]) }
    return lines
  }

  private var title: [TextRun] {
    let time = timeText
    let words = [coding.task?.language.rawValue, coding.setup?.modelName].compactMap { $0 }
    let room = area.columns - 6 - time.count - (time.isEmpty ? 0 : 2)
    let text = shortened(
      words.joined(separator: " \(theme.symbols.dot) "), columns: max(0, room), ellipsis: theme.symbols.ellipsis)
    let gap = max(0, area.columns - 6 - displayWidth(of: text) - time.count)
    return [
      TextRun("Code", coding.isFocused ? theme.question : theme.strong), TextRun("  "), TextRun(text, theme.quiet),
      TextRun(String(repeating: " ", count: gap)), TextRun(time, theme.plain),
    ]
  }

  private var timeText: String {
    if case .finished(let outcome) = coding.ending { return clock(outcome.seconds) }
    guard coding.isUnderWay, let start = coding.startedAt else { return "" }
    return clock(max(0, state.now - start))
  }

  private var roles: [TextRun] {
    let adapted = Set(coding.setup?.adaptedRoles ?? [])
    let cells = CodeRole.allCases.map { role -> [TextRun] in
      let isAtWork = coding.work?.role == role
      let isDone = coding.rolesDone.contains(role)
      let mark = isAtWork ? spinner : isDone ? theme.symbols.done : theme.symbols.note
      let style = isAtWork ? theme.question : isDone ? theme.good : theme.quiet
      return [
        TextRun(mark + " ", style), TextRun(role.rawValue, isDone && !isAtWork ? theme.plain : style),
        TextRun(adapted.contains(role) ? theme.symbols.adapted : "", theme.quiet),
      ]
    }
    let width = cells.joined().reduce(0) { $0 + displayWidth(of: $1.text) }
    let gap = String(repeating: " ", count: width + 9 <= area.columns ? 3 : width + 6 <= area.columns ? 2 : 1)
    return Array(cells.joined(separator: [TextRun(gap)]))
  }

  private var spinner: String {
    let frames = theme.symbols.spinner
    let frame = Int(max(0, state.now * spinnerRate).truncatingRemainder(dividingBy: Double(frames.count)))
    return frames[min(frame, frames.count - 1)]
  }

  var foot: [[TextRun]] {
    guard coding.task != nil else { return [] }
    let headline = CodingHeadline(coding, dot: theme.symbols.dot)
    let (mark, style) =
      switch headline.tone {
      case .busy: (spinner, theme.question)
      case .good: (theme.symbols.done, theme.good)
      case .doubtful: (theme.symbols.warning, theme.warning)
      case .bad: (theme.symbols.failure, theme.failure)
      }
    let lines = wrapped(headline.text, width: max(1, area.columns - 2)).prefix(headline.tone == .busy ? 1 : 3)
    return lines.enumerated().map { index, line in
      [TextRun(index == 0 ? mark + " " : "  ", style), TextRun(line, headline.tone == .busy ? theme.quiet : style)]
    }
  }
}

func drawCoding(_ state: ScreenState, into grid: inout CellGrid, area: Rectangle, theme: Theme) {
  let view = CodingView(state, area: area)
  func write(_ lines: some Collection<[TextRun]>, from row: Int) {
    for (index, line) in lines.enumerated() where row + index < area.endRow {
      grid.write(line, column: area.column, row: row + index, limit: area.columns)
    }
  }
  let (head, foot, visible) = (view.head, view.foot, view.visible)
  write(head, from: area.row)
  write(visible.lines, from: area.row + head.count)
  if visible.hasMoreBelow {
    let text = " \(theme.symbols.more) more below "
    let row = area.row + head.count + visible.lines.count - 1
    grid.write(text, column: max(area.column, area.endColumn - displayWidth(of: text)), row: row, style: theme.question)
  }
  write(foot, from: max(area.row + head.count, area.endRow - foot.count))
}

/// The keys that the pane takes, for the last row of the screen.
func paneKeys(_ state: ScreenState) -> [(String, String)] {
  let hasProgram = state.coding.program != nil
  let isUnderWay = state.coding.isUnderWay
  return [
    ("Tab", "back"), ("x", isUnderWay ? "stop" : ""), ("a", isUnderWay && hasProgram ? "accept" : ""),
    ("r", state.coding.task != nil ? "retry" : ""), ("s", hasProgram ? "save" : ""),
    ("c", hasProgram ? "copy to conversation" : ""), ("Up/Down", "scroll"), ("q", "close"),
  ]
}
