// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Dialogue
import Images
import Inference

/// Measures a stream end to end.
///
/// Frames are ingested until the KV cache is full, and then until it has been compressed once for each repetition. A
/// question is asked then, and asked again after a conversation and new frames.
struct StreamBenchmark: Benchmark {
  let model: LoadedModel
  let plan: BenchmarkPlan

  /// The parts that it measures.
  static let parts: Set<BenchmarkPart> = [.ingest, .compression, .firstToken]

  private static let question = "What came first?"
  /// Different frames, which are repeated.
  private static let frameCount = 4

  private var hasFrames: Bool { model.vision != nil && !plan.parts.isDisjoint(with: Self.parts) }
  private var asks: Bool { plan.parts.contains(.firstToken) }

  var steps: Int { (plan.repetitions + 1) * ((hasFrames ? 1 : 0) + (asks ? 1 : 0) + (asks && hasFrames ? 1 : 0)) }

  func measure(_ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    var options = plan.dialogueOptions
    options.maximumAnswerTokens = 1
    let dialogue = try VideoDialogue(model: model, options: options)
    var ingest = FrameIngest(into: dialogue)
    var results = hasFrames ? try fill(dialogue, through: &ingest, progress) : []
    if asks { results += try answers(of: dialogue, progress) }
    if asks && hasFrames { results += try answersAfterConversation(of: dialogue, through: &ingest, progress) }
    return results.filter { plan.parts.contains($0.part) }
  }

  /// A repetition lasts from one compression to the next, so that each repetition has one.
  private func fill(
    _ dialogue: VideoDialogue, through ingest: inout FrameIngest, _ progress: BenchmarkProgress
  ) throws -> [BenchmarkResult] {
    let size = model.frameSize(plan)
    try dialogue.check(framesOf: size.width, by: size.height, questions: [Self.question])
    let frames = frames(size)
    var compressions: [Double] = []
    var rates: [Double] = []
    for repetition in 0...plan.repetitions {
      try progress.begin(repetition == 0 ? "ingest, filling the KV cache" : "ingest, \(plan.budget) tokens")
      let before = compressions.count
      let first = ingest.framesSeen
      let taken = try secondsTaken {
        repeat {
          try progress.check()
          try add(frames, to: &ingest)
          compressions += dialogue.takeCompressions().map(\.seconds)
        } while compressions.count == before
      }
      if repetition > 0 { rates.append(Double(ingest.framesSeen - first) / taken) }
    }
    let condition = "\(plan.budget) tokens"
    let rate = MedianRange(rates).map {
      BenchmarkResult(
        .ingest, condition: condition, unit: .framesPerSecond, value: $0,
        note: "frames of \(size.width) × \(size.height), with a full KV cache; a repetition has one compression")
    }
    let compression = MedianRange(Array(compressions.dropFirst())).map {
      BenchmarkResult(.compression, condition: condition, unit: .seconds, value: $0)
    }
    return [rate, compression].compactMap(\.self)
  }

  private func frames(_ size: ImageSize) -> [Image] {
    var noise = NoiseFrames(size: size)
    return noise.next(Self.frameCount)
  }

  private func add(_ frames: [Image], to ingest: inout FrameIngest) throws {
    let seen = ingest.framesSeen
    try ingest.add(frames[seen % frames.count], at: Double(seen) / model.preferences.framesPerSecond)
    while try ingest.step() {}
  }

  private func answers(of dialogue: VideoDialogue, _ progress: BenchmarkProgress) throws -> [BenchmarkResult] {
    var answers: [Answer] = []
    for _ in 0...plan.repetitions {
      try progress.begin("first token")
      answers.append(try ask(dialogue))
      dialogue.forgetConversation()
    }
    return results(of: answers, condition: hasFrames ? "\(plan.budget) tokens" : "")
  }

  /// The first repetition prefills the whole conversation. Those after it begin with new frames.
  private func answersAfterConversation(
    of dialogue: VideoDialogue, through ingest: inout FrameIngest, _ progress: BenchmarkProgress
  ) throws -> [BenchmarkResult] {
    let frames = frames(model.frameSize(plan))
    let text = Array(repeating: Self.question, count: 2).joined(separator: " ")
    for _ in 0...plan.budget / 4 / model.tokenizer.encode(text, parsingSpecialTokens: false).count {
      dialogue.add(question: text, answer: text, at: 0)
    }
    var answers: [Answer] = []
    for repetition in 0...plan.repetitions {
      try progress.begin("first token, long conversation")
      if repetition > 0 {
        for _ in 0..<2 { try add(frames, to: &ingest) }
      }
      answers.append(try ask(dialogue))
    }
    dialogue.forgetConversation()
    return results(of: answers, condition: "\(plan.budget) tokens, long conversation")
  }

  private struct Answer {
    var firstTokenSeconds: Double
    var promptTokens: Int
  }

  private func ask(_ dialogue: VideoDialogue) throws -> Answer {
    let summary = try dialogue.answer(Self.question, at: 0)
    return Answer(firstTokenSeconds: summary.firstTokenSeconds, promptTokens: summary.promptTokens)
  }

  /// The first answer is a warm-up.
  private func results(of answers: [Answer], condition: String) -> [BenchmarkResult] {
    let note = "from the question to the first token, with \(answers.last?.promptTokens ?? 0) prompt tokens to prefill"
    return MedianRange(answers.dropFirst().map(\.firstTokenSeconds)).map {
      [BenchmarkResult(.firstToken, condition: condition, unit: .seconds, value: $0, note: note)]
    } ?? []
  }
}

extension BenchmarkPlan {
  /// The options of the dialogues that are measured.
  var dialogueOptions: DialogueOptions {
    var options = DialogueOptions()
    options.budget = .tokens(budget)
    options.type = cacheType
    options.compression = .published(with: CompressionVariant.standard)
    return options
  }
}
