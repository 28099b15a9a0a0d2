// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite("edgeassist watch")
struct WatchCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("tells of the sample's cat as JSON, by a snapshot and to a program, and reports it")
  func sample() async throws {
    let script = try folder.write("#!/bin/sh\ncat >> told\n", to: "tell.sh")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    let run = try await Program.run(
      [
        "watch", "--video", Program.sample, "--watch", "Did you see a cat?", "--watch", "Was there a truck?",
        "--on-alert", "./tell.sh", "--snapshots", "seen", "--report", "--plot", "scores.png",
      ], folder: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    let records = run.records
    try #require(records.count == 3, "\(records)")
    #expect(records.map { $0["type"] as? String } == ["watching", "alert", "alert"])
    #expect(records[1...].map { $0["state"] as? String } == ["on", "off"])
    #expect(records[1]["watch"] as? String == "Did you see a cat?" && records[1]["version"] as? Int == 1)
    #expect((records[1]["text"] as? String)?.contains("cat") == true)
    let snapshot = try #require(records[1]["snapshot"] as? String)
    for file in [snapshot, "scores.png"] {
      let bytes = try Data(contentsOf: folder.url.appending(path: file))
      #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), "\(file)")
    }
    let told = try String(contentsOf: folder.url.appending(path: "told"), encoding: .utf8)
    #expect(told.split(separator: "\n").count == 2)
    #expect(run.errors.contains("Did you see a cat?: 1 alert") && run.errors.contains("Was there a truck?: 0 alerts"))
  }

  @Test("writes neither into the video that it watches nor behind something else than events")
  func destroysNothing() async throws {
    let video = try Data(contentsOf: URL(fileURLWithPath: Program.sample))
    try video.write(to: folder.url.appending(path: "in.mp4"))
    try folder.write("Dear diary\n", to: "diary.txt")
    for output in ["in.mp4", "diary.txt"] {
      let run = try await Program.run(
        ["watch", "--video", "in.mp4", "--watch", "Did a bus come?", "--output", output], folder: folder.url)
      #expect(run.status == 2 && run.errors.contains(output), "\(run.errors)")
    }
    #expect(try Data(contentsOf: folder.url.appending(path: "in.mp4")) == video)
    #expect(try String(contentsOf: folder.url.appending(path: "diary.txt"), encoding: .utf8) == "Dear diary\n")
  }

  @Test("refuses a folder of snapshots that is a file, and a plot that cannot be written, before it watches")
  func unusableOutputs() async throws {
    try folder.write("hello\n", to: "notes.txt")
    for (option, path, reason) in [
      ("--snapshots", "notes.txt", "is no folder"), ("--plot", "notes.txt", "notes.txt"),
      ("--plot", ".", "it is a folder"), ("--plot", "nosuch/plot.png", "nosuch/plot.png"),
    ] {
      let run = try await Program.run(
        ["watch", "--video", Program.sample, "--watch", "Did you see a cat?", option, path], folder: folder.url)
      #expect(
        run.status == 2 && run.output.isEmpty && run.errors.contains(reason), "\(option) \(path): \(run.errors)")
    }
    #expect(try folder.names() == ["notes.txt"])
  }

  @Test("appends its events to a file of events")
  func output() async throws {
    try folder.write("{\"type\":\"watching\"}\n", to: "events.jsonl")
    for _ in 0..<2 {
      let run = try await Program.run(
        ["watch", "--video", Program.sample, "--watch", "Did a bus come?", "--output", "events.jsonl"],
        folder: folder.url)
      #expect(run.status == 0 && run.records.isEmpty, "\(run.errors)")
    }
    let lines = try String(contentsOf: folder.url.appending(path: "events.jsonl"), encoding: .utf8)
    #expect(lines.split(separator: "\n").count == 3)
  }

  @Test(
    "refuses what cannot be watched for, before it watches",
    arguments: [
      (["--watch", "hello"], "“hello” is no condition"), ([], "say what to watch for"),
      (["--watch", "it is so", "--watch", "it is so"], "two watches are called “it is so”"),
      (["--watch", "missing 0s: it is so"], "between a second and a week"),
      (["--watch", "it is so", "--on-alert", "/nowhere"], "there is no such program"),
      (["--watch", "it is so", "--snapshots", "/dev/null/x"], "/dev/null/x"),
      (["--watch", "it is so", "--sensitivity", "much"], "sensitivity"),
    ])
  func refusals(_ arguments: [String], _ message: String) async throws {
    let run = try await Program.run(["watch", "--video", Program.sample] + arguments, folder: folder.url)
    #expect(run.status != 0 && run.errors.contains(message), "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test("needs a video, which must be there")
  func video() async throws {
    let none = try await Program.run(["watch", "--watch", "it is so"])
    #expect(none.status == 64 && none.errors.contains("name what to watch"), "\(none.errors)")
    let missing = try await Program.run(["watch", "--watch", "it is so", "--video", "/nowhere.mp4"])
    #expect(missing.status == 2 && missing.errors.contains("/nowhere.mp4"), "\(missing.errors)")
  }
}
