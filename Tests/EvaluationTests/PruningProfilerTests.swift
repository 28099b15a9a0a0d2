// SPDX-License-Identifier: Apache-2.0

import Architectures
import Evaluation
import Foundation
import Inference
import Records
import TestSupport
import Testing

@Suite("A pruning profile", .serialized)
struct PruningProfilerTests {
  private func load(pruning: PruningProfile? = nil) throws -> LoadedModel {
    try LoadedModel(
      paths: ModelPaths.resolve(languageModel: nil), threads: 1, memory: ModelLoadingOptions(pruning: pruning))
  }

  private func measurement(_ amounts: PruningAmounts) async throws -> PruningMeasurement {
    let suite = DoorstepSuite(DoorstepOptions(questions: 8, seconds: 20, questionsPerStream: 4))
    return try #require(
      try await PruningProfiler(model: load(), options: PruningOptions(suite: suite, amounts: amounts)).run())
  }

  @Test("leaves out what matters least alone, and loses less than heads that are drawn at random")
  func choice() async throws {
    let found = try await measurement(
      PruningAmounts(languageHeads: 0.25, visionHeads: 0.1, reusedMaps: 0.25))
    let shape = try load().language.configuration.cacheShape
    #expect(found.headDivergences.count == shape.layers)
    #expect(found.headDivergences.allSatisfy { $0.count == shape.keyValueHeads && $0.allSatisfy { $0 >= 0 } })
    let left = found.profile.language
    #expect(left.headCount == Int((Double(shape.layers * shape.keyValueHeads) / 4).rounded()))
    let kept = found.headDivergences.enumerated().flatMap { layer, row in
      row.enumerated().filter { !left.heads[layer].contains($0.offset) }.map(\.element)
    }
    let gone = left.heads.enumerated().flatMap { layer, heads in heads.map { found.headDivergences[layer][$0] } }
    #expect(try #require(gone.max()) <= (try #require(kept.min())))
    #expect(found.language.chosen < (try #require(found.language.random)))
    let vision = try #require(found.vision)
    #expect(vision.chosen < (try #require(vision.random)))
    #expect(found.mapErrors[0] == nil && found.mapErrors.dropFirst().allSatisfy { $0 ?? 0 > 0 })

    // The file gives the same back, and a model is loaded with it.
    let folder = try TemporaryFolder()
    let path = folder.path("model.pruning.json")
    try found.profile.write(to: path)
    #expect(try PruningProfile(path: path) == found.profile)
    let model = try load(pruning: found.profile)
    #expect(model.language.pruning == left && model.vision?.pruning == found.profile.vision?.pruning)
    #expect(try model.identity != load().identity)
  }

  @Test("measures the language model on a text")
  func text() async throws {
    let source = try TextModel()
    let long = try source.folder.write(
      Data(String(repeating: "A cat came from the left, then a person stopped. ", count: 300).utf8), to: "long.txt")
    var options = PruningOptions(
      suite: DoorstepSuite(DoorstepOptions(questions: 1)), text: long, windows: 1,
      amounts: PruningAmounts(languageHeads: 0.25, visionHeads: 0, reusedMaps: 0))
    let found = try #require(try await PruningProfiler(model: source.load(), options: options).run())
    #expect(found.profile.vision == nil && found.profile.language.headCount > 0)
    options.text = source.folder.path("none.txt")
    await #expect(throws: ReportedError.self) {
      _ = try await PruningProfiler(model: source.load(), options: options).run()
    }
  }

  @Test("of another model, or a damaged one, is refused")
  func refused() throws {
    let model = try load()
    let shape = model.fingerprint
    var other = shape
    other.digest = "0000000000000000"
    let none = AttentionPruning(heads: Array(repeating: [], count: shape.layers))
    let foreign = PruningProfile(model: other, language: none, vision: nil, origin: "")
    let error = #expect(throws: ReportedError.self) { _ = try load(pruning: foreign) }
    #expect(error?.message.contains("edgeassist profile --pruning") == true)
    // The digest alone does not say how models of other sizes differ.
    other = shape
    other.headDimension += 1
    let sizes = #expect(throws: ReportedError.self) {
      _ = try load(pruning: PruningProfile(model: other, language: none, vision: nil, origin: ""))
    }
    #expect(sizes?.message.contains("\(other)") == true && sizes?.message.contains("\(shape)") == true)
    let folder = try TemporaryFolder()
    var damaged = PruningProfile(model: shape, language: none, vision: nil, origin: "")
    damaged.language.heads[0] = [shape.keyValueHeads]
    try damaged.write(to: folder.path("a.json"))
    damaged.language = AttentionPruning(reusedMaps: [1])
    try damaged.write(to: folder.path("b.json"))
    damaged.language = AttentionPruning(
      heads: Array(repeating: Array(0..<shape.keyValueHeads), count: shape.layers))
    try damaged.write(to: folder.path("all.json"))
    try folder.write(Data("{\"format\": \"edgeassist head budget profile 2\"}".utf8), to: "c.json")
    try folder.write(Data("[".utf8), to: "d.json")
    for name in ["a.json", "b.json", "c.json", "d.json", "e.json", "all.json"] {
      let error = #expect(throws: ReportedError.self) { _ = try PruningProfile(path: folder.path(name)) }
      #expect(error?.code == .modelUnreadable && error?.message.contains(name) == true, "\(error?.message ?? "")")
    }
  }
}
