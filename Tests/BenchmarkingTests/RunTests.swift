// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Inference
import Synchronization
import Testing

@Suite("A benchmark")
struct BenchmarkRunTests {
  private func runner(
    _ plan: BenchmarkPlan, report: @escaping @Sendable (BenchmarkStep) -> Void = { _ in }
  ) throws -> BenchmarkRunner {
    BenchmarkRunner(
      paths: try ModelPaths.resolve(languageModel: nil, vision: nil), threads: 1, memory: MemoryPlan(), plan: plan,
      report: report)
  }

  @Test("measures each part with the embedded model, and counts its steps to the end")
  func wholeRun() async throws {
    let steps = Mutex<[BenchmarkStep]>([])
    var plan = BenchmarkPlan.quick
    plan.rounds = 2
    let report = try await runner(plan, report: { step in steps.withLock { $0.append(step) } }).run()
    #expect(report.isComplete)
    #expect(
      report.figures.map(\.name) == [
        "load", "bandwidth", "prefill, 32 tokens", "prefill, 128 tokens", "decode, 0 held", "decode, 256 held",
        "vision, 112 × 112", "ingest, 512 tokens", "pass, 512 tokens", "answer, 512 tokens",
        "answer, 512 tokens, long talk", "memory",
      ])
    for figure in report.figures {
      #expect(figure.value.lowest > 0 && figure.value.highest.isFinite, "\(figure.name)")
      #expect(figure.value.rounds == (figure.part == .memory ? 1 : 2), "\(figure.name)")
    }
    let last = try #require(steps.withLock { $0.last })
    #expect(last.done == last.all - 1, "the last one was under way")
  }

  @Test("leaves out what is not asked for")
  func parts() async throws {
    var plan = BenchmarkPlan.quick
    plan.parts = [.prefill, .answer]
    plan.rounds = 1
    plan.lengths = [8, 1_000_000]
    let report = try await runner(plan).run()
    #expect(report.figures.map(\.part) == [.prefill, .answer, .answer], "and what exceeds the model's context")
  }

  @Test("measures the minutes of a long stream that are asked for, and whether memory grows")
  func growth() async throws {
    var plan = BenchmarkPlan.quick
    plan.parts = [.growth]
    plan.minutes = [2, 1]
    let report = try await runner(plan).run()
    #expect(
      report.figures.map(\.name) == [
        "growth, minute 1, a picture", "growth, minute 1, memory", "growth, minute 2, a picture",
        "growth, minute 2, memory",
      ])
    #expect(report.figures[0].value.rounds == 6)
  }

  @Test("that is interrupted keeps what it has")
  func interrupted() async throws {
    var plan = BenchmarkPlan.quick
    plan.parts = [.prefill, .decode]
    let holder = Mutex<BenchmarkRunner?>(nil)
    let runner = try runner(plan) { step in
      if step.label.hasPrefix("decode") { holder.withLock { $0?.interrupt() } }
    }
    holder.withLock { $0 = runner }
    let report = try await runner.run()
    #expect(!report.isComplete)
    #expect(report.figures.map(\.name) == ["prefill, 32 tokens", "prefill, 128 tokens"])
  }
}
