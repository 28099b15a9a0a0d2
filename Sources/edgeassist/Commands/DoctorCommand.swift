// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Evaluation
import Foundation
import Platform
import Records
import Video

/// `edgeassist doctor`: what this machine offers, and what that means.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Report what this machine offers: processor, memory, video, terminal, programs, and what that means.",
    discussion: """
      The sandbox is tried out, and each installed language compiles and runs a small program in it.

      edgeassist doctor --json | jq .sandbox        for scripts
      edgeassist doctor --source rtsp://cam/stream  what a camera sends, or why it cannot be read
      edgeassist doctor --inject model.gguf         what faults of the memory do to a model, and what notices them

      --inject copies the model to a temporary file ($TMPDIR), flips one bit of the copy at a time, and has the model \
      read a short text. It reports, by what the bits are part of, which flips checksums and guards notice, and how \
      the predictions change. The model file itself is only read.
      """)

  @Flag(name: .long, help: "Print one JSON object instead of a report.")
  var json = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Report what is at this address, as --video takes it: codec, size, rate; or why it cannot be read and what to "
        + "try. A live source is watched for four seconds.", valueName: "source"),
    completion: .file())
  var source: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Flip bits in a copy of this language model, and report the effects.", valueName: "file"),
    completion: .file(extensions: ["gguf"]))
  var inject: String?

  @Option(name: .long, help: ArgumentHelp("Bits that --inject flips. (default: 60)", valueName: "n"))
  var flips: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Chooses the bits that --inject flips; the same number, the same bits. (default: 1)", valueName: "number"))
  var seed: UInt64?

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if source != nil, inject != nil { throw ValidationError("--source and --inject exclude each other") }
    guard inject == nil else {
      if let flips, !(1...1_000_000).contains(flips) {
        throw ValidationError("--flips must be between 1 and 1000000, not \(flips)")
      }
      return
    }
    try GivenOptions.refuse(
      GivenOptions.names(of: ["--flips": flips != nil, "--seed": seed != nil, "--threads": threads.threads != nil]),
      "without --inject")
  }

  func run() async throws {
    if let inject { return try report(on: inject) }
    if let source { return try await report(onSource: VideoSource(source)) }
    let findings = await MachineFindings.gather(environment: ProcessInfo.processInfo.environment)
    try StandardStreams.print(json ? findings.json.text : DoctorReport(findings, style: .standardOutput).text)
  }

  private func report(onSource source: VideoSource) async throws {
    let search = Task { () async -> Result<SourceFindings, VideoError> in
      do throws(VideoError) { return .success(try await SourceFindings.gather(source, timeout: nil)) } catch {
        return .failure(error)
      }
    }
    let signals = InterruptSignals { search.cancel() }
    defer { signals.stop() }
    switch await search.value {
    case .success(let findings):
      try StandardStreams.print(json ? findings.json.text : findings.text(style: .standardOutput))
    case .failure(.cancelled): throw ExitStatus.interrupted
    case .failure(let error):
      if json { try StandardStreams.print(SourceFindings.json(error, source: source).text) }
      StandardStreams.report(error.description)
      throw ExitStatus.someRecordsFailed
    }
  }

  private func report(on model: String) throws {
    try StandardStreams.checkOutput()
    let bar = ProgressBar()
    defer { bar.finish() }
    let stop = StopSource()
    let signals = InterruptSignals { stop.stop() }
    defer { signals.stop() }
    let count = flips ?? Self.usualFlips
    let report: FaultReport
    do throws(ReportedError) {
      report = try FaultInjector(path: model, flips: count, seed: seed ?? 1, threads: threads.count)
        .run(stop: stop) { bar.show($0, of: count, "flips") }
    } catch {
      throw StartFailure.report(error.message)
    }
    bar.finish()
    try StandardStreams.print(json ? report.json(model: model) : report.text(model: model, style: .standardOutput))
    if !report.isComplete { throw ExitStatus.interrupted }
  }

  private static let usualFlips = 60
}
