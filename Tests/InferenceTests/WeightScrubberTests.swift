// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Foundation
import Inference
import ModelFile
import Records
import TestSupport
import Testing

@Suite("A scrubber")
struct WeightScrubberTests {
  private let folder: TemporaryFolder
  private let path: String
  /// Enough for a pass over the model in some milliseconds.
  private static let rate = 4 << 30

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("model.gguf")
    let original = try ModelPaths.resolve(languageModel: nil, vision: .beside)
    try FileManager.default.copyItem(atPath: original.languageModel, toPath: path)
  }

  /// Waits until everything has been checked twice more, so once from beginning to end.
  private func untilChecked(by scrubber: WeightScrubber) async throws {
    let passes = scrubber.passes
    for _ in 0..<6000 where scrubber.passes < passes + 2 { try await Task.sleep(for: .milliseconds(10)) }
    try #require(scrubber.passes >= passes + 2, "the thread does not run")
  }

  private func flipBit(of tensor: TensorDescription, at byte: Int) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    let offset = UInt64(tensor.byteOffset + byte)
    try handle.seek(toOffset: offset)
    let old = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: [old ^ 4])
    try handle.close()
  }

  @Test("names each tensor of the file in which a bit has changed, once, and no other")
  func file() async throws {
    let file = try GGUFFile(path: path)
    let scrubber = try WeightScrubber(files: [file], inventory: WeightInventory(), rate: Self.rate)
    #expect(scrubber.start())
    for parity in [0, 1] {
      for (index, tensor) in file.tensors.enumerated() where index % 2 == parity {
        try flipBit(of: tensor, at: index * 37 % tensor.byteCount)
      }
      try await untilChecked(by: scrubber)
      let expected = file.tensors.indices.filter { $0 % 2 <= parity }.map { file.tensors[$0].name }
      let named = scrubber.warnings.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
      #expect(Set(named) == Set(expected) && named.count == expected.count)
    }
    #expect(scrubber.warnings.allSatisfy { $0.contains(path) && $0.contains("has changed since it was loaded") })
  }

  @Test("names each repacked matrix and each vector in memory in which a bit has changed")
  func memory() async throws {
    let inventory = WeightInventory()
    let file = try GGUFFile(path: path)
    let model = try LanguageModel(file: file, threads: ThreadPool(threads: 1), inventory: inventory)
    let cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: 64, policy: .slidingWindow)
    try model.decode(token: 5, position: MRoPEPosition(text: 0), into: cache.ticket(for: .text))
    let copies = inventory.copies
    let matrices = copies.filter { $0.form == .panels }.map(\.tensor)
    if InstructionSet.best.supportsRepacking {
      let quantized = file.tensors.filter { $0.type.isQuantized && $0.name != "token_embd.weight" }.map(\.name)
      #expect(Set(matrices).isSuperset(of: quantized))
    }
    #expect(copies.contains { $0.form == .floats && $0.tensor == "output_norm.weight" })

    let scrubber = try WeightScrubber(files: [], inventory: inventory, rate: Self.rate)
    #expect(scrubber.start())
    try await untilChecked(by: scrubber)
    #expect(scrubber.warnings.isEmpty)
    for (index, copy) in copies.enumerated() { copy.flip(bit: index * 101 % (8 * copy.byteCount)) }
    try await untilChecked(by: scrubber)
    #expect(scrubber.warnings.count == copies.count)
    for copy in copies { #expect(scrubber.warnings.contains { $0.contains("tensor \(copy.tensor) has") }) }
  }

  @Test("finds nothing in a model that is not damaged, over many passes while it answers")
  func clean() async throws {
    var paths = try ModelPaths.resolve(languageModel: path, vision: .beside)
    paths.vision = try ModelPaths.resolve(languageModel: nil, vision: .beside).vision
    let model = try LoadedModel(
      paths: paths, threads: 2, memory: ModelLoadingOptions(scrubRate: Self.rate))
    let scrubber = try #require(model.scrubber)
    let cache = try KeyValueCache(shape: model.language.configuration.cacheShape, budget: 512, policy: .slidingWindow)
    while cache.count < 200 || scrubber.passes < 8 {
      if cache.count < 200 {
        try model.language.decode(
          token: 7, position: MRoPEPosition(text: Int32(cache.count)), into: cache.ticket(for: .text))
      } else {
        try await untilChecked(by: scrubber)
      }
    }
    #expect(scrubber.warnings.isEmpty)
  }

  @Test("says once for each tensor that the file has become shorter")
  func truncated() async throws {
    let file = try GGUFFile(path: path)
    let last = try #require(file.tensors.max { $0.byteOffset < $1.byteOffset })
    let scrubber = try WeightScrubber(files: [file], inventory: WeightInventory(), rate: Self.rate)
    #expect(scrubber.start())
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: UInt64(last.byteOffset))
    try handle.close()
    try await untilChecked(by: scrubber)
    #expect(scrubber.warnings.count == 1)
    #expect(scrubber.warnings.first?.contains("tensor \(last.name) cannot be checked any more") == true)
  }

  @Test("refuses a model file that differs from the checksums that it keeps")
  func damagedFile() throws {
    let original = try GGUFFile(path: path)
    let checked = folder.path("checked.gguf")
    let writer = try GGUFWriter(
      path: checked, metadata: original.metadata,
      tensors: original.tensors.map { .init(name: $0.name, dimensions: $0.dimensions, type: $0.type) },
      keepingChecksums: true)
    for tensor in original.tensors {
      var bytes = Array(original.bytes(of: tensor))
      if tensor.name == "blk.1.ffn_up.weight" { bytes[9] ^= 1 }
      try writer.append(bytes)
    }
    try writer.finish()
    var data = try Data(contentsOf: URL(fileURLWithPath: checked))
    let tensor = try GGUFFile(path: checked).requiredTensor("blk.1.ffn_up.weight")
    data[tensor.byteOffset + 9] ^= 1
    try data.write(to: URL(fileURLWithPath: path))
    let refusal = #expect(throws: ReportedError.self) {
      _ = try LoadedModel(
        paths: ModelPaths.resolve(languageModel: path, vision: .beside), threads: 1,
        memory: ModelLoadingOptions(scrubRate: Self.rate))
    }
    #expect(refusal?.code == .modelUnreadable && refusal?.message.contains("blk.1.ffn_up.weight is damaged") == true)
  }
}
