// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Evaluation
import Foundation
import Inference
import ModelFile
import Quantization
import Records
import Synchronization
import Testing

@Suite("Sensitivities", .serialized)
struct SensitivityRunnerTests {
  private let source: TextModel
  private let file: GGUFFile
  private let calibration: Calibration
  private let groups: [PrecisionGroup]
  private static let types: [TensorType] = [.q2_K, .q4_K, .q8_0]

  init() async throws {
    source = try TextModel()
    file = try GGUFFile(path: ModelPaths.resolve(languageModel: nil, vision: .beside).languageModel)
    let runner = try CalibrationRunner(
      model: try source.load(), options: CalibrationOptions(source: .file(source.text), length: 32, windows: 3))
    let calibration = try #require(try await runner.run())
    self.calibration = calibration
    let all = try PrecisionGroup.groups(of: file, types: Self.types) { calibration.meanSquares[$0] != nil }
    // Few, because each is a reading.
    groups = all.filter { $0.layer == nil || $0.layer == 1 }
  }

  private func runner(
    _ name: String = "s.jsonl", windows: Int = 2, report: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> SensitivityRunner {
    try SensitivityRunner(
      model: try source.load(), file: file, groups: groups, calibration: calibration,
      options: SensitivityOptions(
        windows: windows, path: source.folder.path(name), source: "text.txt", threads: 1, report: report))
  }

  /// Bytes of the groups' tensors in the type of each.
  private func bytes(_ plan: PlannedPrecision) throws -> Int {
    try groups.reduce(0) { $0 + $1.byteCount(in: try #require(plan.types[$1.tensors[0].name])) }
  }

  @Test("are zero for a type that changes nothing, and grow as bits become fewer")
  func divergences() async throws {
    let found = try #require(try await runner().run())
    for group in groups {
      let few = try #require(found.divergence(of: group, in: .q2_K))
      let more = try #require(found.divergence(of: group, in: .q4_K))
      #expect(few > more && more > 0, "\(group.name)")
      #expect(try #require(found.divergence(of: group, in: .q8_0)) < more, "\(group.name)")
    }
    #expect(try await runner().divergence(of: groups.map { _ in .q8_0 }) == 0)
  }

  @Test("of a whole plan are those of the file that is written by it")
  func wholeFile() async throws {
    let runner = try runner(windows: 1)
    let found = try #require(try await runner.run())
    let planned = try #require(try await runner.plan(for: .bytes(.max / 2), by: found, otherBytes: 0))
    var types = planned.types
    for group in groups { for tensor in group.tensors { types[tensor.name] = .q4_K } }
    let measured = try #require(try await runner.divergence(of: groups.map { _ in .q4_K }))
    let path = source.folder.path("written.gguf")
    let plan = try QuantizationPlan(file: file, name: "", types: types)
    let squares = calibration.meanSquares
    _ = try QuantizationRun(file: file, plan: plan, threads: 1, importance: { squares[$0.name] }).write(to: path)

    let tokens = calibration.texts[0]
    let written = try LoadedModel(
      paths: ModelPaths(languageModel: path, vision: nil, isEmbedded: false), threads: 1)
    let logits = try [source.load(), written].map { model in
      let cache = try KeyValueCache(shape: model.language.configuration.cacheShape, budget: 64, policy: .full)
      return try model.language.prefillKeepingLogits(
        tokens: tokens, positions: tokens.indices.map { MRoPEPosition(text: Int32($0)) },
        into: cache.ticket(for: .text))
    }
    var sum = 0.0
    let scored = tokens.count / 2..<tokens.count - 1
    for place in scored {
      let comparison = TokenComparison(
        of: tokens[place + 1], reference: logits[0][place], candidate: logits[1][place])
      sum += try #require(comparison).divergence
    }
    #expect(await runner.tokens == scored.count)
    #expect(abs(measured - sum / Double(scored.count)) < 1e-6 * max(measured, 1e-3))
  }

  @Test("that were measured are not measured again, also those of a run that was interrupted")
  func resuming() async throws {
    let whole = try #require(try await runner("whole.jsonl").run())
    let interrupted = Mutex<SensitivityRunner?>(nil)
    let first = try runner { done, _ in if done == 4 { interrupted.withLock { $0?.interrupt() } } }
    interrupted.withLock { $0 = first }
    #expect(try await first.run() == nil)
    let lines = try String(contentsOf: URL(filePath: source.folder.path("s.jsonl")), encoding: .utf8).split(
      separator: "\n")
    #expect(lines.count == 5)
    let starts = Mutex<[Int]>([])
    let second = try runner { done, _ in starts.withLock { $0.append(done) } }
    let found = try #require(try await second.run())
    #expect(starts.withLock { $0.first } == 4)
    for group in groups {
      for type in group.candidates {
        #expect(found.divergence(of: group, in: type) == whole.divergence(of: group, in: type))
      }
    }
  }

  @Test("of another text are refused, and so is a file that holds something else")
  func otherFile() async throws {
    _ = try await runner().run()
    await #expect(throws: ReportedError.self) { _ = try await runner(windows: 1).run() }
    try source.folder.write("{\"a\":\"b\"}\n".utf8, to: "s.jsonl")
    await #expect(throws: ReportedError.self) { _ = try await runner().run() }
  }

  @Test("choose types within a size, and say the smallest size that can be had")
  func targetBytes() async throws {
    let runner = try runner()
    let found = try #require(try await runner.run())
    let smallest = groups.reduce(0) { $0 + $1.byteCount(in: $1.candidates[0]) }
    var last = Double.infinity
    for bytes in [smallest, smallest * 3 / 2, smallest * 5] {
      let plan = try #require(try await runner.plan(for: .bytes(bytes + 100), by: found, otherBytes: 100))
      #expect(try self.bytes(plan) <= bytes && plan.sum < last)
      last = plan.sum
    }
    let error = await #expect(throws: ReportedError.self) {
      try await runner.plan(for: .bytes(smallest), by: found, otherBytes: 100)
    }
    #expect(error?.message.contains("\(smallest + 100) bytes") == true)
  }

  @Test("choose types for a divergence that the whole model keeps, and say the nearest that can be had")
  func targetDivergence() async throws {
    let runner = try runner()
    let found = try #require(try await runner.run())
    let worst = try #require(try await runner.divergence(of: groups.map { $0.candidates[0] }))
    let plan = try #require(try await runner.plan(for: .divergence(worst / 3), by: found, otherBytes: 0))
    #expect(plan.record.divergence <= worst / 3 && plan.record.divergence > 0)
    let largest = groups.reduce(0) { $0 + $1.byteCount(in: .q8_0) }
    #expect(try bytes(plan) < largest)
    let loose = try #require(try await runner.plan(for: .divergence(worst * 2), by: found, otherBytes: 0))
    #expect(try bytes(loose) < bytes(plan))
  }

  @Test("say the nearest divergence where a smaller one cannot be had")
  func unreachable() async throws {
    let few = groups.map(\.tensors).flatMap(\.self).map(\.name)
    let coarse = try PrecisionGroup.groups(of: file, types: [.q2_K]) { few.contains($0) }
    let runner = try SensitivityRunner(
      model: try source.load(), file: file, groups: coarse, calibration: calibration,
      options: SensitivityOptions(
        windows: 1, path: source.folder.path("coarse.jsonl"), source: "text.txt", threads: 1))
    let found = try #require(try await runner.run())
    let error = await #expect(throws: ReportedError.self) {
      try await runner.plan(for: .divergence(1e-9), by: found, otherBytes: 0)
    }
    #expect(error?.message.contains("the nearest with these types is") == true)
  }
}
