// SPDX-License-Identifier: Apache-2.0

import Inference
import Platform

/// Drawn streams of the doorstep world: a camera at a door, and things that come by.
///
/// `Models/recipe/{world,frame_drawing,questions,tokenizer}.py` is the same world in Python; the embedded model was
/// trained on it.
public struct DoorstepSuite: EvaluationSuite {
  /// The drawn streams and their questions.
  public let streams: [EvaluationStream]
  /// The parameters of the suite, by name.
  public let identity: [(name: String, value: String)]
  private let timelines: [StoryTimeline]
  private let options: DoorstepOptions
  /// Pairs of frames without events that are drawn and encoded. The rest of the warm-up repeats them.
  private static let warmupPairs = 64
  /// Makes the random choices of drawing independent of those of the story.
  static let drawingPart: UInt64 = 1 << 32

  /// A short description for people.
  public var title: String { "drawn streams of the embedded model's doorstep world" }

  /// Makes the stories and questions of the streams. Frames are drawn when a stream is shown.
  public init(_ options: DoorstepOptions) {
    self.options = options
    identity = options.identity
    var streams: [EvaluationStream] = []
    var timelines: [StoryTimeline] = []
    var left = options.questions
    while left > 0 {
      let number = streams.count
      let kind = options.kinds[number % options.kinds.count]
      let (stream, timeline) = Self.stream(number, kind: kind, most: left, options)
      left -= stream.moments.reduce(0) { $0 + $1.questions.count }
      streams.append(stream)
      timelines.append(timeline)
    }
    self.streams = streams
    self.timelines = timelines
  }

  private static func stream(
    _ number: Int, kind: StreamKind, most: Int, _ options: DoorstepOptions
  ) -> (EvaluationStream, StoryTimeline) {
    var random = SeededGenerator(seed: options.seed, part: UInt64(number))
    let story = StoryMaker(length: options.seconds, visits: options.visits).story(kind, &random)
    let timeline = StoryTimeline(story, phase: random.number(in: 0...1))
    let plan = plan(kind, options)
    var moments: [EvaluationMoment] = []
    var asked = 0
    var end = 0.0
    for (part, count) in plan {
      let pairs = timeline.settled(atOrBefore: Int(Double(timeline.pairCount) * part))
      // A little before the next pair begins.
      end = options.warmupSeconds + timeline.starts[pairs - 1] + 0.75
      var maker = QuestionMaker(timeline, after: pairs, random: SeededGenerator(seed: random.next()))
      var questions: [EvaluationQuestion] = []
      for question in maker.choose(min(count, most - asked)) {
        questions.append(
          EvaluationQuestion(
            number: asked, kind: question.kind.rawValue, position: question.position, ask: question.ask,
            answer: question.answer))
        asked += 1
      }
      if !questions.isEmpty { moments.append(EvaluationMoment(time: end, questions: questions)) }
    }
    let stream = EvaluationStream(
      number: number, kind: kind.rawValue, moments: moments, end: end, isConversation: kind == .dialogue)
    return (stream, timeline)
  }

  /// When questions are asked, as parts of the stream, and how many at each moment.
  private static func plan(_ kind: StreamKind, _ options: DoorstepOptions) -> [(part: Double, count: Int)] {
    switch kind {
    case .dialogue: [(0.4, 2), (0.7, 3), (1, 3)]
    case .dayAndNight: [(0.3, 3), (0.6, 3), (1, 4)]
    case .early, .middle, .late, .spread, .distractors, .empty: [(1, options.questionsPerStream)]
    }
  }

  /// Draws the frames of a stream and gives them to an encoder.
  ///
  /// - Throws: `ReportedError` where a frame cannot be encoded.
  public func show(
    _ stream: EvaluationStream, to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource,
    on runner: isolated any Actor
  ) async throws {
    let timeline = timelines[stream.number]
    let end = stream.end - options.warmupSeconds
    let random = SeededGenerator(seed: options.seed, part: UInt64(stream.number) | Self.drawingPart)
    let side = Self.side(for: model)
    var painter = StreamPainter(timeline.story, side: side, random: random, sheet: try ThingSheet())
    for start in timeline.starts where start < end && !stop.isStopped {
      for time in [start, start + StoryTimeline.frameStep] {
        var frame = painter.frame(at: time)
        if !options.disturbances.isEmpty {
          let disturbance = options.disturbances[stream.number % options.disturbances.count]
          frame = disturbance.applied(to: frame, at: time, seed: options.seed &+ UInt64(stream.number))
        }
        try encoded.add(frame, at: options.warmupSeconds + time)
      }
    }
  }

  /// Draws the scene of the first stream before its story, without visits.
  ///
  /// - Throws: `ReportedError` where a frame cannot be encoded.
  public func showWarmup(to encoded: inout EncodedTemporalPatches, model: LoadedModel, stop: StopSource) throws {
    guard options.warmupSeconds > 0, var quiet = timelines.first?.story else { return }
    quiet.visits = []
    quiet.changes = []
    let random = SeededGenerator(seed: options.seed, part: Self.drawingPart)
    var painter = StreamPainter(quiet, side: Self.side(for: model), random: random, sheet: try ThingSheet())
    for pair in 0..<Self.warmupPairs where Double(pair + 1) <= options.warmupSeconds && !stop.isStopped {
      for time in [Double(pair), Double(pair) + StoryTimeline.frameStep] {
        try encoded.add(painter.frame(at: time), at: time)
      }
    }
    try encoded.finish()
    encoded.repeatUntil(options.warmupSeconds)
  }

  /// Side of the largest square frame that the model takes, in pixels. That of the embedded model is 112.
  static func side(for model: LoadedModel) -> Int {
    let multiple = model.vision?.configuration.sideMultiple ?? 28
    let largest = model.squareFrameSide
    return max(1, largest / multiple) * multiple
  }
}
