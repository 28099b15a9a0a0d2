// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Dialogue
import Foundation
import Inference
import ModelFile
import Records
import TestSupport
import Testing

@Suite("The memory there is")
struct MachineMemoryTests {
  private func write(_ text: String, to path: String, in folder: TemporaryFolder) throws {
    let place = folder.url.appending(path: path)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: place)
  }

  private func memory(groups: String, _ files: [String: String]) throws -> MachineMemory? {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let memory = "MemTotal:        8192 kB\nMemFree:  100 kB\nMemAvailable:    6144 kB\n"
    try write(memory, to: "proc/meminfo", in: folder)
    try write(groups, to: "proc/self/cgroup", in: folder)
    for (path, text) in files { try write(text, to: path, in: folder) }
    return MachineMemory.current(root: folder.url.path)
  }

  private let whole = MachineMemory(limit: 8 << 20, available: 6 << 20)

  @Test("is the machine's where no control group sets a limit")
  func unconfined() throws {
    #expect(try memory(groups: "", [:]) == whole)
    #expect(try memory(groups: "0::/user\n", ["sys/fs/cgroup/user/memory.max": "max\n"]) == whole)
    let unlimited = ["sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"]
    #expect(try memory(groups: "4:memory:/\n", unlimited) == whole)
  }

  @Test("is the limit of a control group of version 2, or of one above it")
  func secondVersion() throws {
    let files = ["sys/fs/cgroup/a/memory.max": "4194304\n", "sys/fs/cgroup/a/b/memory.max": "max\n"]
    let confined = MachineMemory(limit: 4 << 20, available: 4 << 20, isConfined: true)
    #expect(try memory(groups: "0::/a/b\n", files) == confined)
    #expect(try memory(groups: "0::/\n", ["sys/fs/cgroup/memory.max": "4194304\n"]) == confined)
  }

  @Test("is the limit of a control group of version 1, also where its path is the host's")
  func firstVersion() throws {
    let confined = MachineMemory(limit: 2 << 20, available: 2 << 20, isConfined: true)
    let groups = "5:cpu,cpuacct:/x\n4:memory:/host/only\n0::/\n"
    #expect(try memory(groups: groups, ["sys/fs/cgroup/memory/memory.limit_in_bytes": "2097152\n"]) == confined)
    let other = ["sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1048576\n"]
    #expect(try memory(groups: groups, other) == whole, "that is no group of this process")
  }

  @Test("is not known where the kernel does not tell")
  func unknown() {
    #expect(MachineMemory.current(root: "/nonexistent") == nil)
  }
}

@Suite("A model's memory")
struct MemoryEstimateTests {
  private static let checkout = Checkout.root
  private static let paths = ModelPaths(
    languageModel: checkout.appending(path: "Models/edgeassist-tiny-Q8_0.gguf").path,
    vision: checkout.appending(path: "Models/mmproj-edgeassist-tiny-F16.gguf").path, isEmbedded: true)

  private static func estimate(
    _ budget: CacheBudget, threads: Int = 1, visionWeights: WeightLayout = .repackedQ8
  ) throws -> MemoryEstimate {
    try MemoryEstimate(
      language: GGUFFile(path: paths.languageModel), vision: paths.vision.map { try GGUFFile(path: $0) },
      budget: budget, threads: threads, visionWeights: visionWeights)
  }

  private static func refusal(limit: Int, isMappedOnly: Bool = false, isConfined: Bool = false) throws -> String? {
    let machine = MachineMemory(limit: limit, available: limit, isConfined: isConfined)
    do throws(ReportedError) {
      _ = try LoadedModel(
        paths: paths, threads: 1,
        memory: ModelLoadingOptions(budget: .tokens(4096), isMappedOnly: isMappedOnly, machine: machine))
      return nil
    } catch {
      guard error.code == .insufficientMemory else { throw error }
      return error.message
    }
  }

  @Test("grows with the budget by exactly the cache")
  func budget() throws {
    let small = try Self.estimate(.tokens(1000))
    let large = try Self.estimate(.tokens(2000))
    #expect(large.total - small.total == 1000 * small.cacheBytesPerToken)
    #expect(small.cacheBytesPerToken == 6 * 2 * 64 * 4)
    #expect(try Self.estimate(.bytes(3072 * 32 + 5)).budget == 32)
    #expect(small.budget(fitting: large.total) == 2000)
    #expect(small.budget(fitting: 10) == 0)
  }

  @Test("counts all of both files, and each thread's room")
  func parts() throws {
    let one = try Self.estimate(.tokens(1000))
    let language = try GGUFFile(path: Self.paths.languageModel).byteCount
    let tower = try GGUFFile(path: #require(Self.paths.vision))
    #expect(try Self.estimate(.tokens(1000), visionWeights: .repacked).weights == language + 2_695_936)
    let rounded = VisionTower.weightByteCount(of: tower, weights: .repackedQ8)
    #expect(one.weights == language + rounded)
    #expect(
      rounded < 2_695_936 * 7 / 10 || !InstructionSet.best.supportsRepacking, "floats of 16 bits become 8 and a half")
    #expect(try Self.estimate(.tokens(1000), threads: 3).working > one.working)
  }

  @Test("counts the largest frame that --max-pixels allows")
  func largestFrame() throws {
    let usual = try Self.estimate(.tokens(1000)).total
    func load(_ pixels: Int?) throws(ReportedError) {
      let machine = MachineMemory(limit: usual, available: usual)
      let options = ModelLoadingOptions(budget: .tokens(1000), maximumPixels: pixels, machine: machine)
      _ = try LoadedModel(paths: Self.paths, threads: 1, memory: options)
    }
    try load(nil)
    #expect(throws: ReportedError.self) { try load(4 << 20) }
  }

  @Test("leaves room for some forks of the cache, which are as many as fit")
  func forks() throws {
    let (usual, left) = (try Self.estimate(.tokens(1000)).total, 3 << 20)
    func model(_ limit: Int) throws(ReportedError) -> LoadedModel {
      let machine = MachineMemory(limit: limit, available: limit)
      return try LoadedModel(
        paths: Self.paths, threads: 1, memory: ModelLoadingOptions(budget: .tokens(1000), machine: machine))
    }
    let shape = try model(usual).language.configuration.cacheShape
    let cache = try KeyValueCache(shape: shape, budget: 1000, policy: .infinipotV)
    let bytes = cache.forkByteCount(capacity: 50)
    #expect(bytes == shape.bytesPerToken * 80, "50 tokens, and a page that may be shared in part")
    #expect(try model(usual).forkLimit(of: cache, capacity: 50) == 0)
    #expect(try model(usual + left).forkLimit(of: cache, capacity: 50) == left / bytes)
  }

  @Test("that exceeds what there is, is refused with the figures and the budget that would fit")
  func refusals() throws {
    let estimate = try Self.estimate(.tokens(4096))
    #expect(try Self.refusal(limit: estimate.total) == nil)
    let message = try #require(try Self.refusal(limit: estimate.total - 1))
    for part in [
      memorySize(estimate.total), memorySize(estimate.weights), memorySize(estimate.cache), "4096 tokens",
      "this machine has", "--kv-budget (up to 4095)",
    ] { #expect(message.contains(part), "\(message)") }
    let confined = try #require(try Self.refusal(limit: 60 << 20, isConfined: true))
    #expect(confined.contains("control group allows 60.0 MiB") && confined.contains("smaller quantization"))
  }

  @Test("also limits a budget that comes later, in a request or a command")
  func laterBudget() throws {
    let limit = try Self.estimate(.tokens(4096)).total
    let model = try LoadedModel(
      paths: Self.paths, threads: 1,
      memory: ModelLoadingOptions(budget: .tokens(1024), machine: MachineMemory(limit: limit, available: limit)))
    var options = DialogueOptions()
    options.budget = .tokens(4097)
    #expect(throws: ReportedError.self) { _ = try VideoDialogue(model: model, options: options) }
    options.budget = .tokens(1024)
    let dialogue = try VideoDialogue(model: model, options: options)
    for tokens in [4097, 999_999_999, 1 << 62] {
      do throws(ReportedError) {
        try dialogue.setBudget(tokens: tokens)
        Issue.record("\(tokens) tokens were accepted")
      } catch {
        #expect(error.code == .insufficientMemory && error.message.contains("up to 4096"), "\(error.message)")
      }
    }
    try dialogue.setBudget(tokens: 4096)
    #expect(dialogue.cache.budget == 4096)
  }

  @Test("may exceed what there is by the weights if they stay on disk")
  func mappedOnly() throws {
    let estimate = try Self.estimate(.tokens(4096), visionWeights: .mapped)
    #expect(try Self.refusal(limit: estimate.leastTotal, isMappedOnly: true) == nil)
    let message = try #require(try Self.refusal(limit: estimate.leastTotal - 1, isMappedOnly: true))
    #expect(!message.contains("weights 6") && message.contains("--kv-budget (up to 4095)"))
  }

  @Test("of a budget beyond all counting is refused")
  func hugeBudget() throws {
    let estimate = try Self.estimate(.tokens(.max))
    #expect(estimate.total == .max)
  }

  @Test("that may be locked is locked, or the model goes on without", arguments: [false, true])
  func locking(isPrefetched: Bool) throws {
    let model = try LoadedModel(
      paths: Self.paths, threads: 1, memory: ModelLoadingOptions(isLocked: true, isPrefetched: isPrefetched))
    #expect(model.warnings.allSatisfy { $0.contains("cannot be locked") && $0.hasSuffix("Going on without.") })
  }
}

@Suite("A size for people")
struct MemorySizeTests {
  @Test(
    "has the unit that leaves a small number",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (102_350, "100 KiB"), (1_048_575, "1.0 MiB"),
      (5_368_709_120, "5.0 GiB"),
    ])
  func sizes(bytes: Int, text: String) {
    #expect(memorySize(bytes) == text)
  }
}
