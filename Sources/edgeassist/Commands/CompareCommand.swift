// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import BoundedCache
import Compute
import Evaluation
import Foundation
import Images
import Inference
import Platform
import Records
import Video

/// `edgeassist compare`: how far the predictions of a model are from those of the one that it was made from.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare two models on a text or on questions: perplexity, KL divergence, likeliest tokens, answers.",
    discussion: """
      edgeassist compare model-F16.gguf model-Q4_K_M.gguf --data text.txt
      edgeassist compare model-F16.gguf model-Q4_K_M.gguf --data text.txt --output c.jsonl --resume --json c.json

      edgeassist compare model-F16.gguf model-Q4_K_M.gguf --data requests.jsonl --answers answers.jsonl

      A text is cut into windows, each of which is read from an empty KV cache. The first half of a window is \
      context; the predictions of the second half count, as in llama.cpp's perplexity. Requests (JSON Lines, as for \
      --batch, or with messages) are asked of both models; each answer, and how both predict the right one, is \
      compared. Both models must have the same vocabulary.
      """)

  @Argument(help: "The model to compare with (GGUF), such as the one in F16.", completion: .file(extensions: ["gguf"]))
  var reference: String

  @Argument(help: "The model that is compared (GGUF).", completion: .file(extensions: ["gguf"]))
  var candidate: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The text, in UTF-8, or requests with an answer beside each question, in JSON Lines.", valueName: "file"),
    completion: .file())
  var data: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The right answers to the requests: JSON Lines with id, answer and, optionally, turn.", valueName: "file"),
    completion: .file(extensions: ["jsonl"]))
  var answers: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Vision tower of both models (mmproj GGUF), for videos. (default: the mmproj file beside the first model)",
      valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var mmproj: String?

  @Option(
    name: .long, help: ArgumentHelp("Ask this many questions at most. (default: all of the requests)", valueName: "n"))
  var questions: Int?

  @Option(
    name: .long, help: ArgumentHelp("Tokens of a window, from 8 to 65536. (default: 512)", valueName: "tokens"))
  var context: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Cast the inputs of the compared model's layers to a 4-bit format, mxfp4 or amxfp4, as if it computed with "
        + "weights and activations in 4 bits. Its matrices must be quantized. (default: 8 bits)", valueName: "type"))
  var activations: ActivationCast?

  @Option(
    name: .long, help: ArgumentHelp("Compare on this many windows at most. (default: all of the text)", valueName: "n"))
  var windows: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Write a record for each window or question to this file, as JSON Lines.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Skip the windows or questions that the output file already has.")
  var resume = false

  @Option(
    name: .long,
    help: ArgumentHelp("Write the summary to this file as JSON; - for standard output.", valueName: "file"),
    completion: .file())
  var json: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Plot differences by position in a window or answer to this file (PNG).", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var plot: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var tuning: TuningOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How the second model computes nonlinear functions: exact, or lut16 from tables. (default: exact)",
      valueName: "mode"))
  var nonlinear = NonlinearMode.exact

  func validate() throws {
    if resume && (output ?? "-") == "-" { throw ValidationError("--resume needs --output FILE") }
    try GivenOptions.refuseSameFile([("--output", output), ("--json", json), ("--plot", plot)])
    if let context, !(8...65536).contains(context) {
      throw ValidationError("--context must be from 8 to 65536, not \(context)")
    }
    if let windows, windows < 1 { throw ValidationError("--windows must be above 0, not \(windows)") }
    if let questions, questions < 1 { throw ValidationError("--questions must be above 0, not \(questions)") }
  }

  func run() async throws {
    do {
      let inputs = [reference, candidate, data] + [answers, mmproj].compactMap(\.self)
      let file = JSONReportFile(
        path: json, kind: "a summary of edgeassist compare", beginning: "{\"evaluation\":", inputs: inputs)
      try file.check()
      if let plot {
        do throws(OutputError) {
          try OutputFile.check(path: plot, inputs: inputs, replacing: PNGFile.replaceable)
        } catch {
          throw ReportedError.outputUnwritable(message: error.description)
        }
      }
      if AnswerComparisonOptions.isFileOfQuestions(data) {
        try await compareAnswers(file)
      } else {
        try await compareText(file)
      }
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    } catch let error as EvaluationError {
      throw StartFailure.report(error.message)
    }
  }

  private func compareText(_ file: JSONReportFile) async throws {
    let given = GivenOptions.names(of: [
      "--answers": answers != nil, "--mmproj": mmproj != nil, "--questions": questions != nil,
    ])
    try GivenOptions.refuse(given, "with a text; --data FILE.jsonl has questions")
    let bar = CountProgress(unit: "windows")
    let length = context ?? Self.standardContext
    let budget = CacheBudget.tokens(length)
    let runner = try ComparisonRunner(
      reference: try load(reference, budget: budget),
      candidate: try load(candidate, budget: budget, nonlinear: nonlinear, cast: activations),
      options: ComparisonOptions(
        data: data, context: length, windows: windows, output: output, isResuming: resume,
        report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    bar.finish()
    let summary = ComparisonSummary(records: records)
    let report = ComparisonReport(
      summary: summary, reference: Self.name(of: reference), candidate: Self.name(of: candidate),
      isComplete: !isInterrupted, style: .standardOutput)
    let identity = await runner.identity
    try file.write(report: report.text, json: summary.json(identity: identity, isComplete: !isInterrupted))
    try write(report.plot)
    if isInterrupted { throw ExitStatus.interrupted }
  }

  private func compareAnswers(_ file: JSONReportFile) async throws {
    let given = GivenOptions.names(of: ["--context": context != nil, "--windows": windows != nil])
    try GivenOptions.refuse(given, "with questions; --questions says how many are asked")
    let bar = CountProgress(unit: "questions")
    let vision = try ModelPaths.resolve(languageModel: reference, vision: VisionTowerOptions.choice(mmproj)).vision
    let runner = try AnswerComparisonRunner(
      reference: try load(reference, vision: vision),
      candidate: try load(candidate, vision: vision, nonlinear: nonlinear, cast: activations),
      options: AnswerComparisonOptions(
        data: data, answers: answers, questions: questions, output: output, isResuming: resume,
        report: { bar.show($0, of: $1) }))
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    let (records, isInterrupted) = try await runner.run()
    bar.finish()
    let summary = AnswerComparisonSummary(records: records)
    let report = AnswerComparisonReport(
      summary: summary, reference: Self.name(of: reference), candidate: Self.name(of: candidate),
      isComplete: !isInterrupted, style: .standardOutput)
    let identity = await runner.identity
    try file.write(report: report.text, json: summary.json(identity: identity, isComplete: !isInterrupted))
    try write(report.plot)
    if isInterrupted { throw ExitStatus.interrupted }
  }

  private func write(_ image: () -> Image) throws {
    guard let plot else { return }
    do { try PNGFile.write(image(), to: plot, stop: InterruptSignals.arrival) } catch {
      throw ReportedError.outputUnwritable(message: error.description)
    }
  }

  private static let standardContext = 512

  private static func name(of path: String) -> String { (path as NSString).lastPathComponent }

  /// - Parameters:
  ///   - vision: the vision tower; nil for a model that only reads.
  ///   - budget: of the KV cache; nil for what the model prefers.
  ///   - cast: of the inputs of layers; nil for 8 bits.
  private func load(
    _ path: String, vision: String? = nil, budget: CacheBudget? = nil, nonlinear: NonlinearMode = .exact,
    cast: ActivationCast? = nil
  ) throws -> LoadedModel {
    try LoadedModel(
      paths: ModelPaths(languageModel: path, vision: vision, isEmbedded: false), threads: threads.count,
      memory: ModelLoadingOptions(
        budget: budget, nonlinear: nonlinear, activationCast: cast,
        schedules: tuning.schedules(threads: threads.count)))
  }
}

extension ActivationCast: ExpressibleByArgument {}
