// SPDX-License-Identifier: Apache-2.0

import Inference

/// Makes every question about a moment of a stream that has one right answer, in wordings drawn at random.
///
/// Kinds, wordings and answers are those that the embedded model was trained on (`Models/recipe/questions.py`).
package struct QuestionMaker {
  private let seen: [SeenVisit]
  private var random: SeededGenerator
  /// All questions, each once.
  package private(set) var questions: [Question] = []

  /// More visits than this are not described: the answer would be longer than any that the model has learnt.
  private static let mostDescribed = 5

  /// - Parameters:
  ///   - pairs: pairs of frames that have been seen.
  ///   - random: draws wordings, and things that did not come.
  package init(_ timeline: StoryTimeline, after pairs: Int, random: SeededGenerator) {
    seen = timeline.seen(until: pairs)
    self.random = random
    askAboutOrder()
    askAboutThings()
    askAboutAll(timeline.story, at: timeline.starts[pairs - 1])
    var asked: Set<String> = []
    questions = questions.filter { asked.insert($0.ask).inserted }
  }

  private mutating func add(
    _ kind: QuestionKind, _ answer: String, _ position: AnswerPosition, about thing: Thing? = nil
  ) {
    let ask = random.element(of: kind.wordings).naming(thing)
    questions.append(Question(kind: kind, ask: ask, answer: answer, position: position))
  }

  private mutating func askAboutOrder() {
    guard let first = seen.first, let last = seen.last else {
      add(.now, "Nothing is in view now.", .late)
      add(.first, "Nothing came.", .whole)
      add(.last, "Nothing came.", .whole)
      return
    }
    add(.now, last.isInView ? "\(last.thing.asSubject) is in view." : "Nothing is in view now.", .late)
    add(.first, "\(first.thing.asSubject) came first.", first.position)
    add(.last, "\(last.thing.asSubject) came last.", last.position)
    for (index, visit) in seen.enumerated() where times(visit.thing) == 1 {
      let thing = visit.thing
      let next = index + 1 < seen.count ? seen[index + 1] : nil
      let previous = index > 0 ? seen[index - 1] : nil
      add(
        .after, "\(next?.thing.asSubject ?? "Nothing") came after the \(thing.rawValue).", visit.position, about: thing)
      add(
        .before, "\(previous?.thing.asSubject ?? "Nothing") came before the \(thing.rawValue).", visit.position,
        about: thing)
      add(.direction, "The \(thing.rawValue) \(visit.deed).", visit.position, about: thing)
    }
  }

  private mutating func askAboutThings() {
    let present = Thing.allCases.filter { times($0) > 0 }
    let absent = Thing.allCases.filter { times($0) == 0 }
    for thing in present {
      let number = times(thing)
      let position = number == 1 ? seen.first { $0.thing == thing }?.position ?? .whole : .whole
      add(.did, "Yes, \(thing.withArticle) came.", position, about: thing)
      if let word = NumberWord.word(for: number) {
        let name = number == 1 ? thing.rawValue : thing.plural
        add(.count, "\(word.capitalizedFirst) \(name) came.", position, about: thing)
      }
    }
    guard !absent.isEmpty else { return }
    for _ in 0..<max(1, present.count) {
      let thing = random.element(of: absent)
      add(.did, "No, no \(thing.rawValue) came.", .whole, about: thing)
    }
    let thing = random.element(of: absent)
    add(.count, "No \(thing.plural) came.", .whole, about: thing)
  }

  private mutating func askAboutAll(_ story: Story, at time: Double) {
    if let word = NumberWord.word(for: seen.count) {
      add(.total, "\(word.capitalizedFirst) thing\(seen.count == 1 ? "" : "s") came.", .whole)
    }
    add(.time, "It is \(story.time(at: time).rawValue).", story.changes.isEmpty ? .whole : .late)
    add(.scene, "The camera watches a \(story.scene.rawValue).", .whole)
    if seen.count <= Self.mostDescribed {
      let parts = seen.map { "\($0.thing.withArticle) \($0.deed)." }
      add(.describe, parts.isEmpty ? "Nothing happened." : parts.joined(separator: " Then ").capitalizedFirst, .whole)
    }
  }

  private func times(_ thing: Thing) -> Int { seen.filter { $0.thing == thing }.count }

  /// Draws different questions, spread over the kinds by their weights. Descriptions, the longest answers, come last.
  package mutating func choose(_ count: Int) -> [Question] {
    let sizes = Dictionary(grouping: questions, by: \.kind).mapValues { Double($0.count) }
    var chances = questions.map { $0.kind.weight / (sizes[$0.kind] ?? 1) }
    var chosen: [Question] = []
    while chosen.count < count, let index = random.index(weighted: chances) {
      chosen.append(questions[index])
      chances[index] = 0
    }
    return chosen.filter { $0.kind != .describe } + chosen.filter { $0.kind == .describe }
  }
}
