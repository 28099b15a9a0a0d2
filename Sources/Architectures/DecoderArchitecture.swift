// SPDX-License-Identifier: Apache-2.0

/// A kind of language model. All kinds share one decoder; these are their differences.
struct DecoderArchitecture: Sendable, Hashable {
  /// The kind's `general.architecture`.
  let name: String
  let ropeLayout: RoPELayout
  let ropePairing: RoPEPairing
  /// Whether each head's queries and keys are RMS-normalized before RoPE (`q_norm` and `k_norm` in transformers).
  let usesQKNorm: Bool
  /// Whether features from inner blocks of the vision tower are added to the outputs of the first layers.
  let usesDeepstack: Bool
  /// Token mixer of the layers without attention; nil where all layers have attention.
  var recurrence: Recurrence?
  /// The norm before a layer's feed-forward network.
  var feedForwardNorm = "ffn_norm"
  /// The norm before the output head.
  var outputNorm = "output_norm"

  /// A layer whose state does not grow with the tokens that it has read.
  enum Recurrence: Sendable {
    /// A gated causal convolution of a few tokens. Layers without key-value heads have it.
    case shortConvolution
    /// Gated DeltaNet (arXiv 2412.06464), beside attention whose output is gated. Every n-th layer has attention.
    case gatedDeltaNet
  }

  /// Which values of a query's or key's head a RoPE pair is made of.
  enum RoPEPairing: Sendable {
    /// `(i, i + headDimension / 2)`, transformers' `rotate_half`.
    case halves
    /// Neighbours `(2 i, 2 i + 1)`: the rows of a GGUF's query and key matrices stand in this order, whatever they were
    /// in transformers.
    case neighbours
  }

  /// Which component of a position (time, height, width) rotates which RoPE pairs.
  enum RoPELayout: Sendable {
    /// Plain RoPE: one component for all pairs. Images take positions as text does.
    case plain
    /// M-RoPE: first the pairs of time, then those of height, then those of width (arXiv 2409.12191).
    case mrope
    /// Interleaved M-RoPE: time, height, width, time, … until height and width have all of theirs; the other pairs are
    /// time's (arXiv 2511.21631).
    case interleavedMRoPE
  }

  static let all = [
    // Qwen2-VL and Qwen2.5-VL. These differ in their vision towers and in the positions of temporal patches only.
    DecoderArchitecture(
      name: "qwen2vl", ropeLayout: .mrope, ropePairing: .halves, usesQKNorm: false, usesDeepstack: false),
    DecoderArchitecture(
      name: "qwen3vl", ropeLayout: .interleavedMRoPE, ropePairing: .halves, usesQKNorm: true, usesDeepstack: true),
    // Qwen2 and Qwen2.5, and LLaVA-OneVision's language model.
    DecoderArchitecture(
      name: "qwen2", ropeLayout: .plain, ropePairing: .halves, usesQKNorm: false, usesDeepstack: false),
    DecoderArchitecture(
      name: "qwen3", ropeLayout: .plain, ropePairing: .halves, usesQKNorm: true, usesDeepstack: false),
    // Llama 2 to 3.3, SmolLM and SmolLM2, and what else is a dense Llama.
    DecoderArchitecture(
      name: "llama", ropeLayout: .plain, ropePairing: .neighbours, usesQKNorm: false, usesDeepstack: false),
    // LFM2 and LFM2.5. What is called the norm of the embeddings in these files is the last norm.
    DecoderArchitecture(
      name: "lfm2", ropeLayout: .plain, ropePairing: .halves, usesQKNorm: true, usesDeepstack: false,
      recurrence: .shortConvolution, outputNorm: "token_embd_norm"),
    // Qwen3.5 and Qwen3.6, and MiniCPM-V 4.6's language model.
    DecoderArchitecture(
      name: "qwen35", ropeLayout: .interleavedMRoPE, ropePairing: .halves, usesQKNorm: true, usesDeepstack: false,
      recurrence: .gatedDeltaNet, feedForwardNorm: "post_attention_norm"),
  ]
}

extension DecoderArchitecture.RoPELayout {
  /// The component that rotates each pair of a head: 0 time, 1 height, 2 width.
  ///
  /// - Parameter sections: pairs of time, height and width; their sum is the number of pairs.
  /// - Returns: nil if the sections do not fit the layout.
  func components(sections: [Int]) -> [Int]? {
    let pairs = sections.reduce(0, +)
    guard self == .interleavedMRoPE else {
      return sections.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    }
    var components = Array(repeating: 0, count: pairs)
    for component in [1, 2] {
      for index in 0..<sections[component] {
        let pair = 3 * index + component
        guard pair < pairs else { return nil }
        components[pair] = component
      }
    }
    return components
  }
}
