// SPDX-License-Identifier: Apache-2.0

/// The vision towers that are known, by the models they belong to.
public enum VisionFamily: String, Sendable, CaseIterable {
  case qwen2VL
  case qwen25VL
  case qwen3VL
  /// SigLIP with a projector of two layers, one picture at a time. llama.cpp's converter does not write this family;
  /// read is the layout of its older LLaVA scripts (projector `mlp`, tensors `mm.0`, `mm.2`, `model.image_newline`),
  /// in which feed-forward names are swapped, and the same with today's names (`v.image_newline`).
  case llavaOneVision

  /// The name in `clip.projector_type`.
  var projector: String {
    switch self {
    case .qwen2VL: "qwen2vl_merger"
    case .qwen25VL: "qwen2.5vl_merger"
    case .qwen3VL: "qwen3vl_merger"
    case .llavaOneVision: "mlp"
    }
  }

  var design: VisionDesign {
    switch self {
    case .qwen2VL:
      VisionDesign(
        temporalPatchSize: 2, norm: .layer, feedForward: .plain(.quickGELU), usesRoPE: true, hasPositionTable: false,
        merger: .squares)
    case .qwen25VL:
      VisionDesign(
        temporalPatchSize: 2, norm: .rootMeanSquare, feedForward: .gated, usesRoPE: true, hasPositionTable: false,
        merger: .squares, hasWindows: true)
    case .qwen3VL:
      VisionDesign(
        temporalPatchSize: 2, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: true, hasPositionTable: true,
        merger: .squares, hasPatchBias: true, hasDeepstack: true)
    case .llavaOneVision:
      VisionDesign(
        temporalPatchSize: 1, norm: .layer, feedForward: .plain(.tanhGELU), usesRoPE: false, hasPositionTable: true,
        merger: .pooled, hasPatchBias: true)
    }
  }
}

/// What sets one family's tower apart from another's; all else they share.
struct VisionDesign {
  enum Norm {
    case layer
    case rootMeanSquare
  }

  enum Activation {
    /// x · sigmoid(1.702 x)
    case quickGELU
    /// By the error function.
    case gelu
    /// The approximation by tanh.
    case tanhGELU
  }

  enum FeedForward: Hashable {
    case plain(Activation)
    /// A second matrix's SiLU multiplies the first one's outputs.
    case gated
  }

  enum Merger {
    /// The patches of a square are joined into one token.
    case squares
    /// Patches are projected one by one and then resampled to half as many along each side.
    case pooled
  }

  let temporalPatchSize: Int
  let norm: Norm
  let feedForward: FeedForward
  /// Whether queries and keys turn with a patch's row and column.
  let usesRoPE: Bool
  /// Whether a learned vector for its place is added to each patch.
  let hasPositionTable: Bool
  let merger: Merger
  /// Whether the embedding of patches has a bias.
  var hasPatchBias = false
  /// Whether most blocks attend within windows of the picture only.
  var hasWindows = false
  /// Whether inner blocks' outputs are handed to the language model too.
  var hasDeepstack = false
}
