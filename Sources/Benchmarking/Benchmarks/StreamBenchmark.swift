// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Dialogue
import Images
import Inference
import Video

/// Measures a stream end to end: pictures go in until the cache is full, and on until it has been thinned out as often
/// as there are rounds; then a question is asked, and asked again behind a conversation and new pictures.
struct StreamBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  private static let question = "What came first?"
  /// Of pictures that are all different from each other, more than a few make no difference.
  private static let frameCount = 4

  private var hasFrames: Bool { model.vision != nil && !plan.parts.isDisjoint(with: [.ingest, .pass, .answer]) }
  private var asks: Bool { plan.parts.contains(.answer) }

  var steps: Int { (plan.rounds + 1) * ((hasFrames ? 1 : 0) + (asks ? 1 : 0) + (asks && hasFrames ? 1 : 0)) }

  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult] {
    let dialogue = try VideoDialogue(
      model: model,
      options: DialogueOptions(
        budget: .tokens(plan.budget), type: plan.cacheType, compression: .published(with: CompressionVariant.standard),
        maximumAnswerTokens: 1))
    var ingest = StreamIngest(into: dialogue)
    var figures = hasFrames ? try fill(dialogue, through: &ingest, progress) : []
    if asks { figures += try answers(of: dialogue, progress) }
    if asks && hasFrames { figures += try answersBehindTalk(of: dialogue, through: &ingest, progress) }
    return figures.filter { plan.parts.contains($0.part) }
  }

  /// A round lasts from one pass to the next, so that each has its share of them.
  private func fill(
    _ dialogue: VideoDialogue, through ingest: inout StreamIngest, _ progress: RoundProgress
  ) throws -> [BenchmarkResult] {
    let size = model.imageSize(plan)
    try dialogue.check(framesOf: size.width, by: size.height, questions: [Self.question])
    let images = images(size)
    var compressions: [Double] = []
    var rates: [Double] = []
    for round in 0...plan.rounds {
      try progress.begin(round == 0 ? "ingest, filling the cache" : "ingest, \(plan.budget) tokens")
      let before = compressions.count
      let first = ingest.framesSeen
      let taken = try secondsTaken {
        repeat {
          try progress.check()
          try add(images, to: &ingest)
          compressions += dialogue.takeCompressions().map(\.seconds)
        } while compressions.count == before
      }
      if round > 0 { rates.append(Double(ingest.framesSeen - first) / taken) }
    }
    let place = "\(plan.budget) tokens"
    let rate = MedianRange(rates).map {
      BenchmarkResult(
        .ingest, place: place, unit: .framesPerSecond, value: $0,
        note: "\(size.width) × \(size.height), the cache full")
    }
    let pass = MedianRange(Array(compressions.dropFirst())).map {
      BenchmarkResult(
        .pass, place: place, unit: .seconds, value: $0, note: "thins the cache out; a round of ingest has one")
    }
    return [rate, pass].compactMap(\.self)
  }

  private func images(_ size: BenchmarkPlan.ImageSize) -> [Image] {
    var maker = NoiseImages(size: size)
    return (0..<Self.frameCount).map { _ in maker.next() }
  }

  private func add(_ images: [Image], to ingest: inout StreamIngest) throws {
    let seen = ingest.framesSeen
    try ingest.add(images[seen % images.count], at: Double(seen) / model.preferences.framesPerSecond)
    while try ingest.step() {}
  }

  private func answers(of dialogue: VideoDialogue, _ progress: RoundProgress) throws -> [BenchmarkResult] {
    var answers: [Answer] = []
    for _ in 0...plan.rounds {
      try progress.begin("answer")
      answers.append(try ask(dialogue))
      dialogue.forgetConversation()
    }
    return figures(of: answers, place: hasFrames ? "\(plan.budget) tokens" : "")
  }

  /// The first round reads the whole conversation; those after it begin with new pictures.
  private func answersBehindTalk(
    of dialogue: VideoDialogue, through ingest: inout StreamIngest, _ progress: RoundProgress
  ) throws -> [BenchmarkResult] {
    let images = images(model.imageSize(plan))
    let turn = Array(repeating: Self.question, count: 2).joined(separator: " ")
    for _ in 0...plan.budget / 4 / model.tokenizer.encode(turn, parsingSpecialTokens: false).count {
      dialogue.add(question: turn, answer: turn, at: 0)
    }
    var answers: [Answer] = []
    for round in 0...plan.rounds {
      try progress.begin("answer behind a conversation")
      if round > 0 {
        for _ in 0..<2 { try add(images, to: &ingest) }
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
      Self.question, at: 0, isCancelled: { false }, emit: { _ in })
    return Answer(firstTokenSeconds: summary.firstTokenSeconds, promptTokens: summary.promptTokens)
  }

  /// The first answer is left out.
  private func figures(of answers: [Answer], place: String) -> [BenchmarkResult] {
    let note = "to the first word, \(answers.last?.promptTokens ?? 0) tokens to read"
    return MedianRange(answers.dropFirst().map(\.firstTokenSeconds)).map {
      [BenchmarkResult(.answer, place: place, unit: .seconds, value: $0, note: note)]
    } ?? []
  }
}
