// SPDX-License-Identifier: Apache-2.0

import Platform
import SessionInterface
import Testing

@Suite("A mailbox of events")
struct EventMailboxTests {
  private let mailbox: EventMailbox

  init() throws { mailbox = try EventMailbox() }

  /// The events that a late listener finds, by kind and text.
  private func found(after events: [SessionEvent]) -> [String] {
    for event in events { mailbox.send(event) }
    return mailbox.take().events.map { event in
      switch event {
      case .statistics(let statistics): "statistics \(Int(statistics.streamTime))"
      case .frameSeen(let time): "frame \(Int(time))"
      case .answerPiece(let text): "piece \(text)"
      case .code(.piece(let text)): "program \(text)"
      case .note(let text), .warning(let text): text
      case .answerStarted(let question): "question \(question)"
      default: "\(event)"
      }
    }
  }

  private func statistics(_ time: Double) -> SessionEvent {
    var statistics = SessionStatistics()
    statistics.streamTime = time
    return .statistics(statistics)
  }

  @Test("gives events in order, once")
  func order() {
    #expect(found(after: [.note("a"), .answerStarted(question: "q"), .warning("b")]) == ["a", "question q", "b"])
    #expect(mailbox.take().events.isEmpty)
  }

  @Test("keeps the newest state of a kind, in the place of its last change")
  func states() {
    let events = [statistics(1), .frameSeen(time: 1), statistics(2), .note("a"), .frameSeen(time: 2)]
    #expect(found(after: events) == ["statistics 2", "a", "frame 2"])
  }

  @Test("joins pieces of text, whatever state comes between them, and nothing else")
  func pieces() {
    #expect(
      found(after: [.answerPiece("A "), statistics(1), .answerPiece("cat"), .code(.piece("x")), .code(.piece("y"))])
        == ["piece A cat", "statistics 1", "program xy"])
    #expect(found(after: [.answerPiece("A"), .note("n"), .answerPiece("b")]) == ["piece A", "n", "piece b"])
  }

  @Test("stays small however long nobody takes anything")
  func bounded() {
    var events: [SessionEvent] = [.answerStarted(question: "q")]
    for number in 0..<2000 {
      events += [statistics(Double(number)), .warning("w\(number)"), .frameSeen(time: Double(number))]
    }
    let found = found(after: events)
    #expect(found.count == EventMailbox.remarkCapacity + 3)
    #expect(found.first == "question q")
    #expect(found.contains("w1999") && !found.contains("w0"))
  }

  @Test("wakes whoever polls, for the first event that waits and for the end")
  func wakes() {
    #expect(mailbox.pipe.takeBytes().isEmpty)
    mailbox.send(.note("a"))
    mailbox.send(.note("b"))
    #expect(mailbox.pipe.takeBytes() == [0])
    _ = mailbox.take()
    mailbox.send(.note("c"))
    #expect(mailbox.pipe.takeBytes() == [0])
    mailbox.finish()
    #expect(mailbox.pipe.takeBytes() == [0])
  }

  @Test("is finished once it has said so, and takes nothing more")
  func finish() {
    mailbox.send(.note("a"))
    mailbox.finish()
    mailbox.send(.note("b"))
    let (events, isFinished) = mailbox.take()
    #expect(events.count == 1 && isFinished)
  }
}
