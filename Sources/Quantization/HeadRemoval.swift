// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Platform

/// Key-value heads whose weights are left out of a file, with the query heads that share them.
///
/// Rows of queries, keys and values go, and the columns of the output matrix that they lead to. The file keeps the
/// number of heads of the whole model, which the KV cache is of, and has `edgeassist.attention.kept_heads` besides. The
/// model predicts what it predicts with these heads pruned at run time.
public struct HeadRemoval: Sendable {
  /// The heads that stay, by layer, in ascending order; only layers that lose some.
  private let kept: [Int: [Int]]
  /// Key-value heads of the whole model.
  private let heads: Int
  /// The numbers that the file keeps: heads of each layer.
  private let counts: [Int]
  /// Heads that are left out in all layers together.
  public let count: Int

  /// - Parameters:
  ///   - pruned: heads that are left out, by layer with attention.
  ///   - heads: key-value heads of each of these layers.
  /// - Throws: `QuantizationError.cannotPrune`.
  public init(file: GGUFFile, pruned: [[Int]], heads: Int) throws(QuantizationError) {
    func refusal(_ reason: String) -> QuantizationError { .cannotPrune(path: file.path, reason: reason) }
    guard file.metadata[GGUFMetadata.keptHeadsKey] == nil else {
      throw refusal("some were left out before; begin with the original")
    }
    var counts = Array(repeating: 0, count: Self.layerCount(file))
    let layers = file.tensors.filter { $0.name.hasSuffix(".attn_q.weight") }
      .compactMap { TensorRole.layer(inName: $0.name) }.filter(counts.indices.contains).sorted()
    guard pruned.isEmpty || pruned.count == layers.count else {
      throw refusal("the profile is of \(pruned.count) layers with attention, the model has \(layers.count)")
    }
    var kept: [Int: [Int]] = [:]
    for layer in layers { counts[layer] = heads }
    for (layer, pruned) in zip(layers, pruned) where !pruned.isEmpty {
      let left = (0..<heads).filter { !pruned.contains($0) }
      guard !left.isEmpty else {
        throw refusal("layer \(layer) would have none; make a profile with a lower --prune-heads")
      }
      for name in ["attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"] {
        guard let tensor = file.tensor("blk.\(layer).\(name)"), tensor.dimensions.count == 2,
          tensor.dimensions[name.hasPrefix("attn_output") ? 0 : 1] % heads == 0,
          QuantizationPlan.sources.contains(tensor.type)
        else { throw refusal("blk.\(layer).\(name) is no matrix of floats with \(heads) heads") }
      }
      kept[layer] = left
      counts[layer] = left.count
    }
    guard !kept.isEmpty else { throw refusal("the profile leaves out none of the language model") }
    self.kept = kept
    self.heads = heads
    self.counts = counts
    count = kept.values.reduce(0) { $0 + heads - $1.count }
  }

  /// Layers of the file that are run: those that predict tokens ahead are not.
  private static func layerCount(_ file: GGUFFile) -> Int {
    let architecture = (try? file.metadata.name("general.architecture")) ?? "general"
    let blocks = (try? file.metadata.integer(architecture + ".block_count")) ?? 0
    let ahead = (try? file.metadata.integer(architecture + ".nextn_predict_layers")) ?? 0
    return (0...1024).contains(blocks) && (0...blocks).contains(ahead) ? blocks - ahead : 0
  }

  /// Writes the model without the heads.
  ///
  /// - Parameter stop: looked at after each tensor.
  /// - Throws: `QuantizationError.cancelled` or `file`. Nothing is left on the disk then.
  public func write(_ file: GGUFFile, to path: String, stop: StopSource? = nil) throws(QuantizationError) {
    let keys: [String: GGUFValue] = [
      GGUFMetadata.keptHeadsKey: .array(GGUFArray(counts.map { Int32(clamping: $0) }))
    ]
    try TensorRewrite.write(file, keys: keys, to: path, stop: stop, rewrite: rewrite)
  }

  private func rewrite(of tensor: TensorDescription) -> TensorRewrite {
    guard let layer = TensorRole.layer(inName: tensor.name), let kept = kept[layer] else { return .none }
    func values(_ size: Int) -> [Int] { kept.flatMap { $0 * (size / heads)..<($0 + 1) * (size / heads) } }
    switch tensor.name.split(separator: ".").suffix(2).joined(separator: ".") {
    case "attn_output.weight": return .columns(values(tensor.dimensions[0]))
    case "attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_q.bias", "attn_k.bias", "attn_v.bias":
      return .rows(values(tensor.dimensions.last ?? 0))
    default: return .none
    }
  }
}
