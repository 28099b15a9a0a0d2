// SPDX-License-Identifier: Apache-2.0

import ModelFile

extension VisionShape {
  /// Side of the spatial merge group that becomes one token, in patches.
  private var merge: Int { family == .idefics3 ? 4 : 2 }
  /// Outputs of the first layer of LFM2-VL's projector.
  private static let lfm2ProjectorSize = 2560

  /// The vision tower's tensors, with llama.cpp's names.
  ///
  /// - Parameter outputs: the language model's hidden size.
  package func tensors(outputs: Int) -> [RandomTensorDescription] {
    let merged = merge * merge * hiddenSize
    let frames = ["v.patch_embd.weight", "v.patch_embd.weight.1"].prefix(family.isSigLIP ? 1 : 2)
    var tensors: [RandomTensorDescription] = frames.map { .matrix($0, patchSize, patchSize, 3, hiddenSize) }
    if family == .qwen3VL || family.isSigLIP {
      let side = imageSide / patchSize
      tensors += [.vector("v.patch_embd.bias", hiddenSize), .matrix("v.position_embd.weight", hiddenSize, side * side)]
    }
    tensors += (0..<layers).flatMap(blockTensors)
    for index in deepstack {
      let prefix = "v.deepstack.\(index)."
      tensors += RandomTensorDescription.norm(prefix + "norm", merged)
      tensors += RandomTensorDescription.linear(prefix + "fc1", merged, merged)
      tensors += RandomTensorDescription.linear(prefix + "fc2", merged, outputs)
    }
    return tensors + norm("v.post_ln") + projector(inputs: merged, outputs: outputs)
  }

  private func projector(inputs: Int, outputs: Int) -> [RandomTensorDescription] {
    switch family {
    case .qwen2VL, .qwen25VL, .qwen3VL:
      RandomTensorDescription.linear("mm.0", inputs, inputs) + RandomTensorDescription.linear("mm.2", inputs, outputs)
    case .idefics3: [.matrix("mm.model.fc.weight", inputs, outputs)]
    case .lfm2:
      RandomTensorDescription.norm("mm.input_norm", inputs)
        + RandomTensorDescription.linear("mm.1", inputs, Self.lfm2ProjectorSize)
        + RandomTensorDescription.linear("mm.2", Self.lfm2ProjectorSize, outputs)
    }
  }

  private func blockTensors(_ index: Int) -> [RandomTensorDescription] {
    let prefix = "v.blk.\(index)."
    var tensors = norm(prefix + "ln1") + norm(prefix + "ln2")
    if family == .qwen3VL {
      tensors += RandomTensorDescription.linear(prefix + "attn_qkv", hiddenSize, 3 * hiddenSize)
    } else {
      for part in ["q", "k", "v"] {
        tensors += RandomTensorDescription.linear(prefix + "attn_\(part)", hiddenSize, hiddenSize)
      }
    }
    tensors += RandomTensorDescription.linear(prefix + "attn_out", hiddenSize, hiddenSize)
    if family == .qwen25VL {
      tensors += RandomTensorDescription.linear(prefix + "ffn_gate", hiddenSize, intermediateSize)
    }
    return tensors + RandomTensorDescription.linear(prefix + "ffn_up", hiddenSize, intermediateSize)
      + RandomTensorDescription.linear(prefix + "ffn_down", intermediateSize, hiddenSize)
  }

  private func norm(_ name: String) -> [RandomTensorDescription] {
    family == .qwen25VL
      ? [.vector(name + ".weight", hiddenSize, around: 1)] : RandomTensorDescription.norm(name, hiddenSize)
  }

  /// The vision tower's metadata, without the types of its tensors.
  ///
  /// - Parameter outputs: the language model's hidden size.
  func metadata(name: String, outputs: Int) -> GGUFMetadata {
    var metadata = GGUFMetadata([
      "general.architecture": .string("clip"), "general.type": .string("mmproj"),
      "general.name": .string("Random weights in the shape of \(name)"),
      "clip.has_vision_encoder": .bool(true), "clip.projector_type": .string(family.rawValue),
    ])
    let sizes: KeyValuePairs = [
      "projection_dim": outputs, "image_size": imageSide, "patch_size": patchSize, "embedding_length": hiddenSize,
      "feed_forward_length": intermediateSize, "block_count": layers, "spatial_merge_size": merge,
      "attention.head_count": heads,
    ]
    for (key, size) in sizes { metadata["clip.vision.\(key)"] = .uint32(UInt32(clamping: size)) }
    metadata["clip.vision.attention.layer_norm_epsilon"] = .float32(1e-6)
    metadata["clip.vision.image_mean"] = .array(GGUFArray([0.5, 0.5, 0.5] as [Float]))
    metadata["clip.vision.image_std"] = .array(GGUFArray([0.25, 0.25, 0.25] as [Float]))
    switch family {
    case .qwen2VL: break
    case .qwen25VL:
      metadata["clip.use_silu"] = .bool(true)
      metadata["clip.vision.n_wa_pattern"] = .uint32(8)
    case .qwen3VL:
      metadata["clip.use_gelu"] = .bool(true)
      metadata["clip.vision.is_deepstack_layers"] = .array(GGUFArray((0..<layers).map(deepstack.contains)))
    case .idefics3, .lfm2:
      metadata["clip.use_gelu"] = .bool(true)
      metadata["clip.vision.projector.scale_factor"] = .uint32(UInt32(clamping: merge))
    }
    return metadata
  }
}
