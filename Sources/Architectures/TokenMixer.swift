// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// The part of a decoder layer through which tokens read each other, beside the feed-forward network.
enum TokenMixer: Sendable, Hashable {
  case attention
  /// - Parameters:
  ///   - kernel: tokens that the convolution reads.
  ///   - width: its channels, the model's hidden size.
  case shortConvolution(kernel: Int, width: Int)
  case gatedDeltaNet(DeltaNetSizes)

  var isAttention: Bool { self == .attention }

  /// Floats of the layer's recurrent state.
  var stateCount: Int {
    switch self {
    case .attention: 0
    case .shortConvolution(let kernel, let width): (kernel - 1) * width
    case .gatedDeltaNet(let sizes): sizes.historyCount + sizes.rule.stateCount
    }
  }
}

/// The sizes of a Gated DeltaNet layer.
struct DeltaNetSizes: Sendable, Hashable {
  let rule: DeltaRuleShape
  /// Tokens that the convolution reads.
  let kernel: Int

  /// Values of all heads' keys.
  var keyWidth: Int { rule.keyHeads * rule.headDimension }
  /// Values of all heads' values.
  var valueWidth: Int { rule.valueHeads * rule.headDimension }
  /// Channels of the convolution: queries, keys and values.
  var channels: Int { 2 * keyWidth + valueWidth }
  /// Floats of the tokens that the convolution reads again.
  var historyCount: Int { (kernel - 1) * channels }
}

extension TokenMixer {
  /// Reads which layers have attention, and how many key-value heads these have.
  ///
  /// - Throws: `ModelError.invalidSize` naming the key that is wrong.
  static func read(
    _ loader: ModelLoader, kind: DecoderArchitecture, layers: Int, heads: Int, hiddenSize: Int
  ) throws(ModelError) -> (keyValueHeads: Int, mixers: [TokenMixer]) {
    let headKey = kind.name + ".attention.head_count_kv"
    switch kind.recurrence {
    case nil:
      let keyValueHeads = try loader.size(headKey, in: 1...heads, fallback: heads)
      return (keyValueHeads, Array(repeating: .attention, count: layers))
    case .gatedDeltaNet:
      let keyValueHeads = try loader.size(headKey, in: 1...heads, fallback: heads)
      let recurrent = TokenMixer.gatedDeltaNet(try DeltaNetSizes(loader: loader, architecture: kind.name))
      let (isRecurrent, key) = try recurrentLayers(loader, architecture: kind.name, layers: layers)
      return (keyValueHeads, try mixers(isRecurrent, recurrent, loader, key: key))
    case .shortConvolution:
      let counts = try keyValueHeads(loader, key: headKey, layers: layers, heads: heads)
      let kernel = try loader.size(kind.name + ".shortconv.l_cache", in: 2...Engine.longestConvolution)
      let recurrent = TokenMixer.shortConvolution(kernel: kernel, width: hiddenSize)
      return (counts.max() ?? 0, try mixers(counts.map { $0 == 0 }, recurrent, loader, key: headKey))
    }
  }

  private static func mixers(
    _ isRecurrent: [Bool], _ recurrent: TokenMixer, _ loader: ModelLoader, key: String
  ) throws(ModelError) -> [TokenMixer] {
    guard isRecurrent.contains(false) else { throw .noAttention(path: loader.file.path, key: key) }
    return isRecurrent.map { $0 ? recurrent : .attention }
  }

  /// Key-value heads of each layer: a number for all of them, or an array with 0 for layers without attention.
  private static func keyValueHeads(
    _ loader: ModelLoader, key: String, layers: Int, heads: Int
  ) throws(ModelError) -> [Int] {
    guard case .array? = loader.file.metadata[key] else {
      return Array(repeating: try loader.size(key, in: 1...heads), count: layers)
    }
    let counts = try loader.value { metadata throws(GGUFError) in try metadata.integers(key) }
    let present = Set(counts).subtracting([0])
    guard counts.count == layers, present.count <= 1, present.allSatisfy({ (1...heads).contains($0) }) else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(counts.count) numbers, \(present.sorted().prefix(4)) and 0",
        allowed: "\(layers) numbers, each 0 or the same from 1 to \(heads)")
    }
    return counts
  }

  /// From an array of flags or, in files without it, from the interval of attention.
  ///
  /// - Returns: whether each layer is recurrent, and the key that says so.
  private static func recurrentLayers(
    _ loader: ModelLoader, architecture: String, layers: Int
  ) throws(ModelError) -> (flags: [Bool], key: String) {
    let key = architecture + ".attention.recurrent_layers"
    let array = try loader.value { metadata throws(GGUFError) in try metadata.arrayIfPresent(key) }
    guard let array else {
      let key = architecture + ".full_attention_interval"
      let interval = try loader.size(key, in: 1...1024, fallback: 4)
      return ((0..<layers).map { ($0 + 1) % interval != 0 }, key)
    }
    // Layers that predict tokens ahead may be flagged too. They are not run.
    let blocks = try loader.size(architecture + ".block_count", in: layers...1024)
    guard let flags = array.bools, [layers, blocks].contains(flags.count) else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(array.count) values", allowed: "\(layers) times true or false")
    }
    return (Array(flags.prefix(layers)), key)
  }
}

extension DeltaNetSizes {
  /// Reads the keys `ARCHITECTURE.ssm.*`.
  ///
  /// - Throws: `ModelError.invalidSize` naming the key that is wrong.
  init(loader: ModelLoader, architecture: String) throws(ModelError) {
    func key(_ name: String) -> String { "\(architecture).ssm.\(name)" }
    let size = try loader.size(key("state_size"), in: 1...256)
    guard size % DeltaRuleShape.sizeMultiple == 0 else {
      throw .invalidSize(
        path: loader.file.path, key: key("state_size"), value: "\(size)",
        allowed: "a multiple of \(DeltaRuleShape.sizeMultiple)")
    }
    let keyHeads = try loader.size(key("group_count"), in: 1...1024)
    let valueHeads = try loader.size(key("time_step_rank"), in: 1...1024)
    guard valueHeads % keyHeads == 0 else {
      throw .invalidSize(
        path: loader.file.path, key: key("time_step_rank"), value: "\(valueHeads)",
        allowed: "a multiple of the \(keyHeads) key heads")
    }
    _ = try loader.size(key("inner_size"), in: valueHeads * size...valueHeads * size, fallback: valueHeads * size)
    rule = DeltaRuleShape(keyHeads: keyHeads, valueHeads: valueHeads, headDimension: size)
    kernel = try loader.size(key("conv_kernel"), in: 2...Engine.longestConvolution)
  }
}
