// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evaluation
import Inference

/// The streams of an evaluation and the questions about them: drawn ones, or the user's own clips.
struct EvaluationStreamOptions: ParsableArguments {
  private static let standard = DoorstepOptions()

  @Option(
    name: .long, help: ArgumentHelp("Number of questions. (default: \(Self.standard.questions))", valueName: "n"))
  var questions: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Length of a drawn stream, in seconds. (default: \(Self.standard.seconds))", valueName: "s"))
  var seconds: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Things that come by in a drawn stream, a number or a range. (default: "
        + "\(Self.standard.visits.lowerBound)-\(Self.standard.visits.upperBound))", valueName: "n-m"))
  var visits: VisitRange?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Kinds of drawn streams, separated by commas: \(StreamKind.allCases.map(\.rawValue).joined(separator: ", ")). "
        + "(default: all, one after the other)", valueName: "names"))
  var kinds: StreamKinds?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What disturbs the drawn streams, one after the other, separated by commas: "
        + "\(Disturbance.allCases.map(\.rawValue).joined(separator: ", ")); or all. (default: nothing)",
      valueName: "names"))
  var disturbances: DisturbanceList?

  @Option(
    name: .customLong("warmup-seconds"),
    help: ArgumentHelp(
      "Seconds without events before each drawn stream: with 86400, events come after a day. (One minute is drawn and "
        + "repeated; each configuration prefills all of it once.) (default: \(Self.standard.warmupSeconds))",
      valueName: "s"))
  var warmupSeconds: Double?

  @Option(
    name: .customLong("questions-per-stream"),
    help: ArgumentHelp(
      "Questions about one drawn stream. (default: \(Self.standard.questionsPerStream))", valueName: "n"))
  var questionsPerStream: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Seed of streams and questions. (default: \(Self.standard.seed))", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Ask about your own clips: a request file as --batch reads it, each request with a video.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var requests: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The right answers to --requests: JSON Lines with id, answer and, optionally, turn, kind and position.",
      valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var answers: String?

  /// - Throws: `EvaluationError` or `ReportedError` for files of requests and answers that cannot be used.
  func makeSuite() throws -> any EvaluationSuite {
    if let requests, let answers {
      return try ClipSuite(requests: requests, answers: answers, settings: StreamSettings())
    }
    return DoorstepSuite(drawn)
  }

  /// The streams to draw without `--requests`.
  var drawn: DoorstepOptions {
    let standard = Self.standard
    var options = DoorstepOptions(
      seed: seed ?? standard.seed, questions: questions ?? standard.questions, seconds: seconds ?? standard.seconds,
      visits: visits?.range ?? standard.visits, kinds: kinds?.list ?? standard.kinds,
      questionsPerStream: questionsPerStream ?? standard.questionsPerStream,
      warmupSeconds: warmupSeconds ?? standard.warmupSeconds)
    options.disturbances = disturbances?.list ?? []
    return options
  }

  /// The streams to draw for watches: long ones, with as many onsets as `--questions` says.
  var drawnForWatches: DoorstepOptions {
    var options = drawn
    options.questions = questions ?? Self.onsetsForWatches
    options.seconds = seconds ?? Self.secondsForWatches
    options.visits = visits?.range ?? Self.visitsForWatches
    options.kinds = kinds?.list ?? [.spread, .distractors, .dayAndNight, .empty]
    return options
  }

  private static let (onsetsForWatches, secondsForWatches, visitsForWatches) = (200, 1800.0, 8...14)

  /// The names of those that were given and mean nothing to watches.
  var givenWithoutWatches: [String] {
    GivenOptions.names(of: [
      "--requests": requests != nil, "--answers": answers != nil, "--warmup-seconds": warmupSeconds != nil,
      "--questions-per-stream": questionsPerStream != nil, "--disturbances": disturbances != nil,
    ])
  }

  /// The names of those that were given, but for `--questions`.
  var givenForStreams: [String] {
    givenForDrawnStreams + GivenOptions.names(of: ["--requests": requests != nil, "--answers": answers != nil])
  }

  private var givenForDrawnStreams: [String] {
    GivenOptions.names(of: [
      "--seconds": seconds != nil, "--visits": visits != nil, "--kinds": kinds != nil,
      "--warmup-seconds": warmupSeconds != nil, "--questions-per-stream": questionsPerStream != nil,
      "--seed": seed != nil, "--disturbances": disturbances != nil,
    ])
  }

  func validate() throws {
    if (requests == nil) != (answers == nil) { throw ValidationError("--requests and --answers need each other") }
    if requests != nil {
      let given = GivenOptions.names(of: ["--questions": questions != nil]) + givenForDrawnStreams
      try GivenOptions.refuse(given, "with --requests")
    }
    if let questions, !(1...1_000_000).contains(questions) {
      throw ValidationError("--questions must be between 1 and 1000000, not \(questions)")
    }
    if let seconds, !(seconds >= 10 && seconds <= 86_400) {
      throw ValidationError("--seconds must be between 10 and 86400, not \(seconds)")
    }
    if let warmupSeconds, !(warmupSeconds >= 0 && warmupSeconds <= 10 * 86_400) {
      throw ValidationError("--warmup-seconds must be between 0 and 864000, not \(warmupSeconds)")
    }
    if let questionsPerStream, !(1...100).contains(questionsPerStream) {
      throw ValidationError("--questions-per-stream must be between 1 and 100, not \(questionsPerStream)")
    }
  }
}

/// One number, or two with a dash between them.
struct VisitRange: ExpressibleByArgument {
  var range: ClosedRange<Int>

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first >= 1, first <= last,
      last <= 100
    else { return nil }
    range = first...last
  }
}

/// Kinds of streams, separated by commas.
struct StreamKinds: ExpressibleByArgument {
  var list: [StreamKind] = []

  init?(argument: String) {
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = StreamKind(rawValue: String(name)) else { return nil }
      list.append(kind)
    }
  }
}

/// Disturbances of streams, separated by commas, or `all`.
struct DisturbanceList: ExpressibleByArgument {
  var list: [Disturbance] = []

  init?(argument: String) {
    if argument == "all" {
      list = Disturbance.allCases
      return
    }
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let disturbance = Disturbance(rawValue: String(name)) else { return nil }
      list.append(disturbance)
    }
  }
}
