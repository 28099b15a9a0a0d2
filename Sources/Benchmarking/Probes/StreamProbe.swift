import Assistant
import BoundedCache
import Models
import Pictures

/// Measures a stream end to end: pictures go in until the cache is full, and on until it has been thinned out as often
/// as there are rounds; then a question is asked.
struct StreamProbe: Probe {
  let model: LoadedModel
  let plan: BenchmarkPlan

  private static let question = "What came first?"
  /// Of pictures that are all different from each other, more than a few make no difference.
  private static let pictureCount = 4

  private var hasFrames: Bool { model.vision != nil && !plan.parts.isDisjoint(with: [.ingest, .pass, .answer]) }
  private var asks: Bool { plan.parts.contains(.answer) }

  var steps: Int { (hasFrames ? plan.rounds + 1 : 0) + (asks ? plan.rounds + 1 : 0) }

  func measure(_ progress: RoundProgress) throws -> [Figure] {
    let dialogue = try VideoDialogue(
      model: model,
      options: DialogueOptions(
        budget: .tokens(plan.budget), type: plan.cacheType, compression: .published(with: CompressionVariant.best),
        maximumAnswerTokens: 1))
    var figures = hasFrames ? try ingest(into: dialogue, progress) : []
    if asks { figures += try answers(of: dialogue, progress) }
    return figures.filter { plan.parts.contains($0.part) }
  }

  /// A round lasts from one pass to the next, so that each has its share of them.
  private func ingest(into dialogue: VideoDialogue, _ progress: RoundProgress) throws -> [Figure] {
    let size = model.pictureSize(plan)
    try dialogue.check(framesOf: size.width, by: size.height, questions: [Self.question])
    var maker = NoisePictures(size: size)
    let pictures = (0..<Self.pictureCount).map { _ in maker.next() }
    let passes = Passes()
    dialogue.onPass = { passes.seconds.append($0.seconds) }
    var rates: [Double] = []
    var seen = 0
    for round in 0...plan.rounds {
      try progress.begin(round == 0 ? "ingest, filling the cache" : "ingest, \(plan.budget) tokens")
      let before = passes.seconds.count
      let first = seen
      let taken = try secondsTaken {
        repeat {
          try progress.check()
          try dialogue.see(pictures[seen % pictures.count], at: Double(seen) / model.preferences.framesPerSecond)
          seen += 1
        } while passes.seconds.count == before
      }
      if round > 0 { rates.append(Double(seen - first) / taken) }
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

  private func answers(of dialogue: VideoDialogue, _ progress: RoundProgress) throws -> [Figure] {
    var seconds: [Double] = []
    var promptTokens = 0
    for round in 0...plan.rounds {
      try progress.begin("answer")
      let answer = try dialogue.answer(
        Self.question, at: Double(dialogue.picturesSeen) / model.preferences.framesPerSecond,
        isCancelled: { false }, emit: { _ in })
      dialogue.forgetConversation()
      promptTokens = answer.promptTokens
      if round > 0 { seconds.append(answer.firstTokenSeconds) }
    }
    let place = hasFrames ? "\(plan.budget) tokens" : ""
    return Spread(seconds).map {
      [Figure(.answer, place: place, unit: .seconds, value: $0, note: "to the first word, \(promptTokens) tokens to read")]
    } ?? []
  }
}
