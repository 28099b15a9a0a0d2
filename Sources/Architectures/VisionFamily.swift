// SPDX-License-Identifier: Apache-2.0

/// The vision towers that are supported, by the models they belong to.
public enum VisionFamily: String, Sendable, CaseIterable {
  /// LayerNorm, QuickGELU, RoPE over rows and columns.
  case qwen2VL
  /// RMSNorm, gated SiLU, RoPE; most blocks attend within windows.
  case qwen25VL
  /// LayerNorm, GELU, RoPE and learned positions; outputs of inner blocks go to the language model (DeepStack).
  case qwen3VL
  /// SigLIP with a projector of two layers, one frame at a time.
  ///
  /// llama.cpp's converter does not write this family. Files of its older LLaVA scripts are read (projector `mlp`,
  /// tensors `mm.0`, `mm.2`, `model.image_newline`, the names of the feed-forward matrices swapped), and the same
  /// tensors with today's names (`v.image_newline`).
  case llavaOneVision
  /// SigLIP with pixel shuffle and one matrix, one frame at a time: SmolVLM, SmolVLM2 and what else is an Idefics3.
  ///
  /// A frame is scaled to the tower's square. Of the images of a photo that these models are given, that is the global
  /// one; the tiles beside it are not made.
  case idefics3
  /// SigLIP 2 with pixel unshuffle and two layers, one frame of any size at a time: LFM2-VL and LFM2.5-VL.
  ///
  /// Frames stay below the size at which these models are given a photo in tiles.
  case lfm2
  /// SigLIP 2 whose patches are merged in the middle of the tower and again at its end, one frame of any size at a
  /// time: MiniCPM-V 4.6.
  ///
  /// A frame is what these models are given as a photo's overview; the slices beside it are not made.
  case minicpmV46

  /// The family's `clip.projector_type`.
  var projector: String {
    switch self {
    case .qwen2VL: "qwen2vl_merger"
    case .qwen25VL: "qwen2.5vl_merger"
    case .qwen3VL: "qwen3vl_merger"
    case .llavaOneVision: "mlp"
    case .idefics3: "idefics3"
    case .lfm2: "lfm2"
    case .minicpmV46: "minicpmv4_6"
    }
  }

  /// `general.architecture` of the language models that read the family's embeddings.
  var languageModels: [String] {
    switch self {
    case .qwen2VL, .qwen25VL: ["qwen2vl"]
    case .qwen3VL: ["qwen3vl", "qwen35"]
    case .llavaOneVision: ["qwen2", "qwen3", "llama"]
    case .idefics3: ["llama"]
    case .lfm2: ["lfm2"]
    case .minicpmV46: ["qwen35"]
    }
  }

  /// Special tokens that stand around an image's tokens in the prompt, beside those that the chat template has.
  public var markers: [String] {
    switch self {
    case .qwen2VL, .qwen25VL, .qwen3VL, .llavaOneVision: []
    case .idefics3: ["<fake_token_around_image>", "<global-img>"]
    case .lfm2: ["<|image_start|>", "<|image_end|>"]
    case .minicpmV46: ["<image>", "</image>", "<image_id>", "</image_id>"]
    }
  }

  /// Tokens that the family's own processor makes of an image at least, however small it is.
  public var minimumTokens: Int {
    switch self {
    case .qwen2VL, .qwen25VL, .qwen3VL, .llavaOneVision, .idefics3, .minicpmV46: 4
    case .lfm2: 64
    }
  }

  var design: VisionDesign {
    switch self {
    case .qwen2VL:
      VisionDesign(
        temporalPatchSize: 2, norm: .layer, feedForward: .plain(.quickGELU), usesRoPE: true,
        hasPositionEmbeddings: false, merger: .spatialMerge)
    case .qwen25VL:
      VisionDesign(
        temporalPatchSize: 2, norm: .rms, feedForward: .gated, usesRoPE: true, hasPositionEmbeddings: false,
        merger: .spatialMerge, hasWindows: true)
    case .qwen3VL:
      VisionDesign(
        temporalPatchSize: 2, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: true,
        hasPositionEmbeddings: true, merger: .spatialMerge, hasPatchBias: true, hasDeepstack: true)
    case .llavaOneVision:
      VisionDesign(
        temporalPatchSize: 1, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: false,
        hasPositionEmbeddings: true, merger: .pooled, hasPatchBias: true)
    case .idefics3:
      VisionDesign(
        temporalPatchSize: 1, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: false,
        hasPositionEmbeddings: true, merger: .pixelShuffle, hasPatchBias: true)
    case .lfm2:
      VisionDesign(
        temporalPatchSize: 1, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: false,
        hasPositionEmbeddings: true, merger: .pixelUnshuffle, hasPatchBias: true)
    case .minicpmV46:
      VisionDesign(
        temporalPatchSize: 1, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: false,
        hasPositionEmbeddings: true, merger: .twoStage, hasPatchBias: true)
    }
  }
}

/// Design of a family's vision tower: the layers and sizes by which the families differ.
struct VisionDesign {
  enum Norm {
    case layer
    case rms
  }

  enum Activation {
    /// x · sigmoid(1.702 x)
    case quickGELU
    /// x / 2 · (1 + erf(x / √2))
    case gelu
    /// The approximation of `gelu` by tanh.
    case tanhGELU
  }

  enum FeedForward: Hashable {
    /// down(activation(up(x)))
    case plain(Activation)
    /// down(SiLU(gate(x)) · up(x))
    case gated
  }

  enum Merger {
    /// The patches of a spatial merge group become one token.
    case spatialMerge
    /// Patches are projected one by one and then pooled to half as many rows and columns, rounded up.
    case pooled
    /// The patches of a spatial merge group become one token by one matrix, without an activation.
    case pixelShuffle
    /// The same by a layer norm over the group, where the file has one, and two layers with a GELU.
    case pixelUnshuffle
    /// Two by two patches become one row after an inner block (`WindowMerger`), and two by two of these one token at
    /// the end. Some files leave the first stage out.
    case twoStage
  }

  /// Frames of a temporal patch.
  let temporalPatchSize: Int
  let norm: Norm
  let feedForward: FeedForward
  /// Whether a patch's row and column rotate queries and keys.
  let usesRoPE: Bool
  /// Whether a learned embedding of its position is added to each patch.
  let hasPositionEmbeddings: Bool
  let merger: Merger
  /// Whether the patch embedding has a bias.
  var hasPatchBias = false
  /// Whether most blocks attend within windows of the image only.
  var hasWindows = false
  /// Whether the language model reads outputs of inner blocks as well.
  var hasDeepstack = false
}
