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
/// The model with all adapters is loaded once: each test reads texts of its own. Tests of a model that has read
/// nothing, or that has other adapters, load theirs.
@Suite("One base takes four roles", .serialized)
struct CodeModelTests {
  private struct AdaptedModel: @unchecked Sendable {
    let model: CodeModel
  }

  /// The files may go once they are mapped.
  private static let adapted = Result {
    let files = try CodeModelTests()
    return AdaptedModel(model: try files.model(files.paths(CodeRole.allCases)))
  }

  private let folder: TemporaryFolder
  private let base: String

  init() throws {
    folder = try TemporaryFolder()
    base = try ModelPaths.resolve(languageModel: nil).languageModel
  }

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
    let path = folder.path("\(name).gguf")
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

  /// Pulls a reply to its end.
  private func reply(
    of model: CodeModel, to prompt: String, as role: CodeRole = .coder, tokens: Int, isCancelled: Bool = false
  ) throws -> RoleReply {
    var generation = try model.begin(replyTo: prompt, as: role, sampling: RoleSampling(maximumTokens: tokens))
    var pieces = ""
    while let piece = try generation.next(isCancelled: isCancelled) { pieces += piece }
    #expect(generation.reply.text == pieces)
    return generation.reply
  }

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
    let model = try adaptedModel()
    let first = try reply(of: model, to: "Print the sum.", tokens: 12)
    #expect(first.answerTokens <= 12)
    _ = try reply(of: model, to: "Print the sum.", as: .planner, tokens: 12)
    let again = try reply(of: model, to: "Print the sum.", tokens: 12)
    #expect(again.text == first.text && again.promptTokens < first.promptTokens)
  }

  @Test("A stopped reply ends at once, and the next one is whole")
  func stops() throws {
    let model = try model(CodeModelPaths(base: base))
    let stopped = try reply(of: model, to: "Hello", tokens: 8, isCancelled: true)
    #expect(stopped.answerTokens == 0)
    let whole = try reply(of: model, to: "Hello", tokens: 8)
    let fresh = try reply(of: self.model(CodeModelPaths(base: base)), to: "Hello", tokens: 8)
    #expect(whole.text == fresh.text)
  }

  @Test("After a reply that is not pulled to its end, the next one is that of a model which read nothing before")
  func abandoned() throws {
    let model = try model(CodeModelPaths(base: base))
    _ = try reply(of: model, to: "Hello to all", tokens: 8)
    var generation = try model.begin(
      replyTo: "Hello and goodbye", as: .coder, sampling: RoleSampling(maximumTokens: 8))
    _ = try generation.next(isCancelled: false)
    _ = try generation.next(isCancelled: false)
    let next = try reply(of: model, to: "Hello to all", tokens: 8)
    let fresh = try reply(of: self.model(CodeModelPaths(base: base)), to: "Hello to all", tokens: 8)
    #expect(next.text == fresh.text && next.answerTokens == fresh.answerTokens)
  }

  @Test("A prompt that does not fit into the model's context is not read, and the reply says so")
  func context() throws {
    let model = try model(CodeModelPaths(base: base))
    let prompt = String(repeating: "sum ", count: model.contextLength)
    let reply = try reply(of: model, to: prompt, tokens: 4)
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
}
