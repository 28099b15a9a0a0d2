import ModelFile

/// The sizes of a vision tower, read from its file (an "mmproj" GGUF) and checked.
public struct VisionConfiguration: Sendable, Hashable {
  public let family: VisionFamily
  public let layers: Int
  public let heads: Int
  public let embeddingLength: Int
  public let feedForwardLength: Int
  /// Numbers in each vector handed to the language model.
  public let outputLength: Int
  /// Pixels along a patch's side.
  public let patchSize: Int
  /// Patches along the side of a square that becomes one token.
  public let mergeSize: Int
  public let normEpsilon: Float
  /// Of red, green and blue, on a scale from 0 to 1.
  public let imageMean: [Float]
  public let imageDeviation: [Float]
  /// Whether the blocks use GELU itself instead of its quick approximation x · sigmoid(1.702 x).
  public let usesGELU: Bool

  public var headDimension: Int { embeddingLength / heads }
  /// What a picture's sides must be multiples of, in pixels.
  public var sideMultiple: Int { patchSize * mergeSize }
  /// The side of the square that every picture must be scaled to, where a tower reads only one size.
  public var fixedPictureSide: Int? { nil }
  /// Pictures that follow each other and become one patch in time.
  public var picturesPerPatch: Int { 2 }
  /// Vectors of inner layers that follow the last one's in each row, for the language model's first layers.
  public var deepstackCount: Int { 0 }

  /// The tokens that a picture of these pixels becomes: rows down, columns across.
  public func tokenGrid(width: Int, height: Int) -> (rows: Int, columns: Int) {
    (height / sideMultiple, width / sideMultiple)
  }

  /// Pixels of the largest picture that is read; memory grows with the pixels, time with their square.
  public var maximumPixels: Int { 65536 * patchSize * patchSize }

  /// The kinds of vision tower that are supported, as `clip.projector_type` names them.
  public static let supportedProjectors = ["qwen2vl_merger"]

  /// Reads the sizes; the feed-forward length comes from its tensor, because the key for it is not reliable.
  public init(file: GGUFFile) throws(ModelError) {
    let loader = WeightLoader(file: file)
    let architecture = try loader.value { metadata throws(GGUFError) in try metadata.string("general.architecture") }
    guard architecture == "clip" else {
      throw .unsupportedArchitecture(
        path: file.path, found: architecture,
        supported: VisionConfiguration.supportedProjectors.map { "clip (vision tower) with " + $0 })
    }
    let projector = try loader.value { metadata throws(GGUFError) in
      if let name = try metadata.stringIfPresent("clip.vision.projector_type") { return name }
      return try metadata.string("clip.projector_type")
    }
    guard VisionConfiguration.supportedProjectors.contains(projector) else {
      throw .unsupportedArchitecture(
        path: file.path, found: "clip (vision tower) with " + projector,
        supported: VisionConfiguration.supportedProjectors)
    }
    func key(_ name: String) -> String { "clip.vision." + name }

    family = .qwen2VL
    layers = try loader.size(key("block_count"), in: 1...1024)
    embeddingLength = try loader.size(key("embedding_length"), in: 4...65536)
    heads = try loader.size(key("attention.head_count"), in: 1...1024)
    // Height and width each turn half of a head's rotary pairs.
    guard embeddingLength % heads == 0, (embeddingLength / heads) % 4 == 0, embeddingLength / heads <= 256 else {
      throw .invalidSize(
        path: file.path, key: key("attention.head_count"), value: "\(heads)",
        allowed: "such that \(embeddingLength) numbers make heads of a multiple of 4, at most 256")
    }
    outputLength = try loader.size(key("projection_dim"), in: 1...65536)
    patchSize = try loader.size(key("patch_size"), in: 1...64)
    mergeSize = try loader.size(key("spatial_merge_size"), in: 1...8, fallback: 2)
    normEpsilon = Float(try loader.positive(key("attention.layer_norm_epsilon")))
    imageMean = try VisionConfiguration.colours(loader, key("image_mean"))
    imageDeviation = try VisionConfiguration.colours(loader, key("image_std"))
    guard imageDeviation.allSatisfy({ $0 > 0 }) else {
      throw .invalidSize(
        path: file.path, key: key("image_std"), value: "\(imageDeviation)", allowed: "positive numbers")
    }
    usesGELU = try loader.value { metadata throws(GGUFError) in try metadata.boolIfPresent("clip.use_gelu") ?? false }
    let usesSiLU = try loader.value { metadata throws(GGUFError) in
      try metadata.boolIfPresent("clip.use_silu") ?? false
    }
    guard !usesSiLU else {
      throw .invalidSize(path: file.path, key: "clip.use_silu", value: "true", allowed: "false for this kind of tower")
    }

    feedForwardLength = try VisionConfiguration.feedForwardLength(loader, width: embeddingLength)
  }

  /// Older files have the names of the two feed-forward matrices swapped; either way one side is the tower's width.
  private static func feedForwardLength(_ loader: WeightLoader, width: Int) throws(ModelError) -> Int {
    let up = try loader.tensor("v.blk.0.ffn_up.weight")
    guard up.dimensions.count == 2, up.dimensions.contains(width),
      case let inner = up.dimensions[0] == width ? up.dimensions[1] : up.dimensions[0], (1...1_048_576).contains(inner)
    else {
      throw .wrongShape(path: loader.file.path, tensor: up.name, expected: [width, 4 * width], found: up.dimensions)
    }
    return inner
  }

  private static func colours(_ loader: WeightLoader, _ key: String) throws(ModelError) -> [Float] {
    let values = try loader.value { metadata throws(GGUFError) in try metadata.floats(key) }
    guard values.count == 3, values.allSatisfy(\.isFinite) else {
      throw .invalidSize(path: loader.file.path, key: key, value: "\(values)", allowed: "three numbers")
    }
    return values.map(Float.init)
  }
}
