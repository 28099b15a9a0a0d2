// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CodeAgent
import CodeTasks
import Foundation
import Records
import SessionInterface

/// `edgeassist code`: programming tasks from files and folders, without a terminal.
struct Code: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Work on programming tasks from files and folders; programs are run on their examples in a sandbox.",
    discussion: """
      edgeassist code task.txt                            a task in words, with Input: and Output: lines
      edgeassist code tasks/ --output done.jsonl          all tasks of a folder
      edgeassist code tasks/ --output done.jsonl --resume go on where an earlier run stopped
      edgeassist code apps.jsonl                          data sets laid out as APPS or CodeContests are

      A task file is a text, a JSON object {"task", "language", "examples": [{"input", "output"}], "tests"}, or JSON \
      Lines of such objects. Results are JSON Lines, one for each task. Hidden tests (“tests”) are run at the end and \
      are never seen by the model.
      """)

  @Argument(help: ArgumentHelp("Task files and folders.", valueName: "path"))
  var paths: [String]

  @Option(name: .long, help: ArgumentHelp("Write results here. Left out: stdout.", valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Skip what the output file already answers.")
  var resume = false

  @Option(
    name: .long, help: ArgumentHelp("Write programs in python, c or swift, whatever the files say.", valueName: "name"))
  var language: String?

  @OptionGroup(title: "Work") var code: CodeOptions
  @OptionGroup(title: "Model") var model: ModelOptions

  func validate() throws {
    if resume && output == nil { throw ValidationError("--resume needs --output FILE") }
    if let language, ProgramLanguage(rawValue: language) == nil {
      throw ValidationError("--language must be one of \(ProgramLanguage.list), not “\(language)”")
    }
  }

  func run() async throws {
    let progress = CodeProgress()
    let settings = code.settings(with: model)
    let runner = CodeRunner(
      options: CodeRunner.Options(
        paths: paths, output: output, isResuming: resume, language: language.flatMap(ProgramLanguage.init(rawValue:)),
        code: settings,
        report: { progress.show($0) }))
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

/// One line on standard error that is written over and over; silent when standard error is no terminal.
private struct CodeProgress: Sendable {
  private let isShown = isatty(STDERR_FILENO) == 1

  func show(_ progress: CodeRunner.Progress) {
    guard isShown else { return }
    write("\r\u{1B}[K" + (summary(progress) + " · \(progress.id)").prefix(100))
  }

  func finish(_ progress: CodeRunner.Progress) {
    guard isShown else { return }
    let end = progress.isInterrupted ? " (interrupted; --resume goes on from here)" : ""
    write("\r\u{1B}[K\(summary(progress))\(end)\n")
  }

  private func summary(_ progress: CodeRunner.Progress) -> String {
    var text = "\(progress.finished) of \(progress.tasks) tasks, \(progress.passed) pass their examples"
    if progress.tested > 0 { text += ", \(progress.passedTests) of \(progress.tested) the hidden tests" }
    if progress.failed > 0 { text += ", \(progress.failed) failed" }
    return text
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
