// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The sizes of a vision tower, named as in transformers' configuration files, read from a model file and checked.
///
/// The file is an "mmproj" GGUF as llama.cpp's converter writes it.
public struct VisionConfiguration: Sendable, Hashable {
  /// The family, which the projector's type tells.
  public let family: VisionFamily
  /// Blocks that are run; transformers' `depth`.
  public let layers: Int
  /// Attention heads.
  public let heads: Int
  /// Values of a patch's row in the tower.
  public let hiddenSize: Int
  /// Outputs of the first matrix of a feed-forward network.
  public let intermediateSize: Int
  /// The hidden size of the language model that reads the embeddings.
  public let outHiddenSize: Int
  /// Pixels along a patch's side.
  public let patchSize: Int
  /// Patches along the side of a spatial merge group, which becomes one token.
  public let spatialMergeSize: Int
  /// Epsilon of the norms.
  public let normEpsilon: Float
  /// Of red, green and blue, on a scale from 0 to 1.
  public let imageMean: [Float]
  /// Standard deviations of red, green and blue, on a scale from 0 to 1.
  public let imageStd: [Float]
  /// Pixels along the side of the square that every image must be scaled to; nil for towers that read other sizes too.
  public let fixedImageSide: Int?
  /// The side of the square whose area the family's processor gives to an image beside its slices, in pixels; nil in
  /// families that take images of any area.
  public let overviewSide: Int?
  /// Blocks whose outputs the language model reads as well (deepstack), ascending: the n-th is added after its n-th
  /// layer.
  public let deepstackLayers: [Int]
  /// The block after which two by two patches are merged to one row; nil in towers without.
  let windowMergerLayer: Int?
  let feedForward: VisionDesign.FeedForward
  let windows: VisionWindows?

  /// Values of one attention head.
  public var headDimension: Int { hiddenSize / heads }
  /// Rows that the last merger joins to a token: the patches of a spatial merge group, or what is left of them.
  var mergerGroupSize: Int { windowMergerLayer == nil ? spatialMergeSize * spatialMergeSize : WindowMerger.groupSize }
  /// Values of these rows.
  var mergedPatchDimension: Int { hiddenSize * mergerGroupSize }
  /// Required divisor of an image's width and height, in pixels.
  public var sideMultiple: Int { fixedImageSide ?? patchSize * spatialMergeSize }
  /// Pixels of the largest image that is read. Memory grows with the pixels, time with their square.
  public var maximumPixels: Int { fixedImageSide.map { $0 * $0 } ?? 65536 * patchSize * patchSize }
  /// Frames of a temporal patch.
  public var temporalPatchSize: Int { family.design.temporalPatchSize }
  /// Deepstack embeddings that follow the last block's in each row.
  public var deepstackCount: Int { deepstackLayers.count }
  /// Values of a row of the tower's `VisionTokenEmbeddings`: the last block's embedding, then those of
  /// `deepstackLayers`. It equals `DecoderConfiguration.visionEmbeddingWidth` of the models that can read them.
  public var embeddingWidth: Int { outHiddenSize * (1 + deepstackCount) }

  /// Rows and columns of tokens that an image becomes.
  ///
  /// - Parameters:
  ///   - width: in pixels, a multiple of `sideMultiple`.
  ///   - height: in pixels, a multiple of `sideMultiple`.
  public func tokenGrid(width: Int, height: Int) -> (rows: Int, columns: Int) {
    let (rows, columns) = (height / patchSize, width / patchSize)
    return switch family.design.merger {
    case .spatialMerge, .pixelShuffle, .pixelUnshuffle, .twoStage: (rows / spatialMergeSize, columns / spatialMergeSize)
    case .pooled: ((rows + 1) / 2, (columns + 1) / 2)
    }
  }

  /// The `clip.projector_type` of the supported towers.
  public static let supportedProjectors = VisionFamily.allCases.map(\.projector)

  /// Reads the sizes. The intermediate size is that of its tensor, because its key is wrong in some files.
  /// - Throws: `ModelError` naming the file and the key or tensor that is wrong.
  public init(file: GGUFFile) throws(ModelError) {
    let loader = ModelLoader(file: file)
    let family = try VisionConfiguration.family(loader)
    let design = family.design
    func key(_ name: String) -> String { "clip.vision." + name }

    let blocks = try loader.size(key("block_count"), in: 1...1024)
    var windowMergerLayer: Int?
    hiddenSize = try loader.size(key("embedding_length"), in: 4...65536)
    heads = try loader.size(key("attention.head_count"), in: 1...1024)
    // A patch's row and its column each rotate half of a head's RoPE pairs.
    guard hiddenSize % heads == 0, (hiddenSize / heads) % 4 == 0, hiddenSize / heads <= 256 else {
      throw .invalidSize(
        path: file.path, key: key("attention.head_count"), value: "\(heads)",
        allowed: "such that \(hiddenSize) values make heads of a multiple of 4, at most 256")
    }
    patchSize = try loader.size(key("patch_size"), in: 1...64)
    switch design.merger {
    case .spatialMerge:
      layers = blocks
      outHiddenSize = try loader.size(key("projection_dim"), in: 1...65536)
      spatialMergeSize = try loader.size(key("spatial_merge_size"), in: 1...8, fallback: 2)
      fixedImageSide = nil
    case .pooled:
      layers = try VisionConfiguration.featureLayer(loader, blocks: blocks)
      // Its key is 0 in files of the older scripts.
      outHiddenSize = try loader.outputs(of: "mm.2.weight")
      spatialMergeSize = 1
      fixedImageSide = try loader.size(key("image_size"), in: patchSize...256 * patchSize)
    case .pixelShuffle:
      layers = blocks
      outHiddenSize = try loader.outputs(of: "mm.model.fc.weight")
      let factor = try loader.size(key("projector.scale_factor"), in: 1...8)
      let side = try loader.size(key("image_size"), in: patchSize...256 * patchSize)
      guard side / patchSize % factor == 0 else {
        throw .invalidSize(
          path: file.path, key: key("projector.scale_factor"), value: "\(factor)",
          allowed: "a divisor of the \(side / patchSize) patches along an image's side")
      }
      spatialMergeSize = factor
      fixedImageSide = side
    case .pixelUnshuffle:
      layers = blocks
      outHiddenSize = try loader.outputs(of: "mm.2.weight")
      spatialMergeSize = try loader.size(key("projector.scale_factor"), in: 1...8)
      fixedImageSide = nil
    case .twoStage:
      layers = blocks
      outHiddenSize = try loader.outputs(of: "mm.down.weight")
      let factor = try loader.size(key("projector.scale_factor"), in: 2...4)
      if factor > 2 { windowMergerLayer = try VisionConfiguration.windowMergerLayer(loader, blocks: blocks) }
      guard factor == 2 || factor == 2 * WindowMerger.side else {
        throw .invalidSize(
          path: file.path, key: key("projector.scale_factor"), value: "\(factor)", allowed: "2 or 4")
      }
      spatialMergeSize = factor
      fixedImageSide = nil
    }
    self.windowMergerLayer = windowMergerLayer
    overviewSide =
      design.merger == .twoStage
      ? try loader.size(key("image_size"), in: patchSize * spatialMergeSize...256 * patchSize, fallback: 448) : nil
    normEpsilon = Float(try loader.positive(key("attention.layer_norm_epsilon")))
    imageMean = try VisionConfiguration.channels(loader, key("image_mean"))
    imageStd = try VisionConfiguration.channels(loader, key("image_std"))
    guard imageStd.allSatisfy({ $0 > 0 }) else {
      throw .invalidSize(
        path: file.path, key: key("image_std"), value: "\(imageStd)", allowed: "positive numbers")
    }
    feedForward = try VisionConfiguration.feedForward(loader, family)
    intermediateSize = try VisionConfiguration.intermediateSize(loader, width: hiddenSize)
    windows = design.hasWindows ? try VisionWindows(loader: loader, groupSide: patchSize * spatialMergeSize) : nil
    deepstackLayers =
      design.hasDeepstack ? try VisionConfiguration.deepstackLayers(loader, blocks: blocks) : []
    self.family = family
  }
}

/// Windows of an image within which most blocks attend.
struct VisionWindows: Hashable {
  /// Spatial merge groups along a window's side.
  let side: Int
  /// Every n-th block attends over the whole image; 0 if all of them do.
  let fullAttentionInterval: Int

  /// - Parameter groupSide: pixels along the side of a spatial merge group.
  init(loader: ModelLoader, groupSide: Int) throws(ModelError) {
    fullAttentionInterval = try loader.size("clip.vision.n_wa_pattern", in: 0...1024)
    side = try loader.size("clip.vision.window_size", in: groupSide...65536, fallback: 112) / groupSide
  }

  func areUsed(inBlock index: Int) -> Bool {
    fullAttentionInterval > 0 && (index + 1) % fullAttentionInterval != 0
  }
}

extension VisionConfiguration {
  private static func family(_ loader: ModelLoader) throws(ModelError) -> VisionFamily {
    let path = loader.file.path
    let architecture = try loader.value { metadata throws(GGUFError) in try metadata.name("general.architecture") }
    guard architecture == "clip" else {
      throw .unsupportedArchitecture(
        path: path, found: architecture, supported: supportedProjectors.map { "clip (vision tower) with " + $0 })
    }
    let projector = try loader.value { metadata throws(GGUFError) in
      if let name = try metadata.nameIfPresent("clip.vision.projector_type") { return name }
      return try metadata.name("clip.projector_type")
    }
    guard let family = VisionFamily.allCases.first(where: { $0.projector == projector }) else {
      throw .unsupportedArchitecture(
        path: path, found: "clip (vision tower) with " + projector, supported: supportedProjectors)
    }
    // Older LLaVA models have the same projector on another tower.
    guard family != .llavaOneVision || !(loader.has("v.class_embd") || loader.has("v.pre_ln.weight")) else {
      throw .unsupportedArchitecture(
        path: path, found: "CLIP (not SigLIP) with " + projector, supported: supportedProjectors)
    }
    return family
  }

  /// Blocks that are run in a tower whose projector may read an inner block's output.
  private static func featureLayer(_ loader: ModelLoader, blocks: Int) throws(ModelError) -> Int {
    let key = "clip.vision.feature_layer"
    let chosen = try loader.value { metadata throws(GGUFError) in try metadata.integersIfPresent(key) }
    guard let chosen else { return blocks }
    guard chosen.count == 1, (1...blocks).contains(chosen[0]) else {
      throw .invalidSize(path: loader.file.path, key: key, value: "\(chosen)", allowed: "one of 1 to \(blocks)")
    }
    return chosen[0]
  }

  /// The block after which patches are merged, which is before the last one.
  private static func windowMergerLayer(_ loader: ModelLoader, blocks: Int) throws(ModelError) -> Int {
    let key = "clip.vision.wa_layer_indexes"
    let indexes = try loader.value { metadata throws(GGUFError) in try metadata.integers(key) }
    guard indexes.count == 1, (0..<blocks).contains(indexes[0]) else {
      throw .invalidSize(path: loader.file.path, key: key, value: "\(indexes)", allowed: "one of 0 to \(blocks - 1)")
    }
    return indexes[0]
  }

  private static func feedForward(
    _ loader: ModelLoader, _ family: VisionFamily
  ) throws(ModelError) -> VisionDesign.FeedForward {
    let expected = family.design.feedForward
    if expected != .gated {
      let usesSiLU = try loader.value { metadata throws(GGUFError) in try metadata.boolIfPresent("clip.use_silu") }
      guard usesSiLU != true else {
        throw .invalidSize(
          path: loader.file.path, key: "clip.use_silu", value: "true", allowed: "false for this kind of tower")
      }
    }
    // Files of other families set the key for GELU and for its approximation by tanh, so it tells nothing there.
    guard family == .qwen2VL else { return expected }
    let usesGELU = try loader.value { metadata throws(GGUFError) in try metadata.boolIfPresent("clip.use_gelu") }
    return usesGELU == true ? .plain(.gelu) : expected
  }

  /// Older files have the names of the two feed-forward matrices swapped. One dimension of each is the hidden size.
  private static func intermediateSize(_ loader: ModelLoader, width: Int) throws(ModelError) -> Int {
    let up = try loader.tensor("v.blk.0.ffn_up.weight")
    guard up.dimensions.count == 2, up.dimensions.contains(width),
      case let inner = up.dimensions[0] == width ? up.dimensions[1] : up.dimensions[0], (1...1_048_576).contains(inner)
    else {
      throw .wrongShape(path: loader.file.path, tensor: up.name, expected: [width, 4 * width], found: up.dimensions)
    }
    return inner
  }

  /// From the key or, in files without it, from the tensors.
  private static func deepstackLayers(_ loader: ModelLoader, blocks: Int) throws(ModelError) -> [Int] {
    let key = "clip.vision.is_deepstack_layers"
    let array = try loader.value { metadata throws(GGUFError) in try metadata.arrayIfPresent(key) }
    guard let array else { return (0..<blocks).filter { loader.has("v.deepstack.\($0).fc1.weight") } }
    guard let flags = array.bools, flags.count == blocks else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(array.count) values", allowed: "\(blocks) times true or false")
    }
    return flags.indices.filter { flags[$0] }
  }

  /// Three values, of red, green and blue.
  private static func channels(_ loader: ModelLoader, _ key: String) throws(ModelError) -> [Float] {
    let values = try loader.value { metadata throws(GGUFError) in try metadata.floats(key) }
    guard values.count == 3, values.allSatisfy(\.isFinite) else {
      throw .invalidSize(path: loader.file.path, key: key, value: "\(values)", allowed: "three numbers")
    }
    return values.map(Float.init)
  }
}

extension VisionConfiguration {
  /// Whether a language model reads the embeddings of a tower of this configuration.
  ///
  /// - Parameters:
  ///   - path: the tower's file, for the message.
  ///   - modelPath: the language model's file, for the message.
  /// - Throws: `ModelError.visionOfOtherFamily` or `visionDoesNotFit`.
  package func check(fits model: DecoderConfiguration, path: String, modelPath: String) throws(ModelError) {
    guard family.languageModels.contains(model.kind.name) else {
      throw .visionOfOtherFamily(
        visionPath: path, projector: family.projector, modelPath: modelPath, architecture: model.kind.name)
    }
    guard embeddingWidth == model.visionEmbeddingWidth else {
      throw .visionDoesNotFit(
        visionPath: path, visionWidth: embeddingWidth, modelPath: modelPath, modelWidth: model.visionEmbeddingWidth)
    }
  }
}
