import BoundedCache
import Foundation
import ModelFile

/// The sizes of a language model, read from its file and checked.
public struct DecoderConfiguration: Sendable, Hashable {
  /// The model's kind as the file names it, such as `qwen2vl`.
  public let architecture: String
  public let layers: Int
  public let heads: Int
  /// Key-value heads; `heads` is a multiple of it.
  public let keyValueHeads: Int
  public let headDimension: Int
  /// Numbers in a token's vector.
  public let embeddingLength: Int
  public let feedForwardLength: Int
  public let vocabularySize: Int
  /// Tokens that the model was trained to look back over.
  public let contextLength: Int
  public let normEpsilon: Float
  public let rotaryBase: Double
  /// Of a head's `headDimension / 2` rotary pairs, how many turn with time, height and width.
  public let rotarySections: [Int]

  /// How keys turn with the time component of their position.
  public var timeRotation: TimeRotation {
    let pairs = headDimension / 2
    let turned = rotarySections.first ?? 0
    return TimeRotation(
      frequencies: (0..<min(turned, pairs)).map { pow(rotaryBase, -Double($0) / Double(pairs)) })
  }

  /// How keys turn when a token's whole position moves.
  public var positionRotation: TimeRotation {
    let pairs = headDimension / 2
    return TimeRotation(frequencies: (0..<pairs).map { pow(rotaryBase, -Double($0) / Double(pairs)) })
  }

  /// The shape of a key-value cache for this model.
  public var cacheShape: CacheShape {
    CacheShape(layers: layers, keyValueHeads: keyValueHeads, headDimension: headDimension)
  }

  /// The kinds of language model that are supported.
  public static let supportedArchitectures = ["qwen2vl", "qwen2"]

  /// Reads the sizes; the vocabulary's comes from the embedding tensor.
  public init(file: GGUFFile) throws(ModelError) {
    let loader = WeightLoader(file: file)
    let architecture = try loader.value { metadata throws(GGUFError) in try metadata.string("general.architecture") }
    guard DecoderConfiguration.supportedArchitectures.contains(architecture) else {
      throw .unsupportedArchitecture(
        path: file.path, found: architecture, supported: DecoderConfiguration.supportedArchitectures)
    }
    self.architecture = architecture
    func key(_ name: String) -> String { architecture + "." + name }

    layers = try loader.size(key("block_count"), in: 1...1024)
    embeddingLength = try loader.size(key("embedding_length"), in: 1...65536)
    feedForwardLength = try loader.size(key("feed_forward_length"), in: 1...1_048_576)
    heads = try loader.size(key("attention.head_count"), in: 1...1024)
    keyValueHeads = try loader.size(key("attention.head_count_kv"), in: 1...heads, fallback: heads)
    guard heads % keyValueHeads == 0 else {
      throw .invalidSize(
        path: file.path, key: key("attention.head_count_kv"), value: "\(keyValueHeads)",
        allowed: "a divisor of the \(heads) attention heads")
    }
    headDimension = try loader.size(
      key("attention.key_length"), in: 2...256, fallback: embeddingLength / heads)
    let valueDimension = try loader.size(key("attention.value_length"), in: 2...256, fallback: headDimension)
    guard headDimension % 2 == 0, valueDimension == headDimension else {
      throw .invalidSize(
        path: file.path, key: key("attention.key_length"), value: "\(headDimension)",
        allowed: "even and the same for keys and values")
    }
    normEpsilon = Float(try loader.positive(key("attention.layer_norm_rms_epsilon")))
    rotaryBase = try loader.positive(key("rope.freq_base"), fallback: 10000)
    contextLength = try loader.size(key("context_length"), in: 1...(1 << 31), fallback: 32768)

    let embedding = try loader.tensor("token_embd.weight")
    guard embedding.dimensions.count == 2, embedding.dimensions[0] == embeddingLength, embedding.dimensions[1] > 0 else {
      throw .wrongShape(
        path: file.path, tensor: embedding.name,
        expected: [embeddingLength, embedding.dimensions.dropFirst().first ?? 1], found: embedding.dimensions)
    }
    vocabularySize = embedding.dimensions[1]
    rotarySections = try DecoderConfiguration.sections(loader, architecture: architecture, pairs: headDimension / 2)
  }

  private static func sections(
    _ loader: WeightLoader, architecture: String, pairs: Int
  ) throws(ModelError) -> [Int] {
    // Plain Qwen2 has one kind of position, which the time component carries.
    guard architecture == "qwen2vl" else { return [pairs, 0, 0] }
    let key = "qwen2vl.rope.dimension_sections"
    let all = try loader.value { metadata throws(GGUFError) in try metadata.integers(key) }
    // llama.cpp writes four sections, the fourth of them empty.
    let sections = Array(all.prefix(3))
    guard sections.count == 3, all.dropFirst(3).allSatisfy({ $0 == 0 }), all.allSatisfy({ (0...pairs).contains($0) }),
      sections.reduce(0, +) == pairs
    else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(all)", allowed: "three numbers that add up to \(pairs)")
    }
    return sections
  }
}
