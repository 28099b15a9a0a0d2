// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// What a tensor is for, as far as its name says: that decides how exactly it has to be kept.
enum TensorRole: Sendable, Hashable {
  case tokenEmbedding
  case output
  /// Also the fused queries, keys and values.
  case attentionValue
  case attentionOutput
  case feedForwardDown
  /// Any other matrix that may be quantized.
  case matrix
  /// Norms, biases, positions, the first convolution: small, and sensitive.
  case kept

  init(_ tensor: TensorDescription) { self.init(name: tensor.name, dimensions: tensor.dimensions) }

  init(name: String, dimensions: [Int]) {
    // A matrix is longer than 1 in more than one dimension.
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

  /// What llama.cpp leaves as it is too, of the families that this program runs.
  private static let keptNames = [
    "_norm.weight", "ffn_gate_inp.", ".position_embd", ".patch_embd", ".patch_merger", "token_types.", "rope_freqs.",
  ]
}

extension TensorRole {
  /// The number in `blk.7.attn_v.weight`.
  static func layer(inName name: String) -> Int? {
    let parts = name.split(separator: ".")
    guard let block = parts.firstIndex(of: "blk"), block + 1 < parts.count else { return nil }
    return Int(parts[block + 1])
  }
}
