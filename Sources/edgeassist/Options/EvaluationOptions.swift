// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Dialogue
import Evaluation
import Foundation
import Inference
import Records

/// Which streams and questions there are.
struct SuiteOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("What to ask about.", valueName: "name"))
  var suite: SuiteName = .stream

  @Option(name: .long, help: ArgumentHelp("Questions, or programming tasks, in all.", valueName: "n"))
  var questions = 300

  @Option(name: .long, help: ArgumentHelp("Length of a stream.", valueName: "s"))
  var seconds = 90.0

  @Option(name: .long, help: ArgumentHelp("Things that come in a stream, one number or a range.", valueName: "n-m"))
  var visits = VisitRange(2...4)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Kinds of streams, with commas: \(StreamKind.allCases.map(\.rawValue).joined(separator: ", ")). "
        + "Left out: all, in turn.", valueName: "names"))
  var kinds: StreamKinds?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Quiet seconds before each story begins: 86400 asks after a day. (The quiet is drawn once and repeated.)",
      valueName: "s"))
  var lead = 0.0

  @Option(name: .customLong("per-stream"), help: ArgumentHelp("Questions about one stream.", valueName: "n"))
  var perStream = 10

  @Option(name: .long, help: ArgumentHelp("Seed of streams and questions.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Own clips in place of drawn streams: a request file as --batch reads it, each request with a video.",
      valueName: "file"))
  var requests: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The right answers to --requests: JSON Lines with id, answer and, if you like, turn, kind and place.",
      valueName: "file"))
  var answers: String?

  /// - Throws: `EvaluationError` or `ReportedError` for files of requests and answers that cannot be used.
  func make() throws -> any EvaluationSuite {
    if let requests, let answers {
      return try ClipSuite(requests: requests, answers: answers, sampling: StreamSettings())
    }
    return DoorstepSuite(
      DoorstepOptions(
        seed: seed, questions: questions, seconds: seconds, visits: visits.range,
        kinds: kinds?.list ?? StreamKind.allCases, questionsPerStream: perStream, lead: lead))
  }

  func validate() throws {
    if (requests == nil) != (answers == nil) { throw ValidationError("--requests and --answers need each other") }
    if !(1...1_000_000).contains(questions) {
      throw ValidationError("--questions must be between 1 and 1000000, not \(questions)")
    }
    if !(seconds >= 10 && seconds <= 86_400) {
      throw ValidationError("--seconds must be between 10 and 86400, not \(seconds)")
    }
    if !(lead >= 0 && lead <= 10 * 86_400) {
      throw ValidationError("--lead must be between 0 and 864000, not \(lead)")
    }
    if !(1...100).contains(perStream) {
      throw ValidationError("--per-stream must be between 1 and 100, not \(perStream)")
    }
  }
}

/// The suites that there are.
enum SuiteName: String, ExpressibleByArgument, CaseIterable {
  /// Questions about drawn streams.
  case stream
  /// Programming tasks.
  case code
}

/// One number or two with a dash between them.
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

/// Kinds of streams with commas between them.
struct StreamKinds: ExpressibleByArgument {
  var list: [StreamKind] = []

  init?(argument: String) {
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let kind = StreamKind(rawValue: String(name)) else { return nil }
      list.append(kind)
    }
  }
}

/// What is compared, and within how much.
struct ComparisonOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to compare, with commas: a policy, and what departs from it, joined by +. The others are compared with "
        + "the first.", valueName: "specs"),
    transform: ConfigurationList.init(text:))
  var configurations = ConfigurationList.usual

  @Option(
    name: .long, help: ArgumentHelp("Parts of the full cache's bytes, with commas.", valueName: "shares"),
    transform: ShareList.init(text:))
  var shares = ShareList.usual

  @Option(
    name: .customLong("kv-budget"),
    help: ArgumentHelp("One budget in tokens for all streams, in place of shares.", valueName: "tokens"))
  var budget: Int?

  @Option(
    name: .customLong("kv-memory"),
    help: ArgumentHelp("The same as memory, for example 512KiB.", valueName: "size"))
  var memory: ByteSize?

  @Option(
    name: .customLong("kv-profile"),
    help: ArgumentHelp("The head profile of configurations with +profile.", valueName: "file"))
  var profile: String?

  @Option(
    name: .customLong("kv-offload"),
    help: ArgumentHelp("The offload file of configurations with +offload.", valueName: "file"))
  var offload: String?

  @Option(
    name: .customLong("kv-offload-size"),
    help: ArgumentHelp("The most that the offload file may take. (default: 256MiB)", valueName: "size"))
  var offloadSize: ByteSize?

  func dialogue() throws(ReportedError) -> DialogueOptions {
    var options = DialogueOptions(maximumAnswerTokens: 128)
    do {
      options.headProfile = try profile.map { path throws(HeadBudgetProfileError) in try HeadBudgetProfile(path: path) }
    } catch {
      throw .profileUnusable(message: error.description)
    }
    options.offload = offload.map {
      OffloadOptions(path: $0, byteCount: offloadSize?.bytes ?? OffloadOptions.defaultByteCount)
    }
    return options
  }

  var budgets: [MemoryBudget] {
    if let budget { return [.tokens(budget)] }
    if let memory { return [.bytes(memory.bytes)] }
    return shares.list
  }

  func validate() throws {
    if budget != nil && memory != nil { throw ValidationError("--kv-budget and --kv-memory exclude each other") }
    if profile == nil, configurations.list.contains(where: \.usesProfile) {
      throw ValidationError("+profile needs --kv-profile FILE, as `edgeassist profile` makes it")
    }
    if offload == nil, configurations.list.contains(where: \.offloads) {
      throw ValidationError("+offload needs --kv-offload FILE, a name for a file that may be written")
    }
    if let budget, budget < 1 { throw ValidationError("--kv-budget must be above 0, not \(budget)") }
  }
}

struct ConfigurationList: CustomStringConvertible {
  var list: [CacheConfiguration] = []

  static let usual = ConfigurationList(known: "full,infinipot-v,infinipot-v+proxy-queries,uniform,sliding-window")

  private init(known text: String) {
    // The words are the program's own.
    list = text.split(separator: ",").compactMap { try? CacheConfiguration(String($0)) }
  }

  init(text: String) throws {
    do {
      for specification in text.split(separator: ",", omittingEmptySubsequences: false) {
        let configuration = try CacheConfiguration(String(specification))
        if !list.contains(where: { $0.name == configuration.name }) { list.append(configuration) }
      }
    } catch {
      throw ValidationError(error.message)
    }
  }

  var description: String { list.map(\.name).joined(separator: ",") }
}

struct ShareList: CustomStringConvertible {
  var list: [MemoryBudget] = []

  static let usual = ShareList(list: [2, 4, 8, 16].map { .share(numerator: 1, denominator: $0) })

  private init(list: [MemoryBudget]) { self.list = list }

  init(text: String) throws {
    do {
      for share in text.split(separator: ",", omittingEmptySubsequences: false) {
        let budget = try MemoryBudget(share: String(share))
        if !list.contains(budget) { list.append(budget) }
      }
    } catch {
      throw ValidationError(error.message)
    }
  }

  var description: String { list.map(\.name).joined(separator: ",") }
}

/// Where results go.
struct ResultOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Write every answer here, as JSON Lines.", valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Leave out what the output file already answers.")
  var resume = false

  @Option(name: .long, help: ArgumentHelp("Write the figures here as JSON; - for standard output.", valueName: "file"))
  var json: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write a picture here (PNG) of what each bounded configuration still holds of the last stream, at the last "
        + "share.",
      valueName: "file"))
  var plot: String?

  func validate() throws {
    if resume && output == nil { throw ValidationError("--resume needs --output FILE") }
  }

  /// Makes sure that the figures can be written, lest it be found out only when they are there.
  func check() throws(ReportedError) {
    if let json, json != "-" { _ = try RecordOutput(path: json, keepingContents: true) }
  }

  /// Prints the tables, or the figures as JSON where they are wanted.
  func write(_ summary: EvaluationSummary, suite: any EvaluationSuite, isComplete: Bool) throws {
    try write(
      report: EvaluationReport(summary, suite: suite, isComplete: isComplete, style: .standardOutput).text,
      figures: summary.json(identity: suite.identity, isComplete: isComplete))
  }

  /// Prints a report, or figures as JSON where they are wanted.
  func write(report: @autoclosure () -> String, figures: @autoclosure () -> String) throws(ReportedError) {
    if json != "-" { print(report()) }
    guard let json else { return }
    let text = figures()
    if json == "-" { return print(text) }
    do { try (text + "\n").write(toFile: json, atomically: true, encoding: .utf8) } catch {
      throw ReportedError.outputUnwritable(message: "\(json) cannot be written: \(error.localizedDescription)")
    }
  }
}
