// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import Quantization
import TestSupport
import Testing

@Suite("Tensors that share a type")
struct PrecisionGroupTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ type: TensorType = .f32) throws -> GGUFFile {
    let names = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up"]
    var tensors = [TestTensor("output.weight", [256, 64], type)]
    for layer in 0..<2 {
      tensors.append(TestTensor("blk.\(layer).attn_norm.weight", [256]))
      tensors += names.map { TestTensor("blk.\(layer).\($0).weight", [256, 32], type) }
      tensors.append(TestTensor("blk.\(layer).ffn_down.weight", [96, 256], type))
    }
    tensors.append(TestTensor("token_embd.weight", [256, 64], type))
    return try writeModel(folder.path("source.gguf"), tensors)
  }

  @Test("are those of one input, in the order in which a token passes them")
  func groups() throws {
    let groups = try PrecisionGroup.groups(of: file(), types: [.q4_K, .q8_0]) { _ in true }
    let layers = (0..<2).flatMap { layer in
      ["attn_qkv", "attn_output", "ffn_gate_up", "ffn_down"].map { "blk.\(layer).\($0)" }
    }
    #expect(groups.map(\.name) == ["token_embd"] + layers + ["output"])
    #expect(groups[1].tensors.map(\.name) == ["q", "k", "v"].map { "blk.0.attn_\($0).weight" })
  }

  @Test("may have the types whose blocks rows are made of, smallest first, and no larger ones than their own")
  func candidates() throws {
    let groups = try PrecisionGroup.groups(of: file(.q8_0), types: [.q8_0, .f16, .q4_0, .q2_K]) { _ in true }
    for group in groups {
      #expect(group.candidates == (group.name.hasSuffix("ffn_down") ? [.q4_0, .q8_0] : [.q2_K, .q4_0, .q8_0]))
    }
  }

  @Test("are left as they are where the model does not multiply with them")
  func unused() throws {
    let groups = try PrecisionGroup.groups(of: file(), types: [.q4_K]) { $0.hasPrefix("blk.1") }
    #expect(groups.allSatisfy { $0.isEmbedding || $0.layer == 1 })
    // Nothing is left to choose.
    #expect(throws: QuantizationError.self) { try PrecisionGroup.groups(of: file(), types: []) { _ in true } }
    #expect(throws: QuantizationError.self) { try PrecisionGroup.groups(of: file(.q4_0), types: [.q8_0]) { _ in true } }
  }

  @Test("make a plan whose bytes are those of the file that is written")
  func bytes() throws {
    let file = try file()
    let groups = try PrecisionGroup.groups(of: file, types: [.q2_K, .q4_0, .q5_1, .q6_K]) { _ in true }
    var types: [String: TensorType] = [:]
    for (index, group) in groups.enumerated() {
      for tensor in group.tensors { types[tensor.name] = group.candidates[index % group.candidates.count] }
    }
    var plan = try QuantizationPlan(file: file, name: "Mixed", types: types)
    let record = PrecisionPlanRecord(
      groups: groups.map(\.name), divergences: groups.map { _ in 0.25 }, target: .bytes(123_456), divergence: 0.5,
      tokens: 99)
    plan.keep(record)
    let path = folder.path("mixed.gguf")
    _ = try QuantizationRun(file: file, plan: plan, threads: 1).write(to: path)
    #expect(try Data(contentsOf: URL(filePath: path)).count == plan.fileByteCount)
    let written = try GGUFFile(path: path)
    for tensor in written.tensors { #expect(tensor.type == types[tensor.name] ?? .f32) }
    #expect(PrecisionPlanRecord(metadata: written.metadata) == record)
    // The groups' bytes and the rest are the whole.
    let other =
      plan.fileByteCount
      - groups.enumerated().reduce(0) {
        $0 + $1.element.byteCount(in: $1.element.candidates[$1.offset % $1.element.candidates.count])
      }
    var smallest = try QuantizationPlan(
      file: file, name: "",
      types: Dictionary(
        groups.flatMap { group in group.tensors.map { ($0.name, group.candidates[0]) } }, uniquingKeysWith: { $1 }))
    smallest.keep(record)
    #expect(smallest.fileByteCount == other + groups.reduce(0) { $0 + $1.byteCount(in: $1.candidates[0]) })
  }

  @Test("are quantized in memory to the bytes of the file that is written")
  func inMemory() throws {
    let file = try writeModel(folder.path("a.gguf"), [.weights("blk.0.attn_q.weight", [256, 8])])
    let tensor = file.tensors[0]
    let importance = (0..<256).map { Float($0 % 7) }
    let plan = try QuantizationPlan(file: file, name: "", types: [tensor.name: .q4_K])
    let path = folder.path("b.gguf")
    _ = try QuantizationRun(file: file, plan: plan, threads: 1, importance: { _ in importance }).write(to: path)
    let result = try TensorQuantizer(file: file, threads: 1) { _ in importance }.quantized(tensor, to: .q4_K)
    let written = try #require(try ProductErrors.matrix(tensor.name, of: GGUFFile(path: path)))
    let target = (try FloatBuffer(count: 256).rows(width: 256), try FloatBuffer(count: 256).rows(width: 256))
    for row in 0..<8 {
      result.matrix.dequantize(row: row, into: target.0)
      written.dequantize(row: row, into: target.1)
      #expect(target.0.values(1) == target.1.values(1))
    }
    #expect(result.relativeError > 0.01 && result.relativeError < 0.2)
  }
}
