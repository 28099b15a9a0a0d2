// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CodeAgent
import CodeTasks
import Evaluation
import Foundation
import Inference
import Records

/// Which programming tasks are worked on, and how, with `--suite code`.
struct CodeSuiteOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Task files and folders, as `edgeassist code` reads them; may be given again. Left out: the held-out tasks that "
        + "come with the program.", valueName: "path"))
  var tasks: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Ways to compare, with commas: \(CodeWay.allCases.map(\.rawValue).joined(separator: ", ")). Left out: all.",
      valueName: "names"))
  var ways = CodeWays()

  static let embeddedTasks = "held-out-tasks.jsonl"

  /// The first `limit` tasks, and what the results call them.
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
    for path in paths {
      do throws(TaskFileError) {
        for entry in try TaskFiles.read(path) { problems.append(try entry.get()) }
      } catch {
        throw .requestMalformed(message: error.description)
      }
    }
    if problems.isEmpty { throw .requestMalformed(message: "no tasks were found in \(paths.joined(separator: ", "))") }
    return (Array(problems.prefix(limit)), paths.map { ($0 as NSString).lastPathComponent }.joined(separator: ","))
  }
}

/// Ways of working with commas between them.
struct CodeWays: ExpressibleByArgument {
  var list = CodeWay.allCases

  init() {}

  init?(argument: String) {
    list = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let way = CodeWay(rawValue: String(name)) else { return nil }
      if !list.contains(way) { list.append(way) }
    }
  }

  var defaultValueDescription: String { "all" }
}
