// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct LineChangesTests {
  @Test("a changed line is removed and added between those around it")
  func change() {
    #expect(lineChanges(from: "a\nb\nc", to: "a\nx\nc") == [.kept("a"), .removed("b"), .added("x"), .kept("c")])
  }

  @Test("lines that moved nothing are kept: the longest common part stays")
  func common() {
    let changes = lineChanges(from: "1\n2\n3\n4", to: "2\n3\n5\n4\n6")
    #expect(changes == [.removed("1"), .kept("2"), .kept("3"), .added("5"), .kept("4"), .added("6")])
  }

  @Test("what is far from a change is left out and counted")
  func context() {
    let old = (1...20).map { "\($0)" }
    var new = old
    new[9] = "x"
    let changes = lineChanges(from: old.joined(separator: "\n"), to: new.joined(separator: "\n"))
    #expect(
      changes == [
        .skipped(7), .kept("8"), .kept("9"), .removed("10"), .added("x"), .kept("11"), .kept("12"), .skipped(8),
      ])
  }

  @Test("texts that are the same have no changes; empty ones are all new or all gone")
  func edges() {
    #expect(lineChanges(from: "a\nb\n", to: "a\nb") == [.skipped(2)])
    #expect(lineChanges(from: "", to: "a") == [.added("a")])
    #expect(lineChanges(from: "a", to: "") == [.removed("a")])
    #expect(lineChanges(from: "", to: "") == [])
  }

  @Test("texts too long to compare are shown whole")
  func long() {
    let old = (0..<3_000).map { "a\($0)" }.joined(separator: "\n")
    let new = (0..<3_000).map { "b\($0)" }.joined(separator: "\n")
    #expect(lineChanges(from: old, to: new).count == 6_000)
  }
}
