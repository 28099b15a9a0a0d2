// SPDX-License-Identifier: Apache-2.0

/// One row of the conversation: a mark in the margin, a term in a column of its own where there are terms, a text.
struct ConversationLine: Equatable, Sendable {
  var mark = ""
  var markStyle = CellStyle.plain
  var term = ""
  var termColumns = 0
  var termStyle = CellStyle.plain
  var text = ""
  var style = CellStyle.plain
  /// In place of the text where it has several styles.
  var runs: [TextRun] = []
}

/// The conversation on an area: which lines are seen, and where scrolling leads. Only the entries near what is seen
/// are wrapped, so a long conversation costs no more than a short one.
struct ConversationView {
  private let state: ScreenState
  private let theme: Theme
  private let columns: Int
  private let rows: Int

  /// Columns of the margin in which marks stand.
  private static let margin = 2

  init(_ state: ScreenState, columns: Int, rows: Int) {
    self.state = state
    theme = Theme(state.appearance)
    self.columns = columns
    self.rows = rows
  }

  private var entries: [Conversation.Entry] { state.conversation.entries }

  /// The lines on show, and whether there are more below them.
  var visible: (lines: [ConversationLine], hasMoreBelow: Bool) {
    guard rows > 0, !entries.isEmpty else { return ([], false) }
    var place = top
    var lines: [ConversationLine] = []
    while place.entry < entries.count, lines.count <= rows {
      lines += self.lines(of: place.entry).dropFirst(place.line)
      place = (place.entry + 1, 0)
    }
    return (Array(lines.prefix(rows)), lines.count > rows)
  }

  /// The scroll position some lines further down (or up, for negative counts).
  func scrolled(by count: Int) -> ScrollPosition {
    guard !entries.isEmpty, rows > 0 else { return .tail }
    let last = tailTop
    var place = top
    var left = count
    while left < 0, place.entry > 0 || place.line > 0 {
      if place.line > 0 {
        let step = min(place.line, left == .min ? .max : -left)
        place.line -= step
        left += step
      } else {
        place = (place.entry - 1, lines(of: place.entry - 1).count)
      }
    }
    while left > 0, place < last {
      let height = lines(of: place.entry).count
      let step = min(left, height - place.line)
      place.line += step
      left -= step
      if place.line >= height { place = (place.entry + 1, 0) }
    }
    return place >= last ? .tail : .line(entry: entries[place.entry].id, line: place.line)
  }

  /// The line at the top, as an index into the entries and a line of that entry.
  private var top: (entry: Int, line: Int) {
    let last = tailTop
    guard case .line(let id, let line) = state.scroll else { return last }
    guard let entry = entries.firstIndex(where: { $0.id == id }) else { return min(last, (0, 0)) }
    // A wider terminal has fewer lines in the same entry.
    return min(last, (entry, min(line, max(0, lines(of: entry).count - 1))))
  }

  /// The top line when the end is in view.
  private var tailTop: (entry: Int, line: Int) {
    var left = rows
    for entry in entries.indices.reversed() {
      let height = lines(of: entry).count
      if height >= left { return (entry, height - left) }
      left -= height
    }
    return (0, 0)
  }

  private func min(_ a: (entry: Int, line: Int), _ b: (entry: Int, line: Int)) -> (entry: Int, line: Int) {
    a < b ? a : b
  }

  private func min(_ a: Int, _ b: Int) -> Int { a < b ? a : b }

  // MARK: Entries as lines

  private func lines(of index: Int) -> [ConversationLine] {
    let entry = entries[index]
    var result = wrappedText(of: entry)
    if needsSpace(before: index) { result.insert(ConversationLine(), at: 0) }
    return result
  }

  private func needsSpace(before index: Int) -> Bool {
    guard index > 0 else { return false }
    let isRemark = { (kind: Conversation.Entry.Kind) in [.note, .warning, .failure].contains(kind) }
    if case .answer = entries[index].kind { return false }
    if case .program = entries[index].kind { return false }
    return !(isRemark(entries[index].kind) && isRemark(entries[index - 1].kind))
  }

  private func wrappedText(of entry: Conversation.Entry) -> [ConversationLine] {
    if case .help = entry.kind { return helpLines(entry.text) }
    if case .program(let language) = entry.kind {
      return programRuns(entry.text, language: language, columns: columns - ConversationView.margin, theme: theme)
        .map { ConversationLine(runs: $0) }
    }
    let (mark, style, markStyle) = looks(of: entry.kind)
    var text = entry.text
    if entry.repeats > 1 { text += " (\(theme.symbols.times)\(entry.repeats))" }
    var lines = wrapped(text, width: max(1, columns - ConversationView.margin)).map {
      ConversationLine(text: $0, style: style)
    }
    lines[0].mark = mark
    lines[0].markStyle = markStyle

    switch entry.kind {
    case .question(isWaiting: true):
      let what = state.conversation.hasOpenAnswer ? "waits for the answer above" : "thinking"
      lines.append(busy(what))
    case .answer(isOpen: true) where entry.text.isEmpty:
      lines = [busy("thinking")]
    case .answer(isOpen: true):
      let last = lines.count - 1
      if displayWidth(of: lines[last].text) + 1 <= columns - ConversationView.margin {
        lines[last].text += theme.symbols.caret
      }
    default:
      break
    }
    if let remark = entry.remark { lines.append(ConversationLine(text: remark, style: theme.quiet)) }
    return lines
  }

  /// Lines of a term, a tab and what it means.
  private func helpLines(_ text: String) -> [ConversationLine] {
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      return (term: parts.first.map { String($0) } ?? "", meaning: parts.count > 1 ? String(parts[1]) : "")
    }
    let termColumns = (rows.map { displayWidth(of: $0.term) }.max() ?? 0) + 2
    return rows.flatMap { row in
      wrapped(row.meaning, width: max(1, columns - ConversationView.margin - termColumns)).enumerated().map {
        ConversationLine(
          term: $0.offset == 0 ? row.term : "", termColumns: termColumns, termStyle: theme.plain, text: $0.element,
          style: theme.quiet)
      }
    }
  }

  private func busy(_ what: String) -> ConversationLine {
    let frames = theme.symbols.spinner
    let frame = Int(max(0, state.now * spinnerRate).truncatingRemainder(dividingBy: Double(frames.count)))
    return ConversationLine(
      mark: frames[min(frame, frames.count - 1)], markStyle: theme.question, text: what, style: theme.quiet)
  }

  private func looks(of kind: Conversation.Entry.Kind) -> (mark: String, style: CellStyle, markStyle: CellStyle) {
    switch kind {
    case .question: (theme.symbols.prompt, theme.question, theme.question)
    case .answer: ("", theme.plain, theme.plain)
    case .help, .program: ("", theme.plain, theme.plain)
    case .note: (theme.symbols.note, theme.quiet, theme.quiet)
    case .warning: (theme.symbols.warning, theme.warning, theme.warning)
    case .failure: (theme.symbols.failure, theme.failure, theme.failure)
    }
  }
}

/// Steps a second of the mark that shows that something is under way.
let spinnerRate = 10.0
