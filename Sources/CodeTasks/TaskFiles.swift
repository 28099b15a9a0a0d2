// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import Records

/// Reads tasks from files and folders: JSON objects and JSON Lines in the usual layouts, plain texts, APPS' folders.
public enum TaskFiles {
  /// A task, or why there is none.
  public typealias Entry = Result<CodeProblem, TaskFileError>

  /// Bytes of the largest file that is read whole. JSON Lines are read line by line.
  private static let largestFile = 256 << 20

  /// The tasks of a file, or of all files in a folder and the folders within it, by name. Files of other kinds in a
  /// folder are passed over. What links lead to is read once, and no folder that the given one lies in.
  ///
  /// - Parameter stop: ends the wait for a pipe, whose tasks are those that have come until then.
  /// - Throws: `TaskFileError` if the path itself cannot be read; a bad task within is an entry.
  public static func read(_ path: String, stop: StopSource? = nil) throws(TaskFileError) -> [Entry] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TaskFileError(path: path, reason: "there is no such file or folder")
    }
    guard isFolder.boolValue else { return try file(path, stop: stop) }
    var seen: Set<String> = []
    return try folder(path, root: realPath(path), seen: &seen)
  }

  /// The tasks with ids that differ: a second “sum” is called “sum#2”.
  ///
  /// Files in two folders may have the same name. The order of the entries decides, so a later run gives the same ids.
  public static func tellingApart(_ entries: [Entry]) -> [Entry] {
    var names: Set<String> = []
    // Each name's last number, so that many of one name do not try all numbers again.
    var counts: [String: Int] = [:]
    return entries.map { entry in
      entry.map { problem in
        var problem = problem
        let name = problem.id
        while !names.insert(problem.id).inserted {
          let count = counts[name, default: 1] + 1
          counts[name] = count
          problem.id = "\(name)#\(count)"
        }
        return problem
      }
    }
  }

  /// - Parameter seen: files and folders that have been read, links resolved.
  private static func folder(_ path: String, root: String, seen: inout Set<String>) throws(TaskFileError) -> [Entry] {
    seen.insert(realPath(path))
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: path).sorted() } catch {
      throw TaskFileError(path: path, reason: error.localizedDescription)
    }
    if names.contains("question.txt") { return [appsFolder(path)] }
    var entries: [Entry] = []
    for name in names where !name.hasPrefix(".") {
      let inner = path + "/" + name
      let real = realPath(inner)
      if seen.contains(real) || root.hasPrefix(real == "/" ? real : real + "/") { continue }
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: inner, isDirectory: &isFolder)
      if isFolder.boolValue {
        entries += try folder(inner, root: root, seen: &seen)
      } else if isTaskFile(inner) {
        seen.insert(real)
        do { entries += try file(inner) } catch { entries.append(.failure(error)) }
      }
    }
    return entries
  }

  /// Whether a file in a folder holds tasks by its name, and is no pipe or device, which might never end.
  private static func isTaskFile(_ path: String) -> Bool {
    var status = stat()
    return ["json", "jsonl", "txt", "md"].contains((path as NSString).pathExtension.lowercased())
      && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private static func file(_ path: String, stop: StopSource? = nil) throws(TaskFileError) -> [Entry] {
    let stem = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
    switch (path as NSString).pathExtension.lowercased() {
    case "jsonl": return try lines(of: path, stem: stem, stop: stop)
    // Some data sets name files of JSON Lines .json too.
    case "json":
      let text = try contents(path, stop: stop)
      let whole = object(text, path: path, line: nil, fallbackID: stem)
      if case .failure = whole, text.split(separator: "\n").count > 1, text.split(separator: "\n")[0].hasSuffix("}") {
        return try lines(of: path, stem: stem, stop: stop)
      }
      return [whole]
    default:
      let text = try contents(path, stop: stop)
      do throws(CodeTaskError) {
        return [.success(CodeProblem(id: stem, task: try CodeTask(parsing: text)))]
      } catch {
        return [.failure(TaskFileError(path: path, reason: error.description))]
      }
    }
  }

  private static func lines(
    of path: String, stem: String, stop: StopSource?
  ) throws(TaskFileError) -> [Entry] {
    var entries: [Entry] = []
    do throws(ReportedError) {
      var reader = try LineReader(path: path, name: "it", stop: stop)
      while let line = try reader.next() {
        if line.isBlank { continue }
        guard let text = line.text else {
          let reason = "it is longer than \(memorySize(LineReader.usualLimit)) and was skipped"
          entries.append(.failure(TaskFileError(path: path, line: line.number, reason: reason)))
          continue
        }
        entries.append(object(text, path: path, line: line.number, fallbackID: "\(stem)-\(line.number)"))
      }
    } catch {
      throw TaskFileError(path: path, reason: error.message)
    }
    return entries
  }

  private static func object(_ text: String, path: String, line: Int?, fallbackID: String) -> Entry {
    do {
      let record = try JSONDecoder().decode(ProblemRecord.self, fromUntrusted: Data(text.utf8))
      return .success(record.problem(fallbackID: fallbackID))
    } catch {
      return .failure(TaskFileError(path: path, line: line, reason: ProblemRecord.reason(error)))
    }
  }

  /// A task of APPS as it is distributed: `question.txt`, `input_output.json`, `metadata.json` in a folder of its own.
  private static func appsFolder(_ path: String) -> Entry {
    struct Metadata: Decodable { var difficulty: String? }
    do throws(TaskFileError) {
      let statement = try contents(path + "/question.txt").trimmed
      if statement.isEmpty { throw TaskFileError(path: path + "/question.txt", reason: "it is empty") }
      var pairs: [CodeExample] = []
      let pairsPath = path + "/input_output.json"
      if FileManager.default.fileExists(atPath: pairsPath) {
        let data = Data(try contents(pairsPath).utf8)
        do {
          pairs = try JSONDecoder().decode(ProblemRecord.InputsOutputs.self, fromUntrusted: data).examples
        } catch {
          throw TaskFileError(path: pairsPath, reason: ProblemRecord.reason(error))
        }
      }
      let (examples, tests) = ProblemRecord.split(pairs)
      let metadata = (try? contents(path + "/metadata.json")).flatMap {
        try? JSONDecoder().decode(Metadata.self, fromUntrusted: Data($0.utf8))
      }
      return .success(
        CodeProblem(
          id: (path as NSString).lastPathComponent, task: CodeTask(statement: statement, examples: examples),
          tests: tests, kind: metadata?.difficulty))
    } catch {
      return .failure(error)
    }
  }

  private static func contents(_ path: String, stop: StopSource? = nil) throws(TaskFileError) -> String {
    do throws(InputError) { return try InputFile.text(of: path, limit: largestFile, stop: stop) } catch {
      throw TaskFileError(path: path, reason: error.explanation)
    }
  }
}

extension CodeProblem {
  /// Reads a task from a JSON object in one of the layouts that task files have.
  ///
  /// - Throws: what is wrong with it, as a sentence.
  public static func decoded(from decoder: any Decoder) throws -> CodeProblem {
    try ProblemRecord(from: decoder).problem(fallbackID: "")
  }

  /// Reason of a failed decoding, in words for a person.
  public static func reason(_ error: any Error) -> String { ProblemRecord.reason(error) }
}
