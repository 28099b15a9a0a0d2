// SPDX-License-Identifier: Apache-2.0

/// Handles a key while the pane has the keys; nil for keys with the same effect everywhere.
func pressInPane(_ key: Key, _ state: inout ScreenState) -> [ScreenEffect]? {
  switch key {
  case .tab: state.coding.isFocused = false
  case .escape:
    if state.coding.isUnderWay, !state.isAnswering { return stopCoding(&state) }
    if state.isAnswering { return nil }
    state.coding.isFocused = false
  case .up: scrollPane(by: -1, &state)
  case .down: scrollPane(by: 1, &state)
  case .lineUp: scrollPane(by: -3, &state)
  case .lineDown: scrollPane(by: 3, &state)
  case .pageUp: scrollPane(by: -pageRows(state), &state)
  case .pageDown: scrollPane(by: pageRows(state), &state)
  case .home: state.coding.top = 0
  case .end: state.coding.top = nil
  case .text("r"): return codingEffects(of: .retry, "", &state) ?? []
  case .text("a"): return codingEffects(of: .accept, "", &state) ?? []
  case .text("c"): return codingEffects(of: .share, "", &state) ?? []
  case .text("x"): return codingEffects(of: .stop, "", &state) ?? []
  case .text("s"):
    guard hasProgram(&state) else { return [] }
    state.coding.isFocused = false
    state.editor.replace(with: "/save-code ")
  case .text("q"):
    state.coding.isFocused = false
    state.coding.isOpen = false
  case .text("/"):
    state.coding.isFocused = false
    state.editor.insert("/")
  case .text, .enter, .newLine:
    state.say("the keys go to the coding pane; Tab goes back to the line")
  case .control, .alt: return nil
  default: break
  }
  return []
}

/// Tab on the line.
func focusPane(_ state: inout ScreenState) -> [ScreenEffect] {
  state.coding.isFocused = state.coding.isOpen && ScreenLayout(state) != nil
  return []
}

/// Where pane and conversation have no room beside each other, a task that was asked for is looked at.
func focusWhereNarrow(_ state: inout ScreenState) {
  guard let layout = ScreenLayout(state), layout.codingPane == nil else { return }
  state.coding.isFocused = true
}

private func pageRows(_ state: ScreenState) -> Int {
  guard let area = ScreenLayout(state)?.codingPane else { return 1 }
  return max(1, CodingView(state, area: area).bodyRows - 2)
}

private func scrollPane(by lines: Int, _ state: inout ScreenState) {
  guard let area = ScreenLayout(state)?.codingPane else { return }
  state.coding.top = CodingView(state, area: area).scrolled(by: lines)
}
