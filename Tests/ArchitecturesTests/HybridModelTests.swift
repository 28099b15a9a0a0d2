// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import ModelFile
import TestSupport
import Testing

/// Models some of whose layers have a recurrent state: what the cache keeps of them, and what their files may say.
@Suite("Hybrid models") struct HybridModelTests {
  static let names = ["lfm2", "qwen3.5"]
  private let pool = ThreadPool(threads: 1)

  /// A model and an empty cache for it.
  private struct Reader {
    let model: LanguageModel
    let cache: KeyValueCache

    init(_ name: String, pool: ThreadPool, budget: Int = 256) throws {
      model = try LanguageModel(file: DecoderGolden(name).file, threads: pool)
      cache = try KeyValueCache(shape: model.configuration.cacheShape, budget: budget, policy: .infinipotV)
    }

    /// Reads tokens whose positions follow `start`; the logits after the last of them.
    @discardableResult
    func read(_ tokens: [Int], at start: Int, as segment: CacheSegment) throws -> [Float] {
      let positions = tokens.indices.map { MRoPEPosition(text: Int32(start + $0)) }
      try model.prefill(tokens: tokens, positions: positions, into: cache.ticket(for: segment))
      return model.logits
    }
  }

  @Test("what is seen never depends on what was said", arguments: names)
  func seenApartFromSaid(name: String) throws {
    let quiet = try Reader(name, pool: pool)
    let talking = try Reader(name, pool: pool)
    for reader in [quiet, talking] { try reader.read([1, 2, 3, 4], at: 0, as: .system) }
    try talking.read([40, 41, 42], at: 4, as: .text)
    talking.cache.truncateText(to: 0)
    for reader in [quiet, talking] { try reader.read([5, 6, 7, 8, 9], at: 4, as: .system) }
    #expect(try quiet.read([50, 51], at: 9, as: .text) == talking.read([50, 51], at: 9, as: .text))
  }

  @Test("a second question begins where the stream ends, not where the first one did", arguments: names)
  func textBeginsAgain(name: String) throws {
    let reader = try Reader(name, pool: pool)
    try reader.read([1, 2, 3, 4], at: 0, as: .system)
    let first = try reader.read([50, 51], at: 4, as: .text)
    let longer = try reader.read([52], at: 6, as: .text)
    reader.cache.truncateText(to: 0)
    #expect(try reader.read([50, 51], at: 4, as: .text) == first)
    #expect(try reader.read([52], at: 6, as: .text) == longer)
    #expect(first != longer)
  }

  @Test("an emptied cache has forgotten the states", arguments: names)
  func removeAll(name: String) throws {
    let reader = try Reader(name, pool: pool)
    let first = try reader.read([1, 2, 3, 4], at: 0, as: .text)
    reader.cache.removeAll()
    try reader.read([9, 8, 7], at: 0, as: .system)
    reader.cache.removeAll()
    #expect(try reader.read([1, 2, 3, 4], at: 0, as: .text) == first)
  }

  @Test("the cache has keys and values of the layers with attention alone, and the states of the others")
  func shapes() throws {
    let lfm2 = try DecoderConfiguration(file: DecoderGolden("lfm2").file)
    #expect((lfm2.layers, lfm2.recurrentLayers, lfm2.cacheShape.layers) == (3, 2, 1))
    #expect(lfm2.cacheShape.recurrentStateCount == 2 * 2 * 128)
    let qwen35 = try DecoderConfiguration(file: DecoderGolden("qwen3.5").file)
    #expect((qwen35.layers, qwen35.recurrentLayers, qwen35.cacheShape.layers) == (4, 3, 1))
    #expect(qwen35.cacheShape.recurrentStateCount == 3 * (3 * (2 * 2 * 128 + 4 * 128) + 4 * 128 * 128))
    #expect(qwen35.cacheShape.recurrentStateBytes == 3 * 4 * qwen35.cacheShape.recurrentStateCount)
    #expect(!(try DecoderConfiguration(file: DecoderGolden("llama").file)).cacheShape.isHybrid)
  }

  @Test("layers that predict tokens ahead are not run")
  func tokenPrediction() throws {
    let golden = try DecoderGolden("qwen3.5")
    let file = try RewrittenFile(
      golden.file,
      metadata: ["qwen35.block_count": .uint32(5), "qwen35.nextn_predict_layers": .uint32(1)]
    ).file
    let sequence = try golden.sequence("video")
    #expect(try DecoderRun(file, sequence).logits == DecoderRun(golden.file, sequence).logits)
  }

  @Test("which layers have attention may be flagged one by one")
  func flags() throws {
    let golden = try DecoderGolden("qwen3.5")
    let file = try RewrittenFile(
      golden.file,
      metadata: [
        "qwen35.full_attention_interval": nil as GGUFValue?,
        "qwen35.attention.recurrent_layers": .array(GGUFArray([true, true, true, false])),
      ]
    ).file
    let sequence = try golden.sequence("video")
    #expect(try DecoderRun(file, sequence).logits == DecoderRun(golden.file, sequence).logits)
  }

  private func message(_ name: String, _ changes: [String: GGUFValue?]) throws -> String {
    let file = try RewrittenFile(DecoderGolden(name).file, metadata: changes).file
    do {
      _ = try LanguageModel(file: file, threads: pool)
      return "loaded"
    } catch { return "\(error)" }
  }

  @Test(
    "a size that cannot be is refused by the name of its key",
    arguments: [
      ("qwen3.5", "qwen35.ssm.state_size", 48), ("qwen3.5", "qwen35.ssm.state_size", 1 << 40),
      ("qwen3.5", "qwen35.ssm.group_count", 3), ("qwen3.5", "qwen35.ssm.time_step_rank", 0),
      ("qwen3.5", "qwen35.ssm.inner_size", 100), ("qwen3.5", "qwen35.ssm.conv_kernel", 9),
      ("qwen3.5", "qwen35.ssm.conv_kernel", 1), ("qwen3.5", "qwen35.full_attention_interval", 0),
      ("qwen3.5", "qwen35.full_attention_interval", 7), ("qwen3.5", "qwen35.nextn_predict_layers", 4),
      ("qwen3.5", "qwen35.rope.dimension_count", 63), ("qwen3.5", "qwen35.rope.dimension_count", 257),
      ("lfm2", "lfm2.shortconv.l_cache", 1), ("lfm2", "lfm2.shortconv.l_cache", 1 << 40),
      ("lfm2", "lfm2.rope.dimension_count", 32), ("lfm2", "lfm2.attention.sliding_window", 128),
    ])
  func nonsense(name: String, key: String, value: Int) throws {
    let text = try message(name, [key: .int64(Int64(value))])
    // A group count that divides no number of heads is told by the number of heads.
    let named = key.hasSuffix("group_count") ? "qwen35.ssm.time_step_rank" : key
    #expect(text.contains(named), "\(text)")
  }

  @Test(
    "an array of key-value heads that does not fit the layers is refused",
    arguments: [[0, 1], [0, 1, 0, 0], [0, 0, 0], [1, 2, 0], [0, -1, 0], [0, 3, 0]])
  func keyValueHeads(counts: [Int32]) throws {
    let text = try message("lfm2", ["lfm2.attention.head_count_kv": .array(GGUFArray(counts))])
    #expect(text.contains("lfm2.attention.head_count_kv"), "\(text)")
  }

  @Test("flags of too few or too many layers are refused", arguments: [2, 12])
  func flagCount(count: Int) throws {
    let flags = (0..<count).map { $0 % 4 != 3 }
    let text = try message("qwen3.5", ["qwen35.attention.recurrent_layers": .array(GGUFArray(flags))])
    #expect(text.contains("qwen35.attention.recurrent_layers"))
  }

  @Test("layers that are all recurrent are refused by the name of the key that says so")
  func allRecurrent() throws {
    let flags = try message(
      "qwen3.5", ["qwen35.attention.recurrent_layers": .array(GGUFArray([true, true, true, true]))])
    #expect(flags.contains("by qwen35.attention.recurrent_layers no layer has attention"), "\(flags)")
    let interval = try message("qwen3.5", ["qwen35.full_attention_interval": .uint32(9)])
    #expect(interval.contains("by qwen35.full_attention_interval no layer has attention"), "\(interval)")
  }

  @Test("a window as long as the context leaves attention as it is")
  func longWindow() throws {
    #expect(try message("lfm2", ["lfm2.attention.sliding_window": .uint32(1 << 20)]) == "loaded")
  }

  @Test("any missing tensor is named", arguments: names)
  func missingTensors(name: String) throws {
    let original = try DecoderGolden(name).file
    for missing in original.tensors.map(\.name) {
      let file = try RewrittenFile(original) { $0.name == missing ? nil : ($0.dimensions, $0.type, $1) }.file
      let error = #expect(throws: ModelError.self, "\(missing)") { try LanguageModel(file: file, threads: pool) }
      #expect(error?.description.contains(missing) == true)
    }
  }

  @Test("an estimate of the working memory is what loading allocates", arguments: names)
  func workingMemory(name: String) throws {
    let file = try DecoderGolden(name).file
    let estimate = try LanguageModel.estimatedWorkingByteCount(of: file, threads: pool)
    #expect(try LanguageModel(file: file, threads: pool).workingByteCount == estimate)
  }
}
