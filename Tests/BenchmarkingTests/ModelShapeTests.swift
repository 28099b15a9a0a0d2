// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Testing

@Suite("A shape")
struct ModelShapeTests {
  private func weights(_ tensors: [RandomTensorDescription]) -> Int {
    tensors.reduce(0) { $0 + $1.dimensions.reduce(1, *) }
  }

  @Test(
    "has as many weights as the model that it is named after",
    arguments: [
      ("qwen2-0.5b", 494_032_768), ("qwen2-1.5b", 1_543_714_304), ("qwen2-vl-2b", 1_543_714_304),
      ("qwen2-vl-7b", 7_615_616_512), ("qwen3-0.6b", 596_049_920), ("qwen3-1.7b", 1_720_574_976),
      ("smollm2-135m", 134_515_008), ("smollm2-360m", 361_821_120), ("llama-3.2-1b", 1_235_814_400),
      ("lfm2-vl-450m", 354_483_968),
    ])
  func languageWeights(name: String, count: Int) throws {
    #expect(weights(try ModelShape(named: name).tensors) == count)
  }

  @Test("has a vision tower as large as that model's")
  func visionWeights() throws {
    let shape = try ModelShape(named: "Qwen2-VL-2B")
    #expect(weights(try #require(shape.vision).tensors(outputs: shape.hiddenSize)) == 665_271_296)
  }

  @Test(
    "stored as real files are takes as many bytes as they do",
    arguments: [("q4_0", 346), ("q4_k", 392), ("q8_0", 525), ("f16", 988)])
  func bytes(type: String, megabytes: Int) throws {
    let model = try RandomModel(shape: ModelShape(named: "qwen2-0.5b"), type: type, visionType: "f16")
    #expect(abs(model.byteCount / 1_000_000 - megabytes) <= 1)
  }

  @Test("has each tensor's name once", arguments: ModelShape.all.map(\.name))
  func names(name: String) throws {
    let shape = try ModelShape(named: name)
    for tensors in [shape.tensors, shape.vision?.tensors(outputs: shape.hiddenSize) ?? []] {
      #expect(Set(tensors.map(\.name)).count == tensors.count)
    }
  }

  @Test("that nobody knows is told from those that there are")
  func unknown() {
    #expect(throws: BenchmarkError.unknownShape("qwen1")) { try ModelShape(named: "qwen1") }
    #expect(BenchmarkError.unknownShape("qwen1").message.contains("qwen2-vl-2b"))
    #expect(throws: BenchmarkError.unknownType("q9")) {
      try RandomModel(shape: ModelShape.all[0], type: "q9", visionType: "f16")
    }
  }
}
