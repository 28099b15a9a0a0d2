// SPDX-License-Identifier: Apache-2.0

import Compute
import Foundation
import ModelFile
import Platform
import Quantization
import TestSupport
import Testing

@Suite("A run")
struct RunTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// - Parameter words: rows of the first tensor.
  private func model(words: Int = 60) throws -> GGUFFile {
    try writeModel(
      folder.path("in.gguf"),
      [
        .weights("token_embd.weight", [256, words]), .weights("blk.0.attn_norm.weight", [256]),
        .weights("blk.0.attn_q.weight", [256, 40]), .weights("blk.0.ffn_down.weight", [512, 30]),
      ],
      metadata: GGUFMetadata([
        "general.architecture": .string("qwen2"), "general.name": .string("small"), "split.count": .uint16(1),
        "split.no": .uint16(0),
      ]))
  }

  @Test("writes blocks that give the numbers back within what the format loses", arguments: QuantizationRecipe.all)
  func everyRecipe(recipe: QuantizationRecipe) throws {
    guard recipe.name != "F32" else { return }
    let file = try model()
    let plan = try QuantizationPlan(file: file, recipe: recipe)
    let results = try QuantizationRun(file: file, plan: plan, threads: 2).write(to: folder.path("out.gguf"))
    let copy = try GGUFFile(path: folder.path("out.gguf"))
    #expect(copy.tensors.map(\.name) == file.tensors.map(\.name))
    for (result, tensor) in zip(results, copy.tensors) {
      #expect(tensor.type == result.entry.target)
      let original = numbers(file, result.entry.tensor)
      let restored = numbers(copy, tensor)
      guard let error = result.relativeError else {
        #expect(original == restored)
        continue
      }
      let lost = zip(original, restored).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
      let whole = original.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(error - (lost / whole).squareRoot()) < 1e-9)
      let bits = Double(tensor.byteCount * 8) / Double(original.count)
      #expect(error > 0 && error < max(3 / pow(2, bits), 0.004), "\(tensor.name) as \(tensor.type.name): \(error)")
    }
  }

  @Test("copies the metadata, says what the file is now, and no longer speaks of parts")
  func metadata() throws {
    let file = try model()
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q4_K_M"))
    _ = try QuantizationRun(file: file, plan: plan, threads: 1).write(to: folder.path("out.gguf"))
    let metadata = try GGUFFile(path: folder.path("out.gguf")).metadata
    #expect(try metadata.string("general.name") == "small")
    #expect(try metadata.integer("general.file_type") == 15)
    #expect(try metadata.integer("general.quantization_version") == 2)
    #expect(metadata["split.count"] == nil && metadata["split.no"] == nil)
  }

  @Test("gives the same bytes on any number of threads, which is that of pieces too")
  func threads() throws {
    let file = try model(words: 2500)
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q5_1"))
    var files: Set<Data> = []
    for threads in [1, 2, 5] {
      let path = folder.path("\(threads).gguf")
      _ = try QuantizationRun(file: file, plan: plan, threads: threads).write(to: path)
      files.insert(try Data(contentsOf: URL(filePath: path)))
    }
    #expect(files.count == 1)
  }

  @Test("minds what a calibration says matters")
  func importance() throws {
    let file = try model()
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q2_K"))
    let important = 0..<8
    func errorOfImportant(_ importance: @escaping QuantizationRun.Importance) throws -> Double {
      let path = folder.path("out.gguf")
      _ = try QuantizationRun(file: file, plan: plan, threads: 2, importance: importance).write(to: path)
      let copy = try GGUFFile(path: path)
      let name = "blk.0.attn_q.weight"
      let pairs = zip(
        numbers(file, try file.requiredTensor(name)), numbers(copy, try copy.requiredTensor(name)))
      return pairs.enumerated().reduce(0) { sum, item in
        guard important.contains(item.offset % 256) else { return sum }
        let difference = Double(item.element.0 - item.element.1)
        return sum + difference * difference
      }
    }
    let weighted = try errorOfImportant { tensor in
      (0..<tensor.dimensions[0]).map { important.contains($0) ? 1000 : 1 }
    }
    #expect(try weighted < 0.8 * errorOfImportant { _ in nil })
  }

  @Test("reports how far it is, to the end")
  func progress() throws {
    let file = try model(words: 2500)
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q8_0"))
    var steps: [QuantizationRun.Progress] = []
    _ = try QuantizationRun(file: file, plan: plan, threads: 1).write(
      to: folder.path("out.gguf"), progress: { steps.append($0) })
    #expect(steps.map(\.bytesDone) == steps.map(\.bytesDone).sorted())
    #expect(steps.count > file.tensors.count, "a large tensor takes several")
    #expect(steps.last?.bytesDone == plan.bytesBefore && steps.last?.bytesInAll == plan.bytesBefore)
    #expect(Set(steps.map(\.tensor)).count == file.tensors.count)
  }

  #if os(Linux)
    @Test("holds a few pieces of the file in memory, however large the file is")
    func memory() throws {
      let size = 128 << 20
      let file = try writeModel(
        folder.path("in.gguf"), [TestTensor("blk.0.attn_q.weight", [1024, size / 2048], .f16)])
      let plan = try QuantizationPlan(file: file, recipe: recipe("Q8_0"))
      /// Resident pages of mapped files: the third number of the kernel's list.
      func mapped() -> Int {
        let numbers = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return numbers.count > 2 ? (Int(numbers[2]) ?? 0) * Int(getpagesize()) : 0
      }
      let before = mapped()
      var most = 0
      _ = try QuantizationRun(file: file, plan: plan, threads: 2).write(
        to: folder.path("out.gguf"), progress: { _ in most = max(most, mapped()) })
      // Other tests of this process map files too.
      #expect(before > 0 && most - before < size / 2)
    }
  #endif

  @Test("that is broken off leaves nothing behind, and the earlier file as it was")
  func cancelled() throws {
    let file = try model()
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q8_0"))
    let earlier = Data("earlier".utf8)
    try earlier.write(to: URL(filePath: folder.path("out.gguf")))
    let stop = StopSource()
    var pieces = 0
    #expect(throws: QuantizationError.cancelled) {
      try QuantizationRun(file: file, plan: plan, threads: 1).write(
        to: folder.path("out.gguf"),
        progress: { _ in
          pieces += 1
          if pieces > 2 { stop.stop() }
        }, stop: stop)
    }
    #expect(try Data(contentsOf: URL(filePath: folder.path("out.gguf"))) == earlier)
    #expect(try folder.names() == ["in.gguf", "out.gguf"])
  }

  @Test("stops at numbers that are not finite, or too large for the type, and leaves nothing behind")
  func badNumbers() throws {
    let name = "blk.0.attn_q.weight"
    for (value, type) in [(Float.nan, "Q4_K"), (.infinity, "Q8_0"), (1e6, "F16")] {
      let bytes = [Float](repeating: value, count: 512).withUnsafeBytes { Array($0) }
      let file = try writeModel(folder.path("in.gguf"), [TestTensor(name, [256, 2], bytes: bytes)])
      let plan = try QuantizationPlan(file: file, recipe: recipe(type))
      let expected: QuantizationError =
        value.isFinite
        ? .overflows(path: file.path, tensor: name, type: .f16) : .notFinite(path: file.path, tensor: name)
      #expect(throws: expected) {
        try QuantizationRun(file: file, plan: plan, threads: 1).write(to: folder.path("out.gguf"))
      }
      #expect(try folder.names() == ["in.gguf"])
    }
  }

  @Test("is refused where it would harm what is there")
  func refused() throws {
    let file = try model()
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q8_0"))
    func check(_ path: String, overwriting: Bool) throws(QuantizationError) {
      try QuantizationRun.check(output: path, byteCount: plan.fileByteCount, of: file, overwriting: overwriting)
    }
    let link = folder.path("link.gguf")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
    #expect(throws: QuantizationError.sameFile(path: link)) { try check(link, overwriting: true) }
    let other = folder.path("other.gguf")
    try Data().write(to: URL(filePath: other))
    #expect(throws: QuantizationError.exists(path: other)) { try check(other, overwriting: false) }
    try check(other, overwriting: true)
    try check(folder.path("new.gguf"), overwriting: false)
  }

  @Test("says in words what the disk says")
  func unwritable() throws {
    let file = try model()
    let plan = try QuantizationPlan(file: file, recipe: recipe("Q8_0"))
    let path = folder.path("missing/out.gguf")
    let error = #expect(throws: QuantizationError.self) {
      try QuantizationRun(file: file, plan: plan, threads: 1).write(to: path)
    }
    #expect(error?.message.contains(path) == true)
  }

  private func numbers(_ file: GGUFFile, _ tensor: TensorDescription) -> [Float] {
    var numbers = [Float](repeating: 0, count: tensor.elementCount)
    numbers.withUnsafeMutableBufferPointer {
      BlockQuantization.dequantize(file.bytes(of: tensor), type: tensor.type, into: $0)
    }
    return numbers
  }
}
