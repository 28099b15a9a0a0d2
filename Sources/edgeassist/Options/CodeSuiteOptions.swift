// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CodeAgent
import CodeTasks
import Evaluation
import Foundation
import Inference
import Records

/// The programming tasks of an evaluation with `--suite code`, and the methods that are compared.
struct CodeSuiteOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Task files and folders, as `edgeassist code` reads them. May be given more than once. (default: the held-out "
        + "tasks that come with the program)", valueName: "path"),
    completion: .file())
  var tasks: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Methods to compare, separated by commas: \(CodeMethod.allCases.map(\.rawValue).joined(separator: ", ")). "
        + "(default: all)", valueName: "names"))
  var methods: CodeMethods?

  /// The names of those that were given.
  var given: [String] { GivenOptions.names(of: ["--tasks": !tasks.isEmpty, "--methods": methods != nil]) }

  static let embeddedTasks = "held-out-tasks.jsonl"

  /// The first `limit` tasks, and the names of their files for the results.
  ///
  /// - Throws: `ReportedError` naming the task that cannot be read.
  func problems(limit: Int) throws(ReportedError) -> (problems: [CodeProblem], name: String) {
    var paths = tasks
    if paths.isEmpty {
      guard let path = InstalledFiles.file(Self.embeddedTasks, in: "Assets") else {
        throw .requestMalformed(message: "\(Self.embeddedTasks) was not found; name task files with --tasks")
      }
      paths = [path]
    }
    var problems: [CodeProblem] = []
    do throws(TaskFileError) {
      var entries: [TaskFiles.Entry] = []
      for path in paths { entries += try TaskFiles.read(path) }
      for entry in TaskFiles.tellingApart(entries) { problems.append(try entry.get()) }
    } catch {
      throw .requestMalformed(message: error.description)
    }
    if problems.isEmpty { throw .requestMalformed(message: "no tasks were found in \(paths.joined(separator: ", "))") }
    return (Array(problems.prefix(limit)), paths.map { ($0 as NSString).lastPathComponent }.joined(separator: ","))
  }
}

/// Methods, separated by commas.
struct CodeMethods: ExpressibleByArgument {
  var list: [CodeMethod] = []

  init?(argument: String) {
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let method = CodeMethod(rawValue: String(name)) else { return nil }
      if !list.contains(method) { list.append(method) }
    }
  }
}
