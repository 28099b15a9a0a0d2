// SPDX-License-Identifier: Apache-2.0

import CodeTasks
import Foundation
import Platform
import Synchronization

/// The compiler or interpreter of a language on this machine.
struct Toolchain: Sendable, Equatable {
  /// The tool itself, behind links and wrappers.
  var executable: String
  /// Its needs besides the system's folders: files and folders that a program may read.
  var folders: [String]

  /// The key under which a tool that was found is kept.
  private struct Key: Hashable {
    var language: ProgramLanguage
    var isShared: Bool
  }

  private static let found = Mutex<[Key: Result<Toolchain, SandboxError>]>([:])

  /// The tool of a language, looked for once in the life of the process. With `isShared`, one that other users may run
  /// too.
  static func find(_ language: ProgramLanguage, isShared: Bool) throws(SandboxError) -> Toolchain {
    let key = Key(language: language, isShared: isShared)
    let known = found.withLock { $0[key] }
    let result = known ?? Result { () throws(SandboxError) in try look(for: key) }
    found.withLock { $0[key] = result }
    return try result.get()
  }

  private static func look(for key: Key) throws(SandboxError) -> Toolchain {
    var failure = SandboxError.languageUnavailable(key.language)
    for tool in key.language.tools.flatMap(installedTools) {
      do throws(SandboxError) {
        let toolchain = try toolchain(of: tool, for: key.language)
        let paths = [toolchain.executable] + toolchain.folders
        if !key.isShared || paths.allSatisfy(isOpenToOthers) { return toolchain }
        failure = .toolNotShared(tool: toolchain.executable)
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private static func toolchain(of tool: String, for language: ProgramLanguage) throws(SandboxError) -> Toolchain {
    switch language {
    case .python: return try python(tool)
    case .c: return Toolchain(executable: realPath(tool), folders: outsideSystem([installation(of: realPath(tool))]))
    case .swift: return try swift(tool)
    }
  }

  /// Wrappers such as pyenv's and virtual environments know where the interpreter really is.
  private static func python(_ tool: String) throws(SandboxError) -> Toolchain {
    let script = """
      import os, sys, sysconfig
      print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))
      print(os.path.realpath(sys.base_prefix))
      print(os.path.realpath(os.path.dirname(os.__file__)))
      print(os.path.realpath(os.path.join(sysconfig.get_config_var('LIBDIR') or '',
        sysconfig.get_config_var('INSTSONAME') or '')))
      """
    let lines = try answer(of: tool, ["-I", "-c", script]).split(separator: "\n").map(String.init)
    guard lines.count >= 3 else { throw .toolFailed(tool: tool, detail: "it does not say where it is installed") }
    let folders = isSafeToShow(lines[1]) ? [lines[1]] : [lines[0]] + lines[2...]
    return Toolchain(executable: lines[0], folders: outsideSystem(folders))
  }

  /// `swiftc` may be a link into a toolchain or the wrapper of a manager of toolchains.
  private static func swift(_ tool: String) throws(SandboxError) -> Toolchain {
    let answer = try answer(of: tool, ["-print-target-info"])
    guard
      let resources = answer.firstMatch(of: #/"runtimeResourcePath": *"([^"]+)"/#)?.output.1,
      case let root = URL(fileURLWithPath: realPath(String(resources))).deletingLastPathComponent()
        .deletingLastPathComponent().path
    else { throw .toolFailed(tool: tool, detail: "it does not say where its toolchain is") }
    return Toolchain(executable: root + "/bin/swiftc", folders: outsideSystem([root]))
  }

  /// Asks a tool about itself. It is the user's own, so that it is not contained.
  private static func answer(of tool: String, _ arguments: [String]) throws(SandboxError) -> String {
    let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }.sorted()
    let limits = RunLimits(
      cpuSeconds: 30, wallSeconds: 60, memoryBytes: 2 << 30, outputBytes: 1 << 20, processes: 256, openFiles: 1024)
    let launch = Launch(path: tool, arguments: [tool] + arguments, environment: environment)
    let result = try Supervision(
      launch: launch, kind: .group(scratch: nil), input: try .memoryFile([]), limits: limits,
      watchdog: try Watchdog(status: nil, wallSeconds: limits.wallSeconds)
    ).run(stop: nil)
    guard result.end == .exited(status: 0) else {
      throw .toolFailed(tool: tool, detail: result.lastLines(1))
    }
    return result.output
  }
}

/// Folders of the system, shown to every program for reading.
let systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"]

/// The files of `/etc` that loaders and links of the system need.
let systemSettings = ["/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"]

/// Where a tool lies, by the search path; nil if it is not installed.
func installedTool(_ name: String) -> String? { installedTools(name).first }

/// All paths of a tool on the search path.
private func installedTools(_ name: String) -> [String] {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
  return path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }.filter { candidate in
    var isFolder: ObjCBool = false
    return FileManager.default.isExecutableFile(atPath: candidate)
      && FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder) && !isFolder.boolValue
  }
}

/// Whether other users may pass through all folders on the way to a path, and through itself.
private func isOpenToOthers(_ path: String) -> Bool {
  var way = ""
  for part in path.split(separator: "/") {
    way += "/" + part
    var status = stat()
    guard stat(way, &status) == 0, status.st_mode & S_IXOTH != 0 else { return false }
  }
  return true
}

/// Where a tool in `…/bin` is installed.
private func installation(of executable: String) -> String {
  let root = URL(fileURLWithPath: executable).deletingLastPathComponent().deletingLastPathComponent().path
  return isSafeToShow(root) ? root : executable
}

/// Those that exist and that no program sees anyway.
private func outsideSystem(_ paths: [String]) -> [String] {
  paths.filter { path in
    FileManager.default.fileExists(atPath: path)
      && !systemFolders.contains { path == realPath($0) || path.hasPrefix(realPath($0) + "/") }
  }
}

/// False for a folder that holds what is not a tool's: the home folder, what it lies in, its `.local`.
func isSafeToShow(_ folder: String, home: String = realPath(NSHomeDirectory())) -> Bool {
  folder != "/" && folder != home && !home.hasPrefix(folder + "/") && folder != home + "/.local"
}
