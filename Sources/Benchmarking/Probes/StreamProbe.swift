import Assistant
import BoundedCache
import Models
import Pictures

/// Measures a stream end to end: pictures go in until the cache is full, and on until it has been thinned out as often
/// as there are rounds; then a question is asked, and asked again behind a conversation and new pictures.
struct StreamProbe: Probe {
  let model: LoadedModel
  let plan: BenchmarkPlan

  private static let question = "What came first?"
  /// Of pictures that are all different from each other, more than a few make no difference.
  private static let pictureCount = 4

  private var hasFrames: Bool { model.vision != nil && !plan.parts.isDisjoint(with: [.ingest, .pass, .answer]) }
  private var asks: Bool { plan.parts.contains(.answer) }

  var steps: Int { (plan.rounds + 1) * ((hasFrames ? 1 : 0) + (asks ? 1 : 0) + (asks && hasFrames ? 1 : 0)) }

  func measure(_ progress: RoundProgress) throws -> [Figure] {
    let dialogue = try VideoDialogue(
      model: model,
      options: DialogueOptions(
        budget: .tokens(plan.budget), type: plan.cacheType, compression: .published(with: CompressionVariant.best),
        maximumAnswerTokens: 1))
    var figures = hasFrames ? try ingest(into: dialogue, progress) : []
    if asks { figures += try answers(of: dialogue, progress) }
    if asks && hasFrames { figures += try answersBehindTalk(of: dialogue, progress) }
    return figures.filter { plan.parts.contains($0.part) }
  }

  /// A round lasts from one pass to the next, so that each has its share of them.
  private func ingest(into dialogue: VideoDialogue, _ progress: RoundProgress) throws -> [Figure] {
    let size = model.pictureSize(plan)
    try dialogue.check(framesOf: size.width, by: size.height, questions: [Self.question])
    let pictures = pictures(size)
    let passes = Passes()
    dialogue.onPass = { passes.seconds.append($0.seconds) }
    var rates: [Double] = []
    for round in 0...plan.rounds {
      try progress.begin(round == 0 ? "ingest, filling the cache" : "ingest, \(plan.budget) tokens")
      let before = passes.seconds.count
      let first = dialogue.picturesSeen
      let taken = try secondsTaken {
        repeat {
          try progress.check()
          try see(pictures, in: dialogue)
        } while passes.seconds.count == before
      }
      if round > 0 { rates.append(Double(dialogue.picturesSeen - first) / taken) }
    }
    let place = "\(plan.budget) tokens"
    let ingest = Spread(rates).map {
      Figure(
        .ingest, place: place, unit: .picturesPerSecond, value: $0,
        note: "\(size.width) × \(size.height), the cache full")
    }
    let pass = Spread(Array(passes.seconds.dropFirst())).map {
      Figure(.pass, place: place, unit: .seconds, value: $0, note: "thins the cache out; a round of ingest has one")
    }
    return [ingest, pass].compactMap(\.self)
  }

  private final class Passes {
    var seconds: [Double] = []
  }

  private func pictures(_ size: BenchmarkPlan.PictureSize) -> [Picture] {
    var maker = NoisePictures(size: size)
    return (0..<Self.pictureCount).map { _ in maker.next() }
  }

  private func see(_ pictures: [Picture], in dialogue: VideoDialogue) throws {
    let seen = dialogue.picturesSeen
    try dialogue.see(pictures[seen % pictures.count], at: Double(seen) / model.preferences.framesPerSecond)
  }

  private func answers(of dialogue: VideoDialogue, _ progress: RoundProgress) throws -> [Figure] {
    var answers: [Answer] = []
    for _ in 0...plan.rounds {
      try progress.begin("answer")
      answers.append(try ask(dialogue))
      dialogue.forgetConversation()
    }
    return figures(of: answers, place: hasFrames ? "\(plan.budget) tokens" : "")
  }

  /// The first round reads the whole conversation; those after it begin with new pictures.
  private func answersBehindTalk(of dialogue: VideoDialogue, _ progress: RoundProgress) throws -> [Figure] {
    let pictures = pictures(model.pictureSize(plan))
    let turn = Array(repeating: Self.question, count: 2).joined(separator: " ")
    for _ in 0...plan.budget / 4 / model.tokenizer.encode(turn, parsingSpecialTokens: false).count {
      dialogue.add(question: turn, answer: turn, at: 0)
    }
    var answers: [Answer] = []
    for round in 0...plan.rounds {
      try progress.begin("answer behind a conversation")
      if round > 0 {
        for _ in 0..<2 { try see(pictures, in: dialogue) }
      }
      answers.append(try ask(dialogue))
    }
    dialogue.forgetConversation()
    return figures(of: answers, place: "\(plan.budget) tokens, long talk")
  }

  private struct Answer {
    var firstTokenSeconds: Double
    var promptTokens: Int
  }

  private func ask(_ dialogue: VideoDialogue) throws -> Answer {
    let summary = try dialogue.answer(
      Self.question, at: Double(dialogue.picturesSeen) / model.preferences.framesPerSecond, isCancelled: { false },
      emit: { _ in })
    return Answer(firstTokenSeconds: summary.firstTokenSeconds, promptTokens: summary.promptTokens)
  }

  /// The first answer is left out.
  private func figures(of answers: [Answer], place: String) -> [Figure] {
    let note = "to the first word, \(answers.last?.promptTokens ?? 0) tokens to read"
    return Spread(answers.dropFirst().map(\.firstTokenSeconds)).map {
      [Figure(.answer, place: place, unit: .seconds, value: $0, note: note)]
    } ?? []
  }
}
