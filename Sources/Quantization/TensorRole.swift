// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The role of a tensor by its name. It decides how many bits the tensor gets.
enum TensorRole: Sendable, Hashable {
  case tokenEmbedding
  case output
  /// Values, or fused queries, keys and values.
  case attentionValue
  case attentionOutput
  case feedForwardDown
  /// Another matrix that may be quantized.
  case matrix
  /// Not quantized because it is small and sensitive: norms, biases, convolutions, position embeddings, the
  /// patch embedding.
  case kept

  init(_ tensor: TensorDescription) { self.init(name: tensor.name, dimensions: tensor.dimensions) }

  init(name: String, dimensions: [Int]) {
    // A matrix has more than one dimension above 1.
    guard dimensions.dropFirst().contains(where: { $0 > 1 }), name.hasSuffix(".weight"),
      !Self.keptNames.contains(where: name.contains)
    else {
      self = .kept
      return
    }
    self =
      switch name {
      case "token_embd.weight": .tokenEmbedding
      case "output.weight": .output
      case _ where ["attn_v.", "attn_qkv.", "attn_kv_b."].contains(where: name.contains): .attentionValue
      case _ where name.contains("attn_output.") || name.contains("attn_out."): .attentionOutput
      case _ where name.contains("ffn_down"): .feedForwardDown
      default: .matrix
      }
  }

  /// Parts of the names of tensors that llama.cpp does not quantize either.
  private static let keptNames = [
    "_norm.weight", "ffn_gate_inp.", ".position_embd", ".patch_embd", ".patch_merger", "token_types.", "rope_freqs.",
    ".ssm_conv1d.", ".shortconv.conv.",
  ]
}

extension TensorRole {
  /// The index of the layer in a tensor's name, such as 7 in `blk.7.attn_v.weight`; nil without one.
  static func layer(inName name: String) -> Int? {
    let parts = name.split(separator: ".")
    guard let block = parts.firstIndex(of: "blk"), block + 1 < parts.count else { return nil }
    return Int(parts[block + 1])
  }
}
