// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evaluation
import Inference

/// The streams of an evaluation and the questions about them: drawn ones, or the user's own clips.
struct EvaluationStreamOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Number of questions.", valueName: "n"))
  var questions = 300

  @Option(name: .long, help: ArgumentHelp("Length of a drawn stream, in seconds.", valueName: "s"))
  var seconds = 90.0

  @Option(
    name: .long, help: ArgumentHelp("Things that come by in a drawn stream, a number or a range.", valueName: "n-m"))
  var visits = VisitRange(2...4)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Kinds of drawn streams, separated by commas: \(StreamKind.allCases.map(\.rawValue).joined(separator: ", ")). "
        + "(default: all, one after the other)", valueName: "names"))
  var kinds: StreamKinds?

  @Option(
    name: .customLong("warmup-seconds"),
    help: ArgumentHelp(
      "Seconds without events before each drawn stream: with 86400, events come after a day. (One minute is drawn and "
        + "repeated; each configuration prefills all of it once.)", valueName: "s"))
  var warmupSeconds = 0.0

  @Option(
    name: .customLong("questions-per-stream"), help: ArgumentHelp("Questions about one drawn stream.", valueName: "n"))
  var questionsPerStream = 10

  @Option(name: .long, help: ArgumentHelp("Seed of streams and questions.", valueName: "n"))
  var seed: UInt64 = 1

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
      return try ClipSuite(requests: requests, answers: answers, sampling: StreamSettings())
    }
    return DoorstepSuite(
      DoorstepOptions(
        seed: seed, questions: questions, seconds: seconds, visits: visits.range,
        kinds: kinds?.list ?? StreamKind.allCases, questionsPerStream: questionsPerStream,
        warmupSeconds: warmupSeconds))
  }

  func validate() throws {
    if (requests == nil) != (answers == nil) { throw ValidationError("--requests and --answers need each other") }
    if !(1...1_000_000).contains(questions) {
      throw ValidationError("--questions must be between 1 and 1000000, not \(questions)")
    }
    if !(seconds >= 10 && seconds <= 86_400) {
      throw ValidationError("--seconds must be between 10 and 86400, not \(seconds)")
    }
    if !(warmupSeconds >= 0 && warmupSeconds <= 10 * 86_400) {
      throw ValidationError("--warmup-seconds must be between 0 and 864000, not \(warmupSeconds)")
    }
    if !(1...100).contains(questionsPerStream) {
      throw ValidationError("--questions-per-stream must be between 1 and 100, not \(questionsPerStream)")
    }
  }
}

/// One number, or two with a dash between them.
struct VisitRange: ExpressibleByArgument {
  var range: ClosedRange<Int>

  init(_ range: ClosedRange<Int>) { self.range = range }

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first >= 1, first <= last,
      last <= 100
    else { return nil }
    range = first...last
  }

  var defaultValueDescription: String { "\(range.lowerBound)-\(range.upperBound)" }
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
