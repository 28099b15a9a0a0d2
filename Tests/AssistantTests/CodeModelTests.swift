// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import Foundation
import Inference
import ModelFile
import Platform
import Records
import SessionInterface
import TestSupport
import Testing

/// The small language model that comes with the program as base, with random adapters of rank 32 for the four roles.
///
/// The model with all adapters is loaded once: each test reads texts of its own. Tests of a model that has read nothing,
/// or that has other adapters, load theirs.
@Suite("One base takes four roles", .serialized)
final class CodeModelTests {
  private struct AdaptedModel: @unchecked Sendable {
    let model: CodeModel
  }

  /// The files may go once they are mapped.
  private static let adapted = Result {
    let files = try CodeModelTests()
    return AdaptedModel(model: try files.model(files.paths(CodeRole.allCases)))
  }

  private let folder = FileManager.default.temporaryDirectory.appending(path: "edgeassist-\(UUID().uuidString)")
  private let base: String

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    base = try ModelPaths.resolve(languageModel: nil, vision: nil).languageModel
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes the adapters of some roles, the same ones for the same role.
  private func paths(_ roles: [CodeRole]) throws -> CodeModelPaths {
    var paths = CodeModelPaths(base: base)
    for (number, role) in CodeRole.allCases.enumerated() where roles.contains(role) {
      paths.adapters[role] = try adapter(role.rawValue, seed: UInt64(number + 1))
    }
    return paths
  }

  /// Writes an adapter of random numbers for every matrix of attention.
  private func adapter(_ name: String, seed: UInt64, widening: Int = 1) throws -> String {
    let file = try GGUFFile(path: base)
    let rank = 32
    var declarations: [GGUFWriter.Declaration] = []
    for tensor in file.tensors where tensor.name.hasSuffix(".weight") && tensor.dimensions.count == 2 {
      guard ["attn_q", "attn_k", "attn_v", "attn_output"].contains(where: { tensor.name.contains($0 + ".") }) else {
        continue
      }
      declarations.append(
        .init(name: tensor.name + ".lora_a", dimensions: [tensor.dimensions[0] * widening, rank], type: .f32))
      declarations.append(.init(name: tensor.name + ".lora_b", dimensions: [rank, tensor.dimensions[1]], type: .f32))
    }
    let path = folder.appending(path: "\(name).gguf").path
    let writer = try GGUFWriter(
      path: path,
      metadata: GGUFMetadata([
        "general.architecture": .string(try file.metadata.string("general.architecture")),
        "general.type": .string("adapter"), "adapter.type": .string("lora"), "adapter.lora.alpha": .float32(32),
      ]), tensors: declarations)
    var random = SplitMix64(seed: seed)
    for declaration in declarations {
      let numbers = (0..<declaration.dimensions.reduce(1, *)).map { _ in Float.random(in: -0.1..<0.1, using: &random) }
      try numbers.withUnsafeBytes { try writer.append($0) }
    }
    try writer.finish()
    return path
  }

  private func model(_ paths: CodeModelPaths) throws -> CodeModel { try CodeModel(paths: paths, threads: 1) }

  private func adaptedModel() throws -> CodeModel { try Self.adapted.get().model }

  /// Some text in tokens, the same for the same number.
  private func text(_ seed: Int, count: Int) -> [Int] { (0..<count).map { (seed &* 7919 &+ $0 &* 104_729) % 199 + 3 } }

  /// The largest difference as a share of the largest score.
  private func difference(_ one: [Float], _ other: [Float]) -> Float {
    let largest = other.reduce(0) { max($0, abs($1)) }
    return zip(one, other).reduce(0) { max($0, abs($1.0 - $1.1)) } / max(largest, .leastNormalMagnitude)
  }

  @Test("Switching back and forth between four resident adapters gives each role exactly what it gave before")
  func switching() throws {
    let model = try adaptedModel()
    #expect(model.adaptedRoles == CodeRole.allCases)
    let prompt = text(1, count: 40)
    var first: [CodeRole: [Float]] = [:]
    for role in CodeRole.allCases {
      #expect(try model.read(prompt, as: role) == 40)
      first[role] = model.logits
    }
    for role in CodeRole.allCases.reversed() {
      // Another text in between, so that the whole prompt is read again.
      _ = try model.read(text(2, count: 20), as: role)
      #expect(try model.read(prompt, as: role) == 40)
      #expect(model.logits == first[role])
    }
    for (one, other) in zip(CodeRole.allCases, CodeRole.allCases.dropFirst()) {
      #expect(difference(try #require(first[one]), try #require(first[other])) > 0.05, "\(one) differs from \(other)")
    }
  }

  @Test("A role answers as a model of its own does that read nothing before", arguments: CodeRole.allCases)
  func alone(role: CodeRole) throws {
    let shared = try adaptedModel()
    let task = text(3, count: 30)
    for other in CodeRole.allCases { _ = try shared.read(task + text(4, count: 10), as: other) }
    #expect(try shared.read(task + text(5, count: 12), as: role) == 12, "the task is not read again")
    let fresh = try model(paths([role]))
    #expect(try fresh.read(task + text(5, count: 12), as: role) == 42)
    #expect(difference(shared.logits, fresh.logits) < 2e-3)
  }

  @Test("Roles without an adapter share what is cached, and one with an adapter does not")
  func prompted() throws {
    let model = try model(paths([.coder]))
    #expect(model.adaptedRoles == [.coder])
    let prompt = text(6, count: 25)
    #expect(try model.read(prompt, as: .retriever) == 25)
    #expect(try model.read(prompt, as: .planner) == 1, "the last token alone, for the scores after it")
    #expect(try model.read(prompt, as: .coder) == 25)
    #expect(try model.read(Array(prompt[..<10]), as: .debugger) == 1, "a shorter text is cut back to")
  }

  @Test("A role's reply is the same however many others came before, and ends at its limit")
  func replies() throws {
    let sampling = RoleSampling(maximumTokens: 12)
    let reply = { (model: CodeModel, role: CodeRole) in
      var pieces = ""
      let reply = try model.reply(
        to: "Print the sum.", as: role, sampling: sampling, stop: StopSource(), emit: { pieces += $0 })
      #expect(reply.text == pieces && reply.answerTokens <= 12)
      return reply
    }
    let model = try adaptedModel()
    let first = try reply(model, .coder)
    _ = try reply(model, .planner)
    let again = try reply(model, .coder)
    #expect(again.text == first.text && again.promptTokens < first.promptTokens)
  }

  @Test("A stopped reply ends at once, and the next one is whole")
  func stops() throws {
    let model = try model(CodeModelPaths(base: base))
    let sampling = RoleSampling(maximumTokens: 8)
    let stop = StopSource()
    stop.stop()
    let stopped = try model.reply(to: "Hello", as: .coder, sampling: sampling, stop: stop, emit: { _ in })
    #expect(stopped.answerTokens == 0)
    let whole = try model.reply(to: "Hello", as: .coder, sampling: sampling, stop: StopSource(), emit: { _ in })
    let fresh = try self.model(CodeModelPaths(base: base))
      .reply(to: "Hello", as: .coder, sampling: sampling, stop: StopSource(), emit: { _ in })
    #expect(whole.text == fresh.text)
  }

  @Test("A prompt that does not fit into the model's context is not read, and the reply says so")
  func context() throws {
    let model = try model(CodeModelPaths(base: base))
    let prompt = String(repeating: "sum ", count: model.contextLength)
    let reply = try model.reply(
      to: prompt, as: .coder, sampling: RoleSampling(maximumTokens: 4), stop: StopSource(), emit: { _ in })
    #expect(reply.isCut && reply.text.isEmpty && reply.promptTokens == 0)
  }

  @Test("An adapter of another shape is refused by its name")
  func otherShape() throws {
    let path = try adapter("wide", seed: 9, widening: 2)
    let error = try #require(throws: ReportedError.self) {
      try model(CodeModelPaths(base: base, adapters: [.planner: path]))
    }
    #expect(error.code == .modelUnreadable && error.message.contains("wide.gguf"))
  }

  @Test("A model that the user names takes all roles; adapters named for roles go with it")
  func resolving() throws {
    let named = try CodeModelPaths.resolve(codeModel: nil, languageModel: "m.gguf", adapters: [.coder: "c.gguf"])
    #expect(named == CodeModelPaths(base: "m.gguf", adapters: [.coder: "c.gguf"]))
    #expect(try CodeModelPaths.resolve(codeModel: "k.gguf", languageModel: "m.gguf", adapters: [:]).base == "k.gguf")
  }

  /// Prints what a switch costs and what four adapters take, for the model named by the variable, with the adapters that
  /// lie beside it if it is the embedded coder, else with random ones for the small model.
  @Test("Figures of switching", .enabled(if: ProcessInfo.processInfo.environment["EDGEASSIST_MEASURE"] != nil))
  func figures() throws {
    let embedded = try? CodeModelPaths.resolve(codeModel: nil, languageModel: nil, adapters: [:])
    let used = try embedded ?? paths(CodeRole.allCases)
    let model = try model(used)
    let prompt = text(7, count: 64)
    for role in CodeRole.allCases { _ = try model.read(prompt, as: role) }
    func milliseconds(_ roles: [CodeRole]) throws -> Double {
      let start = ContinuousClock.now
      // Each reading of a known prompt is one token.
      for index in 0..<400 { _ = try model.read(prompt, as: roles[index % roles.count]) }
      return (ContinuousClock.now - start) / .milliseconds(400)
    }
    let (same, turns) = (try milliseconds([.coder]), try milliseconds(CodeRole.allCases))
    func size(_ path: String) throws -> Int {
      try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }
    let base = try size(used.base)
    let adapters = try used.adapters.values.reduce(0) { $0 + (try size($1)) }
    print("a token: \(same) ms in one role, \(turns) ms when each is in another role")
    print("bytes: base \(base), four adapters \(adapters), four merged models \(4 * base)")
  }
}
