// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CodeAgent
import CodeTasks
import Foundation
import Records
import SessionInterface

/// `edgeassist code`: programming tasks from files and folders, without a terminal.
struct CodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Solve programming tasks from files and folders; programs are run on their examples in a sandbox.",
    discussion: """
      edgeassist code task.txt                            a task as text, with Input: and Output: lines
      edgeassist code tasks/ --output done.jsonl          all tasks of a folder
      edgeassist code tasks/ --output done.jsonl --resume continue where an earlier run stopped
      edgeassist code apps.jsonl                          a data set in the format of APPS or CodeContests

      A task file is a text, a JSON object {"task", "language", "examples": [{"input", "output"}], "tests"}, or JSON \
      Lines of such objects. Results are JSON Lines, one for each task. Hidden tests (“tests”) are run at the end and \
      are never shown to the model.
      """)

  @Argument(help: ArgumentHelp("Task files and folders.", valueName: "path"), completion: .file())
  var paths: [String]

  @Option(
    name: .long, help: ArgumentHelp("Write results to this file. (default: standard output)", valueName: "file"),
    completion: .file())
  var output: String?

  @Flag(name: .long, help: "Skip the tasks that the output file already answers.")
  var resume = false

  @Option(name: .long, help: ArgumentHelp("Write programs in this language, whatever a task says.", valueName: "name"))
  var language: ProgramLanguage?

  @OptionGroup(title: "Programming agent") var code: CodeOptions
  @OptionGroup(title: "Model") var model: LanguageModelOptions
  @OptionGroup(title: "Model") var adapters: RoleAdapterOptions

  func validate() throws {
    if resume && (output ?? "-") == "-" { throw ValidationError("--resume needs --output FILE") }
    try code.check(model)
  }

  func run() async throws {
    let progress = CodeStatus()
    let settings = try code.settings(with: model, adapters: adapters.roles)
    let runner: TaskFileSolver
    do throws(ReportedError) {
      runner = try TaskFileSolver(
        options: TaskFileSolver.Options(
          paths: paths, output: output, isResuming: resume, language: language,
          code: settings,
          report: { progress.show($0) }, warn: { StandardStreams.report($0) }))
    } catch {
      throw StartFailure.report(error.message)
    }
    let signals = InterruptSignals { runner.interrupt() }
    defer { signals.stop() }
    do {
      _ = try settings.paths.get()
      let summary = try await runner.run()
      progress.finish(summary)
      if summary.isInterrupted { throw ExitStatus.interrupted }
      if summary.failed > 0 { throw ExitStatus.someRecordsFailed }
    } catch let error as ReportedError {
      throw StartFailure.report(error.message)
    }
  }
}

extension ProgramLanguage: ExpressibleByArgument {}

/// The status line of a run over tasks.
private struct CodeStatus: Sendable {
  private let line = StatusLine()

  func show(_ progress: TaskFileSolver.Progress) { line.show(summary(progress) + " · \(progress.id)") }

  func finish(_ progress: TaskFileSolver.Progress) {
    line.finish(summary(progress) + (progress.isInterrupted ? " (interrupted; continue with --resume)" : ""))
  }

  private func summary(_ progress: TaskFileSolver.Progress) -> String {
    var text = "\(progress.finished) of \(progress.tasks) tasks, \(progress.passed) pass their examples"
    if progress.tested > 0 { text += ", \(progress.passedTests) of \(progress.tested) the hidden tests" }
    if progress.failed > 0 { text += ", \(progress.failed) failed" }
    return text
  }
}
