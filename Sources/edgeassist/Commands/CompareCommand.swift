// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Compute
import Evaluation
import Foundation
import Inference
import Platform
import Records
import Video

/// `edgeassist compare`: how far the predictions of a model are from those of the one that it was made from.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare the predictions of two models on a text: perplexity, KL divergence, likeliest tokens.",
    discussion: """
      edgeassist compare model-F16.gguf model-Q4_K_M.gguf --data text.txt
      edgeassist compare model-F16.gguf model-Q4_K_M.gguf --data text.txt --output c.jsonl --resume --json c.json

      The text is cut into windows, each of which is read from an empty KV cache. The first half of a window is \
      context; the predictions of the second half count, as in llama.cpp's perplexity. Both models must have the same \
      vocabulary.
      """)

  @Argument(help: "The model to compare with (GGUF), such as the one in F16.", completion: .file(extensions: ["gguf"]))
  var reference: String

  @Argument(help: "The model that is compared (GGUF).", completion: .file(extensions: ["gguf"]))
  var candidate: String

  @Option(name: .long, help: ArgumentHelp("The text, in UTF-8.", valueName: "file"), completion: .file())
  var data: String

  @Option(name: .long, help: ArgumentHelp("Tokens of a window, from 8 to 65536.", valueName: "tokens"))
  var context = 512

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
    name: .long, help: ArgumentHelp("Write a record for each window to this file, as JSON Lines.", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Skip the windows that the output file already has.")
  var resume = false

  @Option(
    name: .long,
    help: ArgumentHelp("Write the summary to this file as JSON; - for standard output.", valueName: "file"),
    completion: .file())
  var json: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Plot differences by position in a window to this file (PNG).", valueName: "file"),
    completion: .file(extensions: ["png"]))
  var plot: String?

  @OptionGroup var threads: ThreadOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How the second model computes nonlinear functions: exact, or lut16 from tables. (default: exact)",
      valueName: "mode"))
  var nonlinear = NonlinearMode.exact

  func validate() throws {
    if resume && output == nil { throw ValidationError("--resume needs --output FILE") }
    try GivenOptions.refuseSameFile([("--output", output), ("--json", json), ("--plot", plot)])
    if !(8...65536).contains(context) { throw ValidationError("--context must be from 8 to 65536, not \(context)") }
    if let windows, windows < 1 { throw ValidationError("--windows must be above 0, not \(windows)") }
  }

  func run() async throws {
    do { try await compare() } catch let error as ReportedError { throw StartFailure.report(error.message) }
  }

  private func compare() async throws {
    let inputs = [reference, candidate, data]
    let file = JSONReportFile(
      path: json, kind: "a summary of edgeassist compare", beginning: "{\"evaluation\":", inputs: inputs)
    try file.check()
    if let plot {
      do throws(OutputError) { try OutputFile.check(path: plot, inputs: inputs, replacing: PNGFile.replaceable) } catch
      {
        throw ReportedError.outputUnwritable(message: error.description)
      }
    }
    let bar = CountProgress(unit: "windows")
    let runner = ComparisonRunner(
      reference: try load(reference, nonlinear: .exact, cast: nil),
      candidate: try load(candidate, nonlinear: nonlinear, cast: activations),
      options: ComparisonOptions(
        data: data, context: context, windows: windows, output: output, isResuming: resume,
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
    try file.write(
      report: report.text, json: summary.json(identity: identity, isComplete: !isInterrupted))
    if let plot {
      do { try PNGFile.write(report.plot(), to: plot, stop: InterruptSignals.arrival) } catch {
        throw ReportedError.outputUnwritable(message: error.description)
      }
    }
    if isInterrupted { throw ExitStatus.interrupted }
  }

  private static func name(of path: String) -> String { (path as NSString).lastPathComponent }

  /// Loads a model without its vision tower.
  private func load(_ path: String, nonlinear: NonlinearMode, cast: ActivationCast?) throws -> LoadedModel {
    try LoadedModel(
      paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: threads.count,
      memory: ModelLoadingOptions(budget: .tokens(context), nonlinear: nonlinear, activationCast: cast))
  }
}

extension ActivationCast: ExpressibleByArgument {}
