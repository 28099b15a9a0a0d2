// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Images
import Inference
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("A benchmark")
struct BenchmarkRunTests {
  private func runner(
    _ plan: BenchmarkPlan, of paths: ModelPaths? = nil, stop: StopSource = StopSource(),
    report: @escaping @Sendable (BenchmarkStep) -> Void = { _ in }
  ) throws -> BenchmarkRunner {
    try BenchmarkRunner(
      paths: try paths ?? ModelPaths.resolve(languageModel: nil), threads: 1, memory: ModelLoadingOptions(), plan: plan,
      stop: stop, report: report)
  }

  @Test("measures each part with the embedded model, and counts its steps to the end")
  func wholeRun() async throws {
    let steps = Mutex<[BenchmarkStep]>([])
    var plan = BenchmarkPlan.quick
    plan.repetitions = 2
    let report = try await runner(plan, report: { step in steps.withLock { $0.append(step) } }).run()
    #expect(report.isComplete)
    let shares = ["f32", "q8"].flatMap { type in [1, 5, 10, 25, 50, 100].map { "\($0) % active, \(type)" } }
    let sparse = (["dense"] + shares + ["change map of a frame"]).map { "sparse-vision, " + $0 }
    let before = [
      "load", "bandwidth", "prefill, 32 tokens", "prefill, 128 tokens", "decode, context 0", "decode, context 256",
      "branches, 1 of 20 tokens, context 256", "branches, decode in 1, context 256",
      "branches, 4 of 20 tokens, context 256", "branches, decode in 4, context 256",
      "branches, 16 of 20 tokens, context 256", "branches, decode in 16, context 256", "vision, 112 × 112",
    ]
    let after = [
      "ingest, 512 tokens", "compression, 512 tokens", "first-token, 512 tokens",
      "first-token, 512 tokens, long conversation", "memory",
    ]
    #expect(report.results.map(\.name) == before + sparse + after)
    for result in report.results {
      #expect(result.value.lowest > 0 && result.value.highest.isFinite, "\(result.name)")
      #expect(result.value.repetitions == (result.part == .memory ? 1 : 2), "\(result.name)")
    }
    let last = try #require(steps.withLock { $0.last })
    #expect(last.done == last.all - 1, "the last one was under way")
  }

  @Test("leaves out what is not asked for")
  func parts() async throws {
    var plan = BenchmarkPlan.quick
    plan.parts = [.prefill, .firstToken]
    plan.repetitions = 1
    plan.promptLengths = [8, 1_000_000]
    let report = try await runner(plan).run()
    #expect(report.results.map(\.part) == [.prefill, .firstToken, .firstToken], "and what exceeds the model's context")
  }

  @Test("measures the minutes of a long stream that are asked for, and whether memory grows")
  func longStream() async throws {
    var plan = BenchmarkPlan.quick
    plan.parts = [.longStream]
    plan.minutes = [2, 1]
    let report = try await runner(plan).run()
    #expect(
      report.results.map(\.name) == [
        "long-stream, minute 1, frame", "long-stream, minute 1, memory", "long-stream, minute 2, frame",
        "long-stream, minute 2, memory",
      ])
    #expect(report.results[0].value.repetitions == 6)
  }

  @Test("has frames of the one size that a vision tower reads, whatever is asked for", arguments: [nil, 32, 300])
  func fixedImageSize(side: Int?) async throws {
    let vision = VisionShape(
      family: .idefics3, layers: 2, hiddenSize: 64, heads: 2, intermediateSize: 128, patchSize: 16, imageSide: 128)
    let shape = ModelShape(
      name: "tiny-idefics3", architecture: "llama", layers: 2, hiddenSize: 128, heads: 4, keyValueHeads: 2,
      headDimension: 32, intermediateSize: 256, ropeTheta: 1e5, contextLength: 2048, mropeSections: [],
      vocabulary: 2000, vision: vision)
    let folder = try TemporaryFolder()
    let paths = try RandomModel(shape: shape, type: "q8_0", visionType: "f16").write(to: folder.path("tiny.gguf"))
    var plan = BenchmarkPlan.quick
    plan.parts = [.vision, .ingest]
    plan.repetitions = 1
    plan.imageSize = side.map { ImageSize(width: $0, height: $0) }
    let report = try await runner(plan, of: paths).run()
    #expect(report.results.map(\.name) == ["vision, 128 × 128", "ingest, 512 tokens"])
  }

  @Test("that is interrupted keeps what it has")
  func interrupted() async throws {
    var plan = BenchmarkPlan.quick
    plan.parts = [.prefill, .decode]
    let stop = StopSource()
    let runner = try runner(plan, stop: stop) { step in
      if step.label.hasPrefix("decode") { stop.stop() }
    }
    let report = try await runner.run()
    #expect(!report.isComplete)
    #expect(report.results.map(\.name) == ["prefill, 32 tokens", "prefill, 128 tokens"])
  }
}
