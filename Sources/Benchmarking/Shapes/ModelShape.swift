// SPDX-License-Identifier: Apache-2.0

/// The sizes of a model of the usual kinds, from which one with random weights is made.
public struct ModelShape: Sendable, Equatable {
  public var name: String
  /// As `general.architecture` has it.
  package var architecture: String
  package var layers: Int
  package var width: Int
  package var heads: Int
  package var keyValueHeads: Int
  package var headSize: Int
  package var feedForward: Int
  package var ropeTheta: Float
  package var contextLength: Int
  /// Rotary pairs that turn with time, height, width, and a fourth that is empty; none for models of text alone.
  package var mropeSections: [Int32]
  /// Whether the embedding matrix is the output head as well.
  package var isTied: Bool
  package var vocabulary: Int
  /// nil for a model that only reads.
  package var vision: VisionShape?

  package init(
    name: String, architecture: String, layers: Int, width: Int, heads: Int, keyValueHeads: Int, headSize: Int,
    feedForward: Int, ropeTheta: Float, contextLength: Int, mropeSections: [Int32], isTied: Bool = true,
    vocabulary: Int = InventedVocabulary.usualSize, vision: VisionShape? = nil
  ) {
    self.name = name
    self.architecture = architecture
    self.layers = layers
    self.width = width
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headSize = headSize
    self.feedForward = feedForward
    self.ropeTheta = ropeTheta
    self.contextLength = contextLength
    self.mropeSections = mropeSections
    self.isTied = isTied
    self.vocabulary = vocabulary
    self.vision = vision
  }

  var queriesPerKey: Int { heads / keyValueHeads }
  /// Whether each head's queries and keys are normalized; such models have no biases there.
  var normalizesHeads: Bool { architecture.hasPrefix("qwen3") }
}

/// The sizes of a vision tower.
package struct VisionShape: Sendable, Equatable {
  package enum Family: String, Sendable {
    case qwen2VL = "qwen2vl_merger"
    case qwen25VL = "qwen2.5vl_merger"
    case qwen3VL = "qwen3vl_merger"
  }

  package var family: Family
  package var layers: Int
  package var width: Int
  package var heads: Int
  package var feedForward: Int
  package var patchSize: Int
  /// Pixels along the side of the picture that the table of positions is for.
  package var imageSide: Int
  /// Blocks whose outputs are handed on to the language model's first layers.
  package var deepstack: [Int]

  package init(
    family: Family, layers: Int, width: Int, heads: Int, feedForward: Int, patchSize: Int, imageSide: Int,
    deepstack: [Int] = []
  ) {
    self.family = family
    self.layers = layers
    self.width = width
    self.heads = heads
    self.feedForward = feedForward
    self.patchSize = patchSize
    self.imageSide = imageSide
    self.deepstack = deepstack
  }

  static let qwen2VL = VisionShape(
    family: .qwen2VL, layers: 32, width: 1280, heads: 16, feedForward: 5120, patchSize: 14, imageSide: 560)
  static let qwen25VL = VisionShape(
    family: .qwen25VL, layers: 32, width: 1280, heads: 16, feedForward: 3420, patchSize: 14, imageSide: 560)
  static let qwen3VL = VisionShape(
    family: .qwen3VL, layers: 24, width: 1024, heads: 16, feedForward: 4096, patchSize: 16, imageSide: 768,
    deepstack: [5, 11, 17])
}

extension ModelShape {
  /// The shape of this name.
  ///
  /// - Throws: `BenchmarkError.unknownShape`.
  public init(named name: String) throws(BenchmarkError) {
    guard let shape = Self.all.first(where: { $0.name == name.lowercased() }) else { throw .unknownShape(name) }
    self = shape
  }

  /// Sizes as the models' makers published them.
  public static let all: [ModelShape] = [
    qwen2("qwen2-0.5b", layers: 24, width: 896, heads: 14, keyValueHeads: 2, headSize: 64, feedForward: 4864),
    qwen2("qwen2-1.5b", layers: 28, width: 1536, heads: 12, keyValueHeads: 2, headSize: 128, feedForward: 8960),
    qwen3("qwen3-0.6b", layers: 28, width: 1024, heads: 16, feedForward: 3072),
    qwen3("qwen3-1.7b", layers: 28, width: 2048, heads: 16, feedForward: 6144),
    qwen2VL("qwen2-vl-2b", layers: 28, width: 1536, heads: 12, keyValueHeads: 2, feedForward: 8960, .qwen2VL),
    qwen2VL(
      "qwen2-vl-7b", layers: 28, width: 3584, heads: 28, keyValueHeads: 4, feedForward: 18944, .qwen2VL, isTied: false,
      vocabulary: 152_064),
    qwen2VL("qwen2.5-vl-3b", layers: 36, width: 2048, heads: 16, keyValueHeads: 2, feedForward: 11008, .qwen25VL),
    qwen3VL("qwen3-vl-2b", layers: 28, width: 2048, heads: 16, feedForward: 6144),
    qwen3VL("qwen3-vl-4b", layers: 36, width: 2560, heads: 32, feedForward: 9728),
  ]

  private static func qwen2(
    _ name: String, layers: Int, width: Int, heads: Int, keyValueHeads: Int, headSize: Int, feedForward: Int
  ) -> ModelShape {
    ModelShape(
      name: name, architecture: "qwen2", layers: layers, width: width, heads: heads, keyValueHeads: keyValueHeads,
      headSize: headSize, feedForward: feedForward, ropeTheta: 1e6, contextLength: 32768, mropeSections: [])
  }

  private static func qwen3(_ name: String, layers: Int, width: Int, heads: Int, feedForward: Int) -> ModelShape {
    ModelShape(
      name: name, architecture: "qwen3", layers: layers, width: width, heads: heads, keyValueHeads: 8, headSize: 128,
      feedForward: feedForward, ropeTheta: 1e6, contextLength: 40960, mropeSections: [])
  }

  private static func qwen2VL(
    _ name: String, layers: Int, width: Int, heads: Int, keyValueHeads: Int, feedForward: Int, _ vision: VisionShape,
    isTied: Bool = true, vocabulary: Int = InventedVocabulary.usualSize
  ) -> ModelShape {
    ModelShape(
      name: name, architecture: "qwen2vl", layers: layers, width: width, heads: heads, keyValueHeads: keyValueHeads,
      headSize: 128, feedForward: feedForward, ropeTheta: 1e6, contextLength: 32768, mropeSections: [16, 24, 24, 0],
      isTied: isTied, vocabulary: vocabulary, vision: vision)
  }

  private static func qwen3VL(_ name: String, layers: Int, width: Int, heads: Int, feedForward: Int) -> ModelShape {
    ModelShape(
      name: name, architecture: "qwen3vl", layers: layers, width: width, heads: heads, keyValueHeads: 8, headSize: 128,
      feedForward: feedForward, ropeTheta: 5e6, contextLength: 262144, mropeSections: [24, 20, 20, 0],
      vision: .qwen3VL)
  }
}
