// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// The entries of the conversation on the screen, oldest first.
package struct Conversation: Equatable, Sendable {
  /// One thing said.
  package struct Entry: Equatable, Sendable {
    /// Who said it, and whether there is more to come.
    package enum Kind: Equatable, Sendable {
      /// A question; waiting until its answer begins or fails.
      case question(isWaiting: Bool)
      /// An answer; open while pieces of it come.
      case answer(isOpen: Bool)
      /// A program that was shared.
      case program(language: ProgramLanguage)
      /// Said by the program.
      case help, note, warning, failure
    }

    /// Unlike that of any other entry of the conversation.
    package let id: Int
    /// Changes when a question gets its answer and when an answer ends.
    package var kind: Kind
    /// May have several lines.
    package var text: String
    /// A short remark under the text.
    package var remark: String?
    /// How often the same was said in a row.
    package var repeats = 1
  }

  /// Oldest first, at most `capacity`.
  package private(set) var entries: [Entry] = []
  private var nextID = 0

  /// Entries that are kept; beyond it the oldest go. A stream that runs for days may warn for days.
  package static let capacity = 2_000

  /// Nothing said.
  package init() {}

  /// Adds an entry. A note, warning or failure that was just said is counted in `repeats` instead.
  package mutating func append(_ kind: Entry.Kind, _ text: String) {
    if let last = entries.indices.last, entries[last].kind == kind, entries[last].text == text,
      [.note, .warning, .failure].contains(kind)
    {
      entries[last].repeats += 1
      return
    }
    entries.append(newEntry(kind, text))
    if entries.count > Conversation.capacity { entries.removeFirst(entries.count - Conversation.capacity) }
  }

  private mutating func newEntry(_ kind: Entry.Kind, _ text: String) -> Entry {
    nextID += 1
    return Entry(id: nextID, kind: kind, text: text)
  }

  /// Ids are not used again.
  package mutating func removeAll() { entries.removeAll() }

  var hasOpenAnswer: Bool { openAnswer != nil }
  var hasWaitingQuestion: Bool { entries.contains { $0.kind == .question(isWaiting: true) } }

  private var openAnswer: Int? { entries.lastIndex { $0.kind == .answer(isOpen: true) } }

  /// Opens the answer right after its question, which may stand before others that wait.
  package mutating func openAnswer(to question: String) {
    closeAnswer(text: nil, remark: nil)
    let waiting = entries.firstIndex { $0.kind == .question(isWaiting: true) && $0.text == question }
    if waiting == nil { append(.question(isWaiting: true), question) }
    let index = waiting ?? entries.count - 1
    entries[index].kind = .question(isWaiting: false)
    entries.insert(newEntry(.answer(isOpen: true), ""), at: index + 1)
  }

  mutating func appendToAnswer(_ piece: String) {
    guard let index = openAnswer else { return }
    // Models like to begin with a space or a line end.
    entries[index].text += entries[index].text.isEmpty ? String(piece.drop { $0.isWhitespace }) : piece
  }

  /// Ends the open answer, with its final text when that is known better than by its pieces.
  package mutating func closeAnswer(text: String?, remark: String?) {
    guard let index = openAnswer else { return }
    entries[index].kind = .answer(isOpen: false)
    if let text, !text.isEmpty { entries[index].text = text.trimmingSpaces }
    entries[index].remark = remark
  }
}
