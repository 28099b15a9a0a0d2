// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import TestSupport
import Testing
import Tuning

@Suite("A file of tuned schedules")
struct TunedScheduleFileTests {
  private let folder: TemporaryFolder
  private let key = TuningKey(processor: "Small CPU · 6", kernels: "AVX2", threads: 2, build: "abc")

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.url.appending(path: "a/b/schedules.json").path }

  private func shape(rows: Int = 64, tokens: Int = 1) -> ProductShape {
    ProductShape(
      [
        ProductShape.Matrix(type: .q4_0, isRepacked: true, rows: rows),
        ProductShape.Matrix(type: .f16, isRepacked: false, rows: 8),
      ], columns: 512, tokens: tokens)
  }

  private func duel(_ ratio: Double) throws -> ScheduleDuel {
    try #require(ScheduleDuel(standard: [1, 1.0001, 1], candidate: [ratio, ratio]))
  }

  private func schedule() -> ProductSchedule {
    var schedule = ProductSchedule()
    schedule[.tile] = 8
    schedule[.prefetch] = 0
    return schedule
  }

  private func written() throws -> TunedScheduleFile {
    var file = TunedScheduleFile(key: key)
    let trials = [ScheduleTuner.Measurement(point: 3, seconds: 0.25), .init(point: 0, seconds: 1e-5)]
    file.set(
      TunedProduct(
        shape: shape(), tokens: 1, trials: trials,
        result: .init(candidate: schedule(), duel: try duel(0.8))))
    file.set(
      TunedProduct(
        shape: shape(tokens: 256), tokens: 256, result: .init(candidate: schedule(), duel: try duel(1.2))))
    file.set(TunedProduct(shape: shape(rows: 5), tokens: 1, trials: trials))
    try file.write(to: path)
    return file
  }

  @Test("is read as it was written, in a folder that it makes, and gives the schedules that won")
  func roundTrip() throws {
    let file = try written()
    #expect(try TunedScheduleFile(path: path, key: key) == file)
    let table = try #require(file.table)
    #expect(table.count == 1 && table[shape()] == schedule())
    #expect(table[shape(tokens: 256)] == .standard && table[shape(rows: 5)] == .standard)
    #expect(file.product(shape(rows: 5))?.result == nil, "a search that was stopped has no result")
    #expect(TunedScheduleFile(key: key).table == nil)
  }

  @Test("has each product once")
  func replaced() throws {
    var file = try written()
    let product = TunedProduct(shape: shape(), tokens: 1)
    file.set(product)
    #expect(file.products.count == 3 && file.product(shape()) == product && file.table == nil)
  }

  @Test("that is not there is none, and the key is not made")
  func missing() throws {
    func never() -> TuningKey? {
      Issue.record("nothing is to be compared with")
      return nil
    }
    for path in [path, "/nonexistent/x.json", "/dev/null/x.json"] {
      #expect(try TunedScheduleFile(path: path, key: never()) == nil)
    }
  }

  @Test("of another build, machine or number of threads is not used, and the message says which")
  func foreign() throws {
    _ = try written()
    var other = key
    other.build = "def"
    #expect(throws: TunedScheduleFile.Problem.otherBuild(path: path)) {
      try TunedScheduleFile(path: path, key: other)
    }
    for change: (inout TuningKey) -> Void in [
      { $0.processor = "Large CPU" }, { $0.kernels = "AVX-512 VNNI" }, { $0.threads = 3 },
    ] {
      var other = key
      change(&other)
      #expect(throws: TunedScheduleFile.Problem.otherMachine(path: path)) {
        try TunedScheduleFile(path: path, key: other)
      }
    }
    #expect(throws: TunedScheduleFile.Problem.self) { try TunedScheduleFile(path: path, key: nil) }
    for problem: TunedScheduleFile.Problem in [
      .otherBuild(path: path), .otherMachine(path: path), .unusable(path: path, reason: "it is damaged"),
    ] {
      #expect(problem.message.contains(path) && problem.message.contains("edgeassist autotune"))
      #expect(!problem.message.contains("\n"))
    }
  }

  @Test(
    "that is damaged is refused with a reason, and never ends the program",
    arguments: [
      ("", ""), ("\"tile\":8", "\"tile\":-8"), ("\"tile\":8", "\"tile\":9223372036854775807"),
      ("\"tile\":8", "\"tile\":0"), ("\"tile\":8", "\"speed\":8"), ("\"tile\":8", "\"tile\":1.5"),
      ("\"tile\":8", "\"tile\":1e99"), ("\"columns\":512", "\"columns\":0"),
      ("\"columns\":512", "\"columns\":9223372036854775807"), ("\"rows\":64", "\"rows\":-1"),
      ("\"rows\":64", "\"rows\":99999999999"), ("\"Q4_0\"", "\"Q9\""), ("\"Q4_0\"", "\"IQ2_S\""),
      ("\"repacked\":false", "\"repacked\":true"), ("\"tokens\":256", "\"tokens\":-256"),
      ("\"trial_points\":[3,0]", "\"trial_points\":[3]"), ("\"format\":1", "\"format\":2"),
      ("\"matrices\":[", "\"matrices\":[],\"x\":["), ("}", ""), ("{", "[["),
    ])
  func damaged(old: String, new: String) throws {
    _ = try written()
    var text = try String(contentsOfFile: path, encoding: .utf8)
    text = old.isEmpty ? "" : text.replacing(old, with: new)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    do {
      _ = try TunedScheduleFile(path: path, key: key)
      Issue.record("it was used: \(old) → \(new)")
    } catch {
      guard case .unusable(path, let reason) = error else {
        Issue.record("another problem: \(error)")
        return
      }
      #expect(!reason.isEmpty)
    }
  }

  @Test("is not waited for where a pipe has its name")
  func pipe() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: TunedScheduleFile.Problem.unusable(path: pipe, reason: "it is not an ordinary file")) {
      try TunedScheduleFile(path: pipe, key: key)
    }
  }

  @Test("of any bytes is refused, cut off anywhere too, and points that no space has are left out of a search")
  func anyBytes() throws {
    _ = try written()
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var random = SplitMix64(seed: 3)
    for length in stride(from: 0, to: whole.count - 2, by: 7) {
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      #expect(throws: TunedScheduleFile.Problem.self) { try TunedScheduleFile(path: path, key: key) }
    }
    for _ in 0..<300 {
      var bytes = whole
      bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      try bytes.write(to: URL(fileURLWithPath: path))
      if let file = try? TunedScheduleFile(path: path, key: key) { _ = file.table }
    }
    var tuner = ScheduleTuner(space: ScheduleSpace(axes: [.init(.chunks, [1, 2], standard: 1)]), seed: 1)
    for measurement in [(-1, 1.0), (2, 1), (.max, 1), (0, .nan), (0, -1), (0, .infinity), (1, 2), (1, 1)] {
      tuner.record(ScheduleTuner.Measurement(point: measurement.0, seconds: measurement.1))
    }
    #expect(tuner.measurements == [.init(point: 1, seconds: 2)])
  }

  @Test("is in the user's cache, under a name of the machine and the threads that every build has")
  func location() throws {
    func path(_ environment: [String: String], threads: Int = 2) -> String? {
      TunedScheduleFile.path(environment: environment, threads: threads)
    }
    let named = try #require(path(["XDG_CACHE_HOME": "/cache", "HOME": "/home/me"]))
    #expect(named.hasPrefix("/cache/edgeassist/schedules/") && named.hasSuffix("-2-threads.json"))
    #expect(try #require(path(["HOME": "/home/me"])).hasPrefix("/home/me/.cache/edgeassist/schedules/"))
    #expect(path(["XDG_CACHE_HOME": "here", "HOME": "/home/me"])?.hasPrefix("/home/me") == true)
    #expect(path([:]) == nil && path(["HOME": ""]) == nil)
    #expect(path(["HOME": "/a"], threads: 1) != path(["HOME": "/a"], threads: 2))
    let current = try #require(TuningKey.current(threads: 2))
    #expect(current == TuningKey.current(threads: 2) && current != TuningKey.current(threads: 1))
    #expect(!current.build.isEmpty && current.kernels == InstructionSet.best.rawValue)
  }
}
