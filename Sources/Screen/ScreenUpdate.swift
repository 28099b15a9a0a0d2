// SPDX-License-Identifier: Apache-2.0

import Plotting
import Records
import SessionInterface

/// Brings a message into the state and says what has to be done outside it. `now` is in seconds of a clock that
/// never goes back.
package func update(_ state: inout ScreenState, _ message: ScreenMessage, at now: Double) -> [ScreenEffect] {
  state.now = now
  if let hint = state.hint, now >= hint.until { state.hint = nil }
  if let until = state.leaveArmedUntil, now >= until { state.leaveArmedUntil = nil }
  switch message {
  case .key(let key):
    return press(key, &state)
  case .paste(let text):
    state.coding.isFocused = false
    let fits = state.editor.insert(pasted(text))
    if !fits { state.say("only the beginning of the paste fits the line", isProblem: true) }
    return []
  case .event(let event):
    take(event, &state)
    return []
  case .resized(let size):
    state.size = size
    return []
  case .tick:
    return []
  case .errorOutput(let text):
    for line in text.split(whereSeparator: \.isNewline) where !line.trimmingSpaces.isEmpty {
      state.conversation.append(.warning, String(line))
    }
    return []
  case .pathChecked(let line, let word, let exists):
    return pathChecked(line: line, word: word, exists: exists, &state)
  case .taskRead(let line, let language, let contents):
    return taskRead(contents, line: line, language: language, &state)
  case .pathsListed(let prefix, let paths):
    complete(pathPrefix: prefix, with: paths, &state)
    return []
  }
}

/// A paste keeps its lines; everything else that is not text goes.
private func pasted(_ text: String) -> String {
  var result = normalizedLines(text)
  result.removeAll { !$0.isNewline && glyphs(of: $0).isEmpty || $0.asciiValue.map { $0 < 0x20 && $0 != 0x0A } == true }
  while result.hasSuffix("\n") { result.removeLast() }
  return result
}

extension ScreenState {
  static let hintSeconds = 6.0

  /// Shows a hint for some seconds, in place of the one before.
  package mutating func say(_ text: String, isProblem: Bool = false, seconds: Double = hintSeconds) {
    hint = Hint(text: text, isProblem: isProblem, until: now + seconds)
  }
}

private func take(_ event: SessionEvent, _ state: inout ScreenState) {
  switch event {
  case .ready(let description):
    state.description = description
    if description.isEmbeddedModel {
      state.conversation.append(
        .note,
        "The small model that comes with the program is answering (\(description.modelName)). "
          + "Start with --model FILE for another.")
    }
    state.conversation.append(.note, "Type a question and press Enter; /help lists the commands.")
  case .preview(let image, let time):
    state.image = image
    state.imageTime = time
  case .signal(let lostSince):
    state.signalLostSince = lostSince
  case .frameSeen(let time):
    state.statistics.streamTime = time
    state.streamEnded = false
  case .compressed(let report):
    state.lastCompression = report
  case .answerStarted(let question):
    state.conversation.openAnswer(to: question)
  case .answerPiece(let piece):
    state.conversation.appendToAnswer(piece)
  case .answerFinished(let summary):
    state.conversation.closeAnswer(text: summary.text, remark: remark(on: summary, state))
    state.isCancelling = false
  case .answerFailed(_, let message):
    state.conversation.closeAnswer(text: nil, remark: nil)
    state.conversation.append(.failure, message)
    state.isCancelling = false
  case .statistics(let statistics):
    state.statistics = statistics
    state.cacheUsageHistory.add(statistics.cachedTokens, at: state.now)
  case .retention(let map):
    state.retention = map
  case .code(let event):
    state.coding.take(event, at: state.now)
    if case .started = event { focusWhereNarrow(&state) }
    if !state.coding.isUnderWay, ScreenLayout(state)?.codingPane == nil {
      state.say(CodingHeadline(state.coding, dot: Theme(state.appearance).symbols.dot).text, seconds: 15)
    }
  case .programShared(let program):
    state.conversation.append(.note, "The program is part of the conversation from now on; ask about it.")
    state.conversation.append(.program(language: program.language), program.text)
  case .note(let text):
    state.conversation.append(.note, text)
  case .warning(let text):
    state.conversation.append(.warning, text)
  case .failure(let code, let message):
    state.conversation.append(.failure, message)
    // Work that was asked for and never began.
    if state.coding.isWaiting { state.coding.take(.failed(code: code, message: message), at: state.now) }
  case .streamEnded(let time):
    state.streamEnded = true
    state.conversation.append(.note, "The stream ended at \(clock(time)). You can go on asking about it.")
  }
}

private func remark(on summary: AnswerSummary, _ state: ScreenState) -> String? {
  let dot = " \(Theme(state.appearance).symbols.dot) "
  var parts: [String] = []
  switch summary.stop {
  case .end: break
  case .length: parts.append("cut at the token limit")
  case .cancelled: parts.append("stopped")
  case .budget: parts.append("cut: the budget has no room for more")
  }
  if let since = state.signalLostSince { parts.append("no signal since \(timeOfDay(since))") }
  parts.append("\(decimal(summary.seconds, places: summary.seconds < 1 ? 2 : 1)) s")
  parts.append(summary.answerTokens == 1 ? "1 token" : "\(summary.answerTokens) tokens")
  return parts.joined(separator: dot)
}
