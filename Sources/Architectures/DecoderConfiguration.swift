// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import ModelFile

/// The sizes of a language model, named as in transformers' configuration files, read from a model file and checked.
public struct DecoderConfiguration: Sendable, Hashable {
  /// The model's `general.architecture`, such as `qwen2vl`.
  public let architecture: String
  /// Decoder layers, without those at the end of a file that predict tokens ahead (`nextn`), which are not run.
  public let layers: Int
  /// Query heads, a multiple of `keyValueHeads`.
  public let heads: Int
  /// Key-value heads; fewer than `heads` with grouped-query attention.
  public let keyValueHeads: Int
  /// Values of one head's query, key and value.
  public let headDimension: Int
  /// Values of a token's embedding and of its row between the layers.
  public let hiddenSize: Int
  /// Outputs of the gate and up matrices of a feed-forward network.
  public let intermediateSize: Int
  /// Tokens of the vocabulary.
  public let vocabularySize: Int
  /// Tokens that the model was trained to attend over.
  public let contextLength: Int
  /// Epsilon of the RMS norms.
  public let normEpsilon: Float
  /// The base of the RoPE frequencies.
  public let ropeTheta: Double
  /// Of a head's RoPE pairs, how many are rotated by time, height and width. In models with plain
  /// RoPE all of them are time's.
  public let mropeSections: [Int]
  /// How many of the first layers have deepstack features added to their output at vision tokens.
  public let deepstackLayers: Int

  let kind: DecoderArchitecture
  let rope: RoPEConfiguration
  /// Values of a head that RoPE rotates; the others follow them and stay as they are.
  let ropeDimension: Int
  /// Token mixer of each layer, beside its feed-forward network.
  let mixers: [TokenMixer]
  /// Key-value heads of each layer that the file has weights of, the first of `keyValueHeads`; 0 without attention.
  let weightedHeads: [Int]

  /// Key-value heads that `edgeassist quantize --attention-pruning` has left out of the file, in all layers together.
  public var headsLeftOut: Int {
    zip(mixers, weightedHeads).reduce(0) { $0 + ($1.0.isAttention ? keyValueHeads - $1.1 : 0) }
  }

  /// RoPE frequencies of the time component alone; those of height and width are 0.
  public var temporalRoPE: RoPEFrequencies { rope.temporalFrequencies }

  /// RoPE frequencies where all three components change by the same amount, as in text.
  public var textRoPE: RoPEFrequencies { rope.textFrequencies }

  /// Values of a row of the `VisionTokenEmbeddings` that the model reads: the token's embedding, then the deepstack
  /// features of the first layers.
  public var visionEmbeddingWidth: Int { hiddenSize * (1 + deepstackLayers) }

  /// Values of a token's keys that a layer has weights of.
  func keyWidth(ofLayer layer: Int) -> Int { weightedHeads[layer] * headDimension }

  /// Values of a token's queries that a layer has weights of.
  func queryWidth(ofLayer layer: Int) -> Int { heads / keyValueHeads * keyWidth(ofLayer: layer) }

  /// The shape of this model's KV cache.
  public var cacheShape: CacheShape {
    CacheShape(
      layers: mixers.count(where: \.isAttention), keyValueHeads: keyValueHeads, headDimension: headDimension,
      recurrentStateCount: mixers.reduce(0) { $0 + $1.stateCount })
  }

  /// Whether each head's queries come with a gate of their attention's output.
  var hasGatedAttention: Bool { kind.recurrence == .gatedDeltaNet }

  /// How many layers have a recurrent state in place of keys and values.
  public var recurrentLayers: Int { mixers.count { !$0.isAttention } }

  /// The `general.architecture` of the supported language models.
  public static let supportedArchitectures = DecoderArchitecture.all.map(\.name)

  /// Reads the sizes. The vocabulary's size is that of the embedding tensor.
  /// - Throws: `ModelError` naming the file and the key or tensor that is wrong.
  public init(file: GGUFFile) throws(ModelError) {
    let loader = ModelLoader(file: file)
    let architecture = try loader.value { metadata throws(GGUFError) in try metadata.name("general.architecture") }
    guard let kind = DecoderArchitecture.all.first(where: { $0.name == architecture }) else {
      throw .unsupportedArchitecture(
        path: file.path, found: architecture, supported: DecoderConfiguration.supportedArchitectures)
    }
    self.architecture = architecture
    self.kind = kind
    func key(_ name: String) -> String { architecture + "." + name }

    let blocks = try loader.size(key("block_count"), in: 1...1024)
    layers = blocks - (try loader.size(key("nextn_predict_layers"), in: 0...blocks - 1, fallback: 0))
    hiddenSize = try loader.size(key("embedding_length"), in: 1...65536)
    intermediateSize = try loader.size(key("feed_forward_length"), in: 1...1_048_576)
    heads = try loader.size(key("attention.head_count"), in: 1...1024)
    (keyValueHeads, mixers) = try TokenMixer.read(
      loader, kind: kind, layers: layers, heads: heads, hiddenSize: hiddenSize)
    guard heads % keyValueHeads == 0 else {
      throw .invalidSize(
        path: file.path, key: key("attention.head_count_kv"), value: "\(keyValueHeads)",
        allowed: "a divisor of the \(heads) attention heads")
    }
    weightedHeads = try DecoderConfiguration.weightedHeads(loader, mixers: mixers, keyValueHeads: keyValueHeads)
    headDimension = try loader.size(
      key("attention.key_length"), in: 2...256, fallback: hiddenSize / heads)
    let valueDimension = try loader.size(key("attention.value_length"), in: 2...256, fallback: headDimension)
    guard headDimension % 2 == 0, valueDimension == headDimension else {
      throw .invalidSize(
        path: file.path, key: key("attention.key_length"), value: "\(headDimension)",
        allowed: "even and the same for keys and values")
    }
    // RoPE of a part of each head is known of Qwen3.5 alone, a mixture of experts of none.
    let least = kind.recurrence == .gatedDeltaNet ? 2 : headDimension
    ropeDimension = try loader.size(
      key("rope.dimension_count"), in: least...headDimension, fallback: headDimension)
    guard ropeDimension % 2 == 0 else {
      throw .invalidSize(
        path: file.path, key: key("rope.dimension_count"), value: "\(ropeDimension)", allowed: "an even number")
    }
    let experts = try loader.size(key("expert_count"), in: 0...(1 << 31), fallback: 0)
    guard experts == 0 else { throw .mixtureOfExperts(path: file.path, key: key("expert_count"), experts: experts) }
    deepstackLayers =
      kind.usesDeepstack ? try loader.size(key("n_deepstack_layers"), in: 0...layers, fallback: 0) : 0
    normEpsilon = Float(try loader.positive(key("attention.layer_norm_rms_epsilon")))
    ropeTheta = try loader.positive(key("rope.freq_base"), fallback: 10000)
    contextLength = try loader.size(key("context_length"), in: 1...(1 << 31), fallback: 32768)
    try DecoderConfiguration.checkWindow(loader, kind: kind, contextLength: contextLength)

    let embedding = try loader.tensor("token_embd.weight")
    guard embedding.dimensions.count == 2, embedding.dimensions[0] == hiddenSize, embedding.dimensions[1] > 0
    else {
      throw .wrongShape(
        path: file.path, tensor: embedding.name,
        expected: [hiddenSize, embedding.dimensions.dropFirst().first ?? 1], found: embedding.dimensions)
    }
    vocabularySize = embedding.dimensions[1]

    let pairs = ropeDimension / 2
    mropeSections =
      kind.ropeLayout == .plain
      ? [pairs, 0, 0] : try DecoderConfiguration.sections(loader, key: key("rope.dimension_sections"), pairs: pairs)
    guard let components = kind.ropeLayout.components(sections: mropeSections) else {
      throw .invalidSize(
        path: file.path, key: key("rope.dimension_sections"), value: "\(mropeSections)",
        allowed: "such that height and width can be interleaved with time")
    }
    rope = RoPEConfiguration(
      components: components, theta: ropeTheta,
      scaling: try RoPEScaling(loader: loader, architecture: architecture, contextLength: contextLength),
      divisors: try DecoderConfiguration.frequencyDivisors(loader, pairs: pairs), pairs: headDimension / 2)
  }

  /// Heads of each layer that `edgeassist quantize --attention-pruning` has left in the file; all in other files.
  private static func weightedHeads(
    _ loader: ModelLoader, mixers: [TokenMixer], keyValueHeads: Int
  ) throws(ModelError) -> [Int] {
    let key = GGUFMetadata.keptHeadsKey
    guard loader.file.metadata[key] != nil else { return mixers.map { $0.isAttention ? keyValueHeads : 0 } }
    let heads = try loader.value { metadata throws(GGUFError) in try metadata.integers(key) }
    guard heads.count == mixers.count,
      zip(heads, mixers).allSatisfy({ $1.isAttention ? (1...keyValueHeads).contains($0) : $0 == 0 })
    else {
      throw .invalidSize(
        path: loader.file.path, key: key,
        value: "\(heads.count) numbers from \(heads.min() ?? 0) to \(heads.max() ?? 0)",
        allowed: "\(mixers.count) numbers, each from 1 to \(keyValueHeads), and 0 for layers without attention")
    }
    return heads
  }

  /// Refuses attention within a window of the newest tokens, which llama.cpp reads from files of LFM2. A window as long
  /// as the context is none.
  private static func checkWindow(
    _ loader: ModelLoader, kind: DecoderArchitecture, contextLength: Int
  ) throws(ModelError) {
    guard kind.recurrence == .shortConvolution else { return }
    let key = kind.name + ".attention.sliding_window"
    let window = try loader.size(key, in: 0...(1 << 32), fallback: 0)
    guard window == 0 || window >= contextLength else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(window)",
        allowed: "0 or at least the context length of \(contextLength), for attention within a window is not supported")
    }
  }

  /// Reads what the frequency of each pair is divided by: Llama 3.1 and its successors keep their RoPE scaling in the
  /// file as the tensor `rope_freqs.weight`.
  ///
  /// - Returns: nil for a model without.
  private static func frequencyDivisors(_ loader: ModelLoader, pairs: Int) throws(ModelError) -> [Double]? {
    let name = "rope_freqs.weight"
    guard loader.has(name) else { return nil }
    let divisors = try loader.vector(name, pairs).values.map(Double.init)
    if let invalid = divisors.first(where: { !($0.isFinite && $0 > 0) }) {
      throw .invalidSize(path: loader.file.path, key: name, value: "\(invalid)", allowed: "positive numbers")
    }
    return divisors
  }

  /// Reads the M-RoPE sections and checks that they add up to `pairs`.
  private static func sections(_ loader: ModelLoader, key: String, pairs: Int) throws(ModelError) -> [Int] {
    let all = try loader.value { metadata throws(GGUFError) in try metadata.integers(key) }
    // llama.cpp writes four sections, the fourth of them empty.
    let sections = Array(all.prefix(3))
    guard all.count == 4, all[3] == 0, all.allSatisfy({ (0...pairs).contains($0) }),
      sections.reduce(0, +) == pairs
    else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(all)", allowed: "three numbers that add up to \(pairs), and a 0")
    }
    return sections
  }
}
