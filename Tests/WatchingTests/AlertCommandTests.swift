// SPDX-License-Identifier: Apache-2.0

import Foundation
import Platform
import TestSupport
import Testing
import Watching

@Suite("The program that is told")
struct AlertCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func script(_ body: String) throws -> String {
    let path = try folder.write("#!/bin/sh\n" + body + "\n", to: "tell.sh")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  private func contents(_ name: String) -> String {
    (try? String(contentsOfFile: folder.path(name), encoding: .utf8)) ?? ""
  }

  @Test("has each event on its standard input, one after the other")
  func events() throws {
    let command = try AlertCommand(path: try script("cat >> '\(folder.path("told"))'"), seconds: 30)
    for number in 1...5 { command.send(#"{"number":\#(number)}"#) }
    command.finish()
    #expect(contents("told") == (1...5).map { #"{"number":\#($0)}"# + "\n" }.joined())
    #expect(command.takeFailures() == [])
  }

  @Test("that does not read, fails or ends by a signal is told of, and the next one runs")
  func failures() throws {
    let command = try AlertCommand(path: try script("exit 3"), seconds: 30)
    command.send("{}")
    command.finish()
    #expect(command.takeFailures() == ["\(folder.path("tell.sh")): it ended with status 3"])
    let killed = try AlertCommand(path: try script("kill -9 $$"), seconds: 30)
    killed.send("{}")
    killed.finish()
    #expect(killed.takeFailures() == ["\(folder.path("tell.sh")): it ended by signal 9"])
  }

  @Test("that never ends is killed with all that it started", .timeLimit(.minutes(2)))
  func hangs() throws {
    let command = try AlertCommand(
      path: try script("sleep 1000 & echo $! > '\(folder.path("child"))'; wait"), seconds: 2)
    command.send("{}")
    var failures: [String] = []
    while failures.isEmpty {
      failures = command.takeFailures()
      usleep(20_000)
    }
    #expect(failures.first?.contains("took longer than 2 s and was killed") == true)
    let child = try #require(pid_t(contents("child").trimmingCharacters(in: .newlines)))
    // It is a zombie until its new parent has looked after it.
    let status = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
    #expect(status.isEmpty || status.contains(") Z ") || kill(child, 0) != 0, "\(status)")
  }

  @Test("that is still there when the watching is stopped is killed, and what waited is left out and told of")
  func stopped() throws {
    let command = try AlertCommand(path: try script("echo $$ > '\(folder.path("child"))'; sleep 1000"), seconds: 600)
    for _ in 0..<3 { command.send("{}") }
    while contents("child").isEmpty { usleep(20_000) }
    let stop = StopSource()
    stop.stop()
    command.finish(stop: stop)
    let failures = command.takeFailures()
    #expect(failures.contains { $0.contains("2 events were left out") }, "\(failures)")
    #expect(failures.contains { $0.contains("still there at the end and was killed") }, "\(failures)")
    let child = try #require(pid_t(contents("child").trimmingCharacters(in: .newlines)))
    #expect(kill(child, 0) != 0)
  }

  @Test(
    "that is not there is refused before anything is watched",
    arguments: ["/nowhere/tell", "no-such-program-here", "", "/tmp"])
  func missing(_ path: String) {
    #expect { try AlertCommand(path: path, seconds: 1) } throws: { "\($0)".contains("there is no such program") }
  }

  @Test("that is too slow for many events loses the oldest, which is told of")
  func slow() throws {
    let command = try AlertCommand(path: try script("sleep 0.1"), seconds: 30)
    for _ in 0..<40 { command.send("{}") }
    #expect(command.takeFailures().contains { $0.contains("too slow: an event was left out") })
    command.finish()
  }
}
