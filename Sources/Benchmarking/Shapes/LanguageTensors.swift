// SPDX-License-Identifier: Apache-2.0

import ModelFile

extension ModelShape {
  /// The language model's tensors, named as llama.cpp names them.
  package var tensors: [RandomTensor] {
    var tensors: [RandomTensor] = [
      .matrix("token_embd.weight", width, vocabulary), .vector("output_norm.weight", width, around: 1),
    ]
    if !isTied { tensors.append(.matrix("output.weight", width, vocabulary)) }
    return tensors + (0..<layers).flatMap(layerTensors)
  }

  private func layerTensors(_ index: Int) -> [RandomTensor] {
    let prefix = "blk.\(index)."
    let queries = heads * headSize
    let keys = keyValueHeads * headSize
    var tensors: [RandomTensor] = [.vector(prefix + "attn_norm.weight", width, around: 1)]
    for (part, outputs) in [("q", queries), ("k", keys), ("v", keys)] {
      tensors.append(.matrix(prefix + "attn_\(part).weight", width, outputs))
      if !normalizesHeads { tensors.append(.vector(prefix + "attn_\(part).bias", outputs)) }
    }
    if normalizesHeads {
      tensors.append(.vector(prefix + "attn_q_norm.weight", headSize, around: 1))
      tensors.append(.vector(prefix + "attn_k_norm.weight", headSize, around: 1))
    }
    return tensors + [
      .matrix(prefix + "attn_output.weight", queries, width),
      .vector(prefix + "ffn_norm.weight", width, around: 1),
      .matrix(prefix + "ffn_gate.weight", width, feedForward), .matrix(prefix + "ffn_up.weight", width, feedForward),
      .matrix(prefix + "ffn_down.weight", feedForward, width),
    ]
  }

  /// The language model's metadata but for its types.
  var metadata: GGUFMetadata {
    var metadata = GGUFMetadata([
      "general.architecture": .string(architecture), "general.type": .string("model"),
      "general.name": .string("Random weights in the shape of \(name)"),
    ])
    let sizes: KeyValuePairs = [
      "block_count": layers, "context_length": contextLength, "embedding_length": width,
      "feed_forward_length": feedForward, "attention.head_count": heads, "attention.head_count_kv": keyValueHeads,
      "attention.key_length": headSize, "attention.value_length": headSize,
    ]
    for (key, size) in sizes { metadata["\(architecture).\(key)"] = .uint32(UInt32(clamping: size)) }
    metadata["\(architecture).attention.layer_norm_rms_epsilon"] = .float32(1e-6)
    metadata["\(architecture).rope.freq_base"] = .float32(ropeTheta)
    if !mropeSections.isEmpty {
      metadata["\(architecture).rope.dimension_sections"] = .array(GGUFArray(mropeSections))
    }
    if let vision, !vision.deepstack.isEmpty {
      metadata["\(architecture).n_deepstack_layers"] = .uint32(UInt32(clamping: vision.deepstack.count))
    }
    InventedVocabulary(size: vocabulary).write(into: &metadata)
    return metadata
  }
}
