// SPDX-License-Identifier: Apache-2.0

import ModelFile

extension ModelShape {
  /// The language model's tensors, with llama.cpp's names.
  package var tensors: [RandomTensorDescription] {
    let lastNorm = architecture == "lfm2" ? "token_embd_norm.weight" : "output_norm.weight"
    var tensors: [RandomTensorDescription] = [
      .matrix("token_embd.weight", hiddenSize, vocabulary), .vector(lastNorm, hiddenSize, around: 1),
    ]
    if !isTied { tensors.append(.matrix("output.weight", hiddenSize, vocabulary)) }
    return tensors + (0..<layers).flatMap(layerTensors)
  }

  private func layerTensors(_ index: Int) -> [RandomTensorDescription] {
    let prefix = "blk.\(index)."
    let norm = architecture == "qwen35" ? "post_attention_norm.weight" : "ffn_norm.weight"
    let mixer =
      recurrence.map { $0.hasAttention(index) ? attentionTensors(prefix) : recurrentTensors($0, prefix) }
      ?? attentionTensors(prefix)
    return [.vector(prefix + "attn_norm.weight", hiddenSize, around: 1)] + mixer + [
      .vector(prefix + norm, hiddenSize, around: 1),
      .matrix(prefix + "ffn_gate.weight", hiddenSize, intermediateSize),
      .matrix(prefix + "ffn_up.weight", hiddenSize, intermediateSize),
      .matrix(prefix + "ffn_down.weight", intermediateSize, hiddenSize),
    ]
  }

  private func attentionTensors(_ prefix: String) -> [RandomTensorDescription] {
    let queries = heads * headDimension
    let keys = keyValueHeads * headDimension
    // Qwen3.5's queries come with a gate of the output.
    let gated = architecture == "qwen35" ? 2 * queries : queries
    var tensors: [RandomTensorDescription] = []
    for (part, outputs) in [("q", gated), ("k", keys), ("v", keys)] {
      tensors.append(.matrix(prefix + "attn_\(part).weight", hiddenSize, outputs))
      if hasBiases { tensors.append(.vector(prefix + "attn_\(part).bias", outputs)) }
    }
    if normalizesHeads {
      tensors.append(.vector(prefix + "attn_q_norm.weight", headDimension, around: 1))
      tensors.append(.vector(prefix + "attn_k_norm.weight", headDimension, around: 1))
    }
    return tensors + [.matrix(prefix + "attn_output.weight", queries, hiddenSize)]
  }

  private func recurrentTensors(_ recurrence: RecurrenceShape, _ prefix: String) -> [RandomTensorDescription] {
    switch recurrence {
    case .shortConvolution(_, let kernel):
      return [
        .matrix(prefix + "shortconv.in_proj.weight", hiddenSize, 3 * hiddenSize),
        .convolution(prefix + "shortconv.conv.weight", kernel: kernel, channels: hiddenSize),
        .matrix(prefix + "shortconv.out_proj.weight", hiddenSize, hiddenSize),
      ]
    case .gatedDeltaNet(let keyHeads, let valueHeads):
      let size = RecurrenceShape.deltaHeadDimension
      let values = valueHeads * size
      let channels = 2 * keyHeads * size + values
      return [
        .matrix(prefix + "attn_qkv.weight", hiddenSize, channels),
        .matrix(prefix + "attn_gate.weight", hiddenSize, values),
        .matrix(prefix + "ssm_alpha.weight", hiddenSize, valueHeads),
        .matrix(prefix + "ssm_beta.weight", hiddenSize, valueHeads),
        .convolution(prefix + "ssm_conv1d.weight", kernel: RecurrenceShape.deltaKernel, channels: channels),
        // Negative, as −e^A is.
        .vector(prefix + "ssm_a", valueHeads, around: -1), .vector(prefix + "ssm_dt.bias", valueHeads),
        .vector(prefix + "ssm_norm.weight", size, around: 1), .matrix(prefix + "ssm_out.weight", values, hiddenSize),
      ]
    }
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
    if let recurrence { add(recurrence, to: &metadata) }
    if let vision, !vision.deepstack.isEmpty {
      metadata["\(architecture).n_deepstack_layers"] = .uint32(UInt32(clamping: vision.deepstack.count))
    }
    SyntheticVocabulary(size: vocabulary).write(into: &metadata)
    return metadata
  }

  private func add(_ recurrence: RecurrenceShape, to metadata: inout GGUFMetadata) {
    func set(_ key: String, _ value: Int) { metadata["\(architecture).\(key)"] = .uint32(UInt32(clamping: value)) }
    switch recurrence {
    case .shortConvolution(_, let kernel):
      set("shortconv.l_cache", kernel)
      let counts = (0..<layers).map { recurrence.hasAttention($0) ? Int32(clamping: keyValueHeads) : 0 }
      metadata["\(architecture).attention.head_count_kv"] = .array(GGUFArray(counts))
    case .gatedDeltaNet(let keyHeads, let valueHeads):
      set("full_attention_interval", RecurrenceShape.attentionInterval)
      set("rope.dimension_count", RecurrenceShape.ropeDimension)
      set("ssm.conv_kernel", RecurrenceShape.deltaKernel)
      set("ssm.state_size", RecurrenceShape.deltaHeadDimension)
      set("ssm.group_count", keyHeads)
      set("ssm.time_step_rank", valueHeads)
      set("ssm.inner_size", valueHeads * RecurrenceShape.deltaHeadDimension)
    }
  }
}
