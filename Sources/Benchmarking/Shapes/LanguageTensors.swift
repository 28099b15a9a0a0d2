// SPDX-License-Identifier: Apache-2.0

import ModelFile

extension ModelShape {
  /// The language model's tensors, with llama.cpp's names.
  package var tensors: [RandomTensor] {
    var tensors: [RandomTensor] = [
      .matrix("token_embd.weight", hiddenSize, vocabulary), .vector("output_norm.weight", hiddenSize, around: 1),
    ]
    if !isTied { tensors.append(.matrix("output.weight", hiddenSize, vocabulary)) }
    return tensors + (0..<layers).flatMap(layerTensors)
  }

  private func layerTensors(_ index: Int) -> [RandomTensor] {
    let prefix = "blk.\(index)."
    let queries = heads * headDimension
    let keys = keyValueHeads * headDimension
    var tensors: [RandomTensor] = [.vector(prefix + "attn_norm.weight", hiddenSize, around: 1)]
    for (part, outputs) in [("q", queries), ("k", keys), ("v", keys)] {
      tensors.append(.matrix(prefix + "attn_\(part).weight", hiddenSize, outputs))
      if hasBiases { tensors.append(.vector(prefix + "attn_\(part).bias", outputs)) }
    }
    if normalizesHeads {
      tensors.append(.vector(prefix + "attn_q_norm.weight", headDimension, around: 1))
      tensors.append(.vector(prefix + "attn_k_norm.weight", headDimension, around: 1))
    }
    return tensors + [
      .matrix(prefix + "attn_output.weight", queries, hiddenSize),
      .vector(prefix + "ffn_norm.weight", hiddenSize, around: 1),
      .matrix(prefix + "ffn_gate.weight", hiddenSize, intermediateSize),
      .matrix(prefix + "ffn_up.weight", hiddenSize, intermediateSize),
      .matrix(prefix + "ffn_down.weight", intermediateSize, hiddenSize),
    ]
  }

  /// The language model's metadata, without the types of its tensors.
  var metadata: GGUFMetadata {
    var metadata = GGUFMetadata([
      "general.architecture": .string(architecture), "general.type": .string("model"),
      "general.name": .string("Random weights in the shape of \(name)"),
    ])
    let sizes: KeyValuePairs = [
      "block_count": layers, "context_length": contextLength, "embedding_length": hiddenSize,
      "feed_forward_length": intermediateSize, "attention.head_count": heads, "attention.head_count_kv": keyValueHeads,
      "attention.key_length": headDimension, "attention.value_length": headDimension,
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
    SyntheticVocabulary(size: vocabulary).write(into: &metadata)
    return metadata
  }
}
