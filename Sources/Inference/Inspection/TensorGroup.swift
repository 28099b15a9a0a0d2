// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// The part of a model that a tensor belongs to, by its name.
public enum TensorKind: String, Sendable, CaseIterable {
  /// Token embeddings; in a vision tower the embeddings of patches and of their positions.
  case embedding
  /// Query, key, value and output projections, with their biases.
  case attention
  /// Layers with a recurrent state: Gated DeltaNet, short convolutions.
  case recurrent
  /// The matrices of the feed-forward network, with their biases.
  case feedForward = "feed_forward"
  /// Weights and biases of RMSNorm and LayerNorm.
  case norms
  /// Between a vision tower and its language model.
  case projector
  /// From the last layer to the vocabulary.
  case output
  /// Whatever has none of llama.cpp's names.
  case other

  /// The kind of a tensor of llama.cpp's naming; the halves of a LoRA pair count as what they adapt.
  public init(tensor name: String) {
    let parts = name.split(separator: ".")
    func has(_ beginning: String) -> Bool { parts.contains { $0.hasPrefix(beginning) } }
    func mentions(_ word: String) -> Bool { parts.contains { $0.contains(word) } }
    self =
      if has("mm") || mentions("deepstack") || mentions("newline") {
        .projector
      } else if mentions("norm") || has("ln") || has("post_ln") || has("pre_ln") || has("ds_ln") {
        .norms
      } else if mentions("embd") {
        .embedding
      } else if has("ssm") || has("shortconv") {
        .recurrent
      } else if has("attn") {
        .attention
      } else if has("ffn") || has("ds_ffn") {
        .feedForward
      } else if parts.first == "output" {
        .output
      } else {
        .other
      }
  }
}

/// The tensors of one kind that are stored in one type.
public struct TensorGroup: Sendable, Equatable {
  /// The part of the model.
  public let kind: TensorKind
  /// The storage type of all tensors of the group.
  public let type: TensorType
  /// Tensors in the group.
  public var tensorCount = 0
  /// Values of all its tensors.
  public var parameterCount = 0
  /// Bytes stored for all its tensors.
  public var byteCount = 0
  /// How precisely products with them are computed, such as `W4A8`; empty if they are not multiplied with.
  public var products: [String] = []

  /// Bits stored for each parameter; 0 without parameters.
  public var bitsPerWeight: Double { parameterCount > 0 ? Double(byteCount) * 8 / Double(parameterCount) : 0 }

  /// Groups a file's tensors: by kind, and within each kind the largest share first.
  ///
  /// - Parameter precision: how precisely products with a tensor are computed.
  static func groups(
    of tensors: [TensorDescription], precision: (TensorDescription) -> ProductPrecision?
  ) -> [TensorGroup] {
    var groups: [TensorGroup] = []
    for tensor in tensors {
      let kind = TensorKind(tensor: tensor.name)
      let found = groups.firstIndex { $0.kind == kind && $0.type == tensor.type }
      let index = found ?? groups.count
      if found == nil { groups.append(TensorGroup(kind: kind, type: tensor.type)) }
      if let name = precision(tensor)?.name, !groups[index].products.contains(name) {
        groups[index].products.append(name)
      }
      groups[index].tensorCount += 1
      groups[index].parameterCount += tensor.elementCount
      groups[index].byteCount += tensor.byteCount
    }
    let order = TensorKind.allCases
    return groups.sorted {
      let (left, right) = (order.firstIndex(of: $0.kind) ?? 0, order.firstIndex(of: $1.kind) ?? 0)
      return left != right ? left < right : ($0.byteCount, $1.type.rawValue) > ($1.byteCount, $0.type.rawValue)
    }
  }
}
