// SPDX-License-Identifier: Apache-2.0

/// The architecture and the sizes of a language model, with or without a vision tower.
public struct ModelShape: Sendable, Equatable {
  /// The name on the command line, such as `qwen2-vl-2b`.
  public var name: String
  /// The value of `general.architecture`.
  package var architecture: String
  /// Number of layers.
  package var layers: Int
  /// Dimension of the hidden states.
  package var hiddenSize: Int
  /// Query heads.
  package var heads: Int
  /// Key-value heads.
  package var keyValueHeads: Int
  /// Dimension of a head.
  package var headDimension: Int
  /// Dimension of the feed-forward network.
  package var intermediateSize: Int
  /// Base of the RoPE frequencies.
  package var ropeTheta: Float
  /// Longest context, in tokens.
  package var contextLength: Int
  /// M-RoPE sections, in pairs of dimensions: time, height, width, and a fourth of 0; empty for models without vision.
  package var mropeSections: [Int32]
  /// Whether the embedding matrix is also the output matrix.
  package var isTied: Bool
  /// Size of the vocabulary.
  package var vocabulary: Int
  /// nil for a model without vision.
  package var vision: VisionShape?
  /// Token mixer of the layers without attention; nil where all layers have attention.
  package var recurrence: RecurrenceShape?

  /// Memberwise; the output head is the embedding matrix (`isTied`) unless said otherwise.
  package init(
    name: String, architecture: String, layers: Int, hiddenSize: Int, heads: Int, keyValueHeads: Int,
    headDimension: Int,
    intermediateSize: Int, ropeTheta: Float, contextLength: Int, mropeSections: [Int32], isTied: Bool = true,
    vocabulary: Int = SyntheticVocabulary.usualSize, vision: VisionShape? = nil
  ) {
    self.name = name
    self.architecture = architecture
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.intermediateSize = intermediateSize
    self.ropeTheta = ropeTheta
    self.contextLength = contextLength
    self.mropeSections = mropeSections
    self.isTied = isTied
    self.vocabulary = vocabulary
    self.vision = vision
  }

  /// Query heads that share a key-value head.
  var queriesPerKey: Int { heads / keyValueHeads }
  /// Whether queries and keys are normalized per head.
  var normalizesHeads: Bool { architecture.hasPrefix("qwen3") || architecture == "lfm2" }
  /// Whether the matrices of queries, keys and values have biases.
  var hasBiases: Bool { architecture.hasPrefix("qwen2") }
}

/// The layers without attention of a hybrid model.
package enum RecurrenceShape: Sendable, Equatable {
  /// LFM2's.
  ///
  /// - Parameters:
  ///   - attention: the layers that have attention.
  ///   - kernel: tokens that the convolution reads.
  case shortConvolution(attention: [Int], kernel: Int)
  /// Qwen3.5's: three of four layers.
  ///
  /// - Parameters:
  ///   - keyHeads: heads of queries and keys.
  ///   - valueHeads: heads of values.
  case gatedDeltaNet(keyHeads: Int, valueHeads: Int)

  /// Dimension of a key and of a value of Gated DeltaNet, tokens that its convolution reads, and the interval of layers
  /// with attention.
  static let (deltaHeadDimension, deltaKernel, attentionInterval) = (128, 4, 4)
  /// Values of a head that Qwen3.5's RoPE rotates.
  static let ropeDimension = 64

  /// Whether a layer has attention.
  func hasAttention(_ layer: Int) -> Bool {
    switch self {
    case .shortConvolution(let attention, _): attention.contains(layer)
    case .gatedDeltaNet: (layer + 1) % Self.attentionInterval == 0
    }
  }
}

/// The family and the sizes of a vision tower.
package struct VisionShape: Sendable, Equatable {
  /// The raw value is that of `clip.projector_type`.
  package enum Family: String, Sendable {
    /// Qwen2-VL: two frames at once.
    case qwen2VL = "qwen2vl_merger"
    /// Qwen2.5-VL: two frames at once, attention within windows.
    case qwen25VL = "qwen2.5vl_merger"
    /// Qwen3-VL and Qwen3.5: two frames at once.
    case qwen3VL = "qwen3vl_merger"
    /// SmolVLM2: one frame at a time.
    case idefics3
    /// LFM2-VL: one frame at a time.
    case lfm2

    /// Whether one frame at a time is encoded, by SigLIP.
    var isSigLIP: Bool { self == .idefics3 || self == .lfm2 }
  }

  /// The family, which decides the layout of the tensors.
  package var family: Family
  /// Number of layers.
  package var layers: Int
  /// Dimension of the hidden states.
  package var hiddenSize: Int
  /// Query heads.
  package var heads: Int
  /// Dimension of the feed-forward network.
  package var intermediateSize: Int
  /// Side of a patch, in pixels.
  package var patchSize: Int
  /// Side of the image that the position embeddings are for, in pixels.
  package var imageSide: Int
  /// Indices of the blocks whose outputs are added in the language model's first layers (DeepStack).
  package var deepstack: [Int]

  /// Memberwise; checks nothing.
  package init(
    family: Family, layers: Int, hiddenSize: Int, heads: Int, intermediateSize: Int, patchSize: Int, imageSide: Int,
    deepstack: [Int] = []
  ) {
    self.family = family
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.heads = heads
    self.intermediateSize = intermediateSize
    self.patchSize = patchSize
    self.imageSide = imageSide
    self.deepstack = deepstack
  }

  static let qwen2VL = VisionShape(
    family: .qwen2VL, layers: 32, hiddenSize: 1280, heads: 16, intermediateSize: 5120, patchSize: 14, imageSide: 560)
  static let qwen25VL = VisionShape(
    family: .qwen25VL, layers: 32, hiddenSize: 1280, heads: 16, intermediateSize: 3420, patchSize: 14, imageSide: 560)
  static let qwen3VL = VisionShape(
    family: .qwen3VL, layers: 24, hiddenSize: 1024, heads: 16, intermediateSize: 4096, patchSize: 16, imageSide: 768,
    deepstack: [5, 11, 17])
  /// Of Qwen3.5's smallest model; its tower has no DeepStack.
  static let qwen35Small = VisionShape(
    family: .qwen3VL, layers: 12, hiddenSize: 768, heads: 12, intermediateSize: 3072, patchSize: 16, imageSide: 768)
  static let qwen35 = VisionShape(
    family: .qwen3VL, layers: 24, hiddenSize: 1024, heads: 16, intermediateSize: 4096, patchSize: 16, imageSide: 768)
  static let smolVLM2 = VisionShape(
    family: .idefics3, layers: 12, hiddenSize: 768, heads: 12, intermediateSize: 3072, patchSize: 16, imageSide: 512)
  static let lfm2 = VisionShape(
    family: .lfm2, layers: 12, hiddenSize: 768, heads: 12, intermediateSize: 3072, patchSize: 16, imageSide: 256)
}

extension ModelShape {
  /// The shape of this name.
  ///
  /// - Throws: `BenchmarkError.unknownShape`.
  public init(named name: String) throws(BenchmarkError) {
    guard let shape = Self.all.first(where: { $0.name == name.lowercased() }) else { throw .unknownShape(name) }
    self = shape
  }

  /// Shapes with the sizes that the models' makers published.
  public static let all: [ModelShape] = [
    qwen2(
      "qwen2-0.5b", layers: 24, hiddenSize: 896, heads: 14, keyValueHeads: 2, headDimension: 64,
      intermediateSize: 4864),
    qwen2(
      "qwen2-1.5b", layers: 28, hiddenSize: 1536, heads: 12, keyValueHeads: 2, headDimension: 128,
      intermediateSize: 8960),
    qwen3("qwen3-0.6b", layers: 28, hiddenSize: 1024, heads: 16, intermediateSize: 3072),
    qwen3("qwen3-1.7b", layers: 28, hiddenSize: 2048, heads: 16, intermediateSize: 6144),
    qwen2VL("qwen2-vl-2b", layers: 28, hiddenSize: 1536, heads: 12, keyValueHeads: 2, intermediateSize: 8960, .qwen2VL),
    qwen2VL(
      "qwen2-vl-7b", layers: 28, hiddenSize: 3584, heads: 28, keyValueHeads: 4, intermediateSize: 18944, .qwen2VL,
      isTied: false,
      vocabulary: 152_064),
    qwen2VL(
      "qwen2.5-vl-3b", layers: 36, hiddenSize: 2048, heads: 16, keyValueHeads: 2, intermediateSize: 11008, .qwen25VL),
    qwen3VL("qwen3-vl-2b", layers: 28, hiddenSize: 2048, heads: 16, intermediateSize: 6144),
    qwen3VL("qwen3-vl-4b", layers: 36, hiddenSize: 2560, heads: 32, intermediateSize: 9728),
    llama(
      "smollm2-135m", layers: 30, hiddenSize: 576, heads: 9, keyValueHeads: 3, intermediateSize: 1536, ropeTheta: 1e5,
      contextLength: 8192, vocabulary: 49152),
    llama(
      "smollm2-360m", layers: 32, hiddenSize: 960, heads: 15, keyValueHeads: 5, intermediateSize: 2560, ropeTheta: 1e5,
      contextLength: 8192, vocabulary: 49152),
    llama(
      "llama-3.2-1b", layers: 16, hiddenSize: 2048, heads: 32, keyValueHeads: 8, intermediateSize: 8192,
      ropeTheta: 5e5, contextLength: 131_072, vocabulary: 128_256),
    smolVLM2, lfm2VL, qwen35("qwen3.5-0.8b", hiddenSize: 1024, intermediateSize: 3584, .qwen35Small),
    qwen35("qwen3.5-2b", hiddenSize: 2048, intermediateSize: 6144, .qwen35),
  ]

  private static var smolVLM2: ModelShape {
    var shape = llama(
      "smolvlm2-500m", layers: 32, hiddenSize: 960, heads: 15, keyValueHeads: 5, intermediateSize: 2560,
      ropeTheta: 1e5, contextLength: 8192, vocabulary: 49280)
    shape.isTied = false
    shape.vision = .smolVLM2
    return shape
  }

  private static var lfm2VL: ModelShape {
    var shape = ModelShape(
      name: "lfm2-vl-450m", architecture: "lfm2", layers: 16, hiddenSize: 1024, heads: 16, keyValueHeads: 8,
      headDimension: 64, intermediateSize: 4608, ropeTheta: 1e6, contextLength: 128_000, mropeSections: [],
      vocabulary: 65536, vision: .lfm2)
    shape.recurrence = .shortConvolution(attention: [2, 5, 8, 10, 12, 14], kernel: 3)
    return shape
  }

  private static func qwen35(
    _ name: String, hiddenSize: Int, intermediateSize: Int, _ vision: VisionShape
  ) -> ModelShape {
    var shape = ModelShape(
      name: name, architecture: "qwen35", layers: 24, hiddenSize: hiddenSize, heads: 8, keyValueHeads: 2,
      headDimension: 256, intermediateSize: intermediateSize, ropeTheta: 1e7, contextLength: 262_144,
      mropeSections: [11, 11, 10, 0], vocabulary: 248_320, vision: vision)
    shape.recurrence = .gatedDeltaNet(keyHeads: 16, valueHeads: 16)
    return shape
  }

  private static func llama(
    _ name: String, layers: Int, hiddenSize: Int, heads: Int, keyValueHeads: Int, intermediateSize: Int,
    ropeTheta: Float, contextLength: Int, vocabulary: Int
  ) -> ModelShape {
    ModelShape(
      name: name, architecture: "llama", layers: layers, hiddenSize: hiddenSize, heads: heads,
      keyValueHeads: keyValueHeads, headDimension: 64, intermediateSize: intermediateSize, ropeTheta: ropeTheta,
      contextLength: contextLength, mropeSections: [], vocabulary: vocabulary)
  }

  private static func qwen2(
    _ name: String, layers: Int, hiddenSize: Int, heads: Int, keyValueHeads: Int, headDimension: Int,
    intermediateSize: Int
  ) -> ModelShape {
    ModelShape(
      name: name, architecture: "qwen2", layers: layers, hiddenSize: hiddenSize, heads: heads,
      keyValueHeads: keyValueHeads,
      headDimension: headDimension, intermediateSize: intermediateSize, ropeTheta: 1e6, contextLength: 32768,
      mropeSections: [])
  }

  private static func qwen3(_ name: String, layers: Int, hiddenSize: Int, heads: Int, intermediateSize: Int)
    -> ModelShape
  {
    ModelShape(
      name: name, architecture: "qwen3", layers: layers, hiddenSize: hiddenSize, heads: heads, keyValueHeads: 8,
      headDimension: 128,
      intermediateSize: intermediateSize, ropeTheta: 1e6, contextLength: 40960, mropeSections: [])
  }

  private static func qwen2VL(
    _ name: String, layers: Int, hiddenSize: Int, heads: Int, keyValueHeads: Int, intermediateSize: Int,
    _ vision: VisionShape,
    isTied: Bool = true, vocabulary: Int = SyntheticVocabulary.usualSize
  ) -> ModelShape {
    ModelShape(
      name: name, architecture: "qwen2vl", layers: layers, hiddenSize: hiddenSize, heads: heads,
      keyValueHeads: keyValueHeads,
      headDimension: 128, intermediateSize: intermediateSize, ropeTheta: 1e6, contextLength: 32768,
      mropeSections: [16, 24, 24, 0],
      isTied: isTied, vocabulary: vocabulary, vision: vision)
  }

  private static func qwen3VL(_ name: String, layers: Int, hiddenSize: Int, heads: Int, intermediateSize: Int)
    -> ModelShape
  {
    ModelShape(
      name: name, architecture: "qwen3vl", layers: layers, hiddenSize: hiddenSize, heads: heads, keyValueHeads: 8,
      headDimension: 128,
      intermediateSize: intermediateSize, ropeTheta: 5e6, contextLength: 262144, mropeSections: [24, 20, 20, 0],
      vision: .qwen3VL)
  }
}
