// SPDX-License-Identifier: Apache-2.0

import Testing
import Watching

@Suite("A watch")
struct WatchTests {
  @Test("is a condition, whose question says what counts and what does not")
  func condition() throws {
    let watch = try Watch(text: "  a parcel  is at the door. ")
    #expect(watch.name == "a parcel is at the door" && watch.kind == .now)
    #expect(watch.question.contains("a parcel is at the door"))
    #expect(watch.question.contains("Answer yes only if") && watch.question.contains("Answer no if"))
  }

  @Test("is the question itself where one is asked")
  func question() throws {
    #expect(try Watch(text: "Is the gate open?").question == "Is the gate open?")
    #expect(try Watch("the gate is open", question: "Gate open?").question == "Gate open?")
  }

  @Test(
    "says what it is about before a colon",
    arguments: [
      ("now: the gate is open", Watch.Kind.now, "the gate is open"),
      ("since: a cat came", .since, "a cat came"),
      ("missing 90: somebody is in", .missing(seconds: 90), "somebody is in"),
      ("missing 10m: somebody is in", .missing(seconds: 600), "somebody is in"),
      ("missing 2h: somebody is in", .missing(seconds: 7200), "somebody is in"),
      ("the sign says: open", .now, "the sign says: open"),
      ("Missing 5s: somebody is in", .missing(seconds: 5), "somebody is in"), ("有人在门口", .now, "有人在门口"),
    ])
  func kinds(_ text: String, _ kind: Watch.Kind, _ words: String) throws {
    let watch = try Watch(text: text)
    #expect(watch.kind == kind && watch.words == words)
  }

  @Test("that says nothing which can be so is refused", arguments: ["hello", "", " . ", "1 2 3", "now: cat"])
  func noCondition(_ text: String) {
    #expect { try Watch(text: text) } throws: { error in
      guard case .notACondition = error as? WatchError else { return false }
      return "\(error)".contains("is no condition")
    }
  }

  @Test(
    "that begins with nearly a kind is refused, and not asked about as it is",
    arguments: ["missing soon: it is so", "missing 10 m: it is so", "missing: it is so", "since 5m: it is so"])
  func unknownKind(_ text: String) {
    #expect(throws: WatchError.unknownKind(String(text.prefix { $0 != ":" }))) { try Watch(text: text) }
  }

  @Test("that is too long, or whose time makes no sense, is refused")
  func bounds() {
    let long = "a " + String(repeating: "b", count: 1999)
    #expect(throws: WatchError.tooLong(characters: 2001)) { try Watch(text: long) }
    let marks = "a c" + String(repeating: "\u{301}", count: 500)
    #expect(throws: WatchError.tooLong(characters: 503)) { try Watch(text: marks) }
    #expect(throws: WatchError.unusableTime(watch: "it is so", seconds: 0)) { try Watch(text: "missing 0: it is so") }
    #expect(throws: WatchError.unusableTime(watch: "it is so", seconds: .infinity)) {
      try Watch(text: "missing inf: it is so")
    }
    #expect(throws: WatchError.unusableTime(watch: "it is so", seconds: -1)) {
      try Watch("it is so", cooldown: -1)
    }
  }

  @Test("has a name of its own among those of a stream, of which there are 64 at most")
  func names() throws {
    let watch = try Watch(text: "it is so")
    #expect(throws: WatchError.nameTwice("it is so")) { try Watch.check([watch, watch]) }
    let many = try (0..<65).map { try Watch(text: "it is \($0)") }
    #expect(throws: WatchError.tooMany(65)) { try Watch.check(many) }
    try Watch.check(Array(many.prefix(64)))
    try Watch.check([watch, try Watch(text: "since: it is so")])
  }
}
