// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Inference
import Testing

@Suite("Questions")
struct QuestionTests {
  /// A cat that crosses, a dog that stops and goes on, the cat again; a minute in all.
  private let story: Story = {
    var random = SeededGenerator(seed: 3)
    let visits = [
      Visit(of: .cat, at: 3, actions: [1, 0, 0], &random), Visit(of: .dog, at: 20, actions: [0, 1, 0], &random),
      Visit(of: .cat, at: 40, actions: [0, 0, 1], &random),
    ]
    return Story(scene: .yard, time: .night, visits: visits, length: 60)
  }()

  private var timeline: StoryTimeline { StoryTimeline(story, phase: 0.25) }

  /// Answers by question, over many draws of wordings.
  private func answers(after pairs: Int? = nil) -> [String: Question] {
    var found: [String: Question] = [:]
    for seed in 0..<60 as Range<UInt64> {
      let maker = QuestionMaker(timeline, after: pairs ?? timeline.pairCount, random: SeededGenerator(seed: seed))
      for question in maker.questions { found[question.ask] = question }
    }
    return found
  }

  private func deed(_ visit: Visit, _ end: String) -> String {
    "came from the \(visit.side.rawValue), stopped and went \(end)"
  }

  @Test("are answered by what the story says")
  func facts() {
    let answers = answers()
    let cat = story.visits[0]
    let dog = deed(story.visits[1], "on")
    let expected = [
      "What is in view now?": "Nothing is in view now.", "What came first?": "A cat came first.",
      "What came last?": "A cat came last.", "What came after the dog?": "A cat came after the dog.",
      "What came before the dog?": "A cat came before the dog.", "What did the dog do?": "The dog \(dog).",
      "Did a cat appear?": "Yes, a cat came.", "Did an umbrella appear?": "No, no umbrella came.",
      "How many cats came?": "Two cats came.", "How many dogs came?": "One dog came.",
      "How many buses came?": "No buses came.", "How many people came?": "No people came.",
      "How many things came?": "Three things came.", "What time of day is it?": "It is night.",
      "Where is the camera?": "The camera watches a yard.",
      "What happened?": "A cat went from \(cat.side.rawValue) to \(cat.side == .left ? "right" : "left"). "
        + "Then a dog \(dog). Then a cat \(deed(story.visits[2], "back")).",
    ]
    for (ask, answer) in expected { #expect(answers[ask]?.answer == answer, "\(ask)") }
    #expect(answers["What came after the cat?"] == nil, "what came twice has no one thing after it")
  }

  @Test("midway know only what has been seen")
  func midway() {
    let early = answers(after: 10)
    #expect(early["What came last?"]?.answer == "A cat came last.")
    #expect(early["How many things came?"]?.answer == "One thing came.")
    let dogs = early.values.filter { $0.kind == .did && $0.ask.contains("a dog") }
    #expect(!dogs.isEmpty && dogs.allSatisfy { $0.answer == "No, no dog came." })
    let none = answers(after: 2)
    #expect(none["What came first?"]?.answer == "Nothing came.")
    #expect(none["What happened?"]?.answer == "Nothing happened.")
  }

  @Test("while a thing is in view say so")
  func inView() throws {
    let visit = story.visits[1]
    let standing = (visit.corners[1].time + visit.corners[2].time) / 2 + visit.start
    let pairs = try #require(timeline.starts.lastIndex { $0 + StoryTimeline.frameStep < standing }) + 1
    #expect(timeline.isSettled(after: pairs))
    let answers = answers(after: pairs)
    #expect(answers["What is in view now?"]?.answer == "A dog is in view.")
    #expect(answers["What did the dog do?"]?.answer == "The dog came from the \(visit.side.rawValue) and is in view.")
  }

  @Test("know where in the stream their answer lies")
  func places() {
    let answers = answers()
    #expect(answers["What came first?"]?.position == .early)
    #expect(answers["What did the dog do?"]?.position == .middle)
    #expect(answers["What came last?"]?.position == .late)
    #expect(answers["How many cats came?"]?.position == .whole)
    #expect(answers["How many dogs came?"]?.position == .middle)
  }

  @Test("are drawn without doubles, those to be described last")
  func chosen() {
    for seed in 0..<50 as Range<UInt64> {
      var maker = QuestionMaker(timeline, after: timeline.pairCount, random: SeededGenerator(seed: seed))
      let chosen = maker.choose(8)
      #expect(chosen.count == 8)
      #expect(Set(chosen.map(\.ask)).count == 8)
      let kinds = chosen.map(\.kind)
      if let place = kinds.firstIndex(of: .describe) { #expect(kinds[place...].allSatisfy { $0 == .describe }) }
    }
    var maker = QuestionMaker(timeline, after: timeline.pairCount, random: SeededGenerator(seed: 1))
    #expect(maker.choose(1000).count == maker.questions.count)
  }
}
