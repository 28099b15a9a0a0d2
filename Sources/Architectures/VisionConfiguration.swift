// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// The sizes of a vision tower, read from its file (an "mmproj" GGUF as llama.cpp's converter writes it) and checked.
public struct VisionConfiguration: Sendable, Hashable {
  public let family: VisionFamily
  public let layers: Int
  public let heads: Int
  public let hiddenSize: Int
  public let intermediateSize: Int
  /// Numbers in the language model's vectors. Each row that a tower makes holds 1 + `deepstackCount` of these.
  public let outputLength: Int
  /// Pixels along a patch's side.
  public let patchSize: Int
  /// Patches along the side of a square that becomes one token.
  public let mergeSize: Int
  public let normEpsilon: Float
  /// Of red, green and blue, on a scale from 0 to 1.
  public let imageMean: [Float]
  public let imageDeviation: [Float]
  /// The side of the square that every picture must be scaled to, where a tower reads only one size.
  public let fixedImageSide: Int?
  /// The blocks whose outputs are handed to the language model's first layers, in their order.
  public let deepstackLayers: [Int]
  let feedForward: VisionDesign.FeedForward
  let windows: VisionWindows?

  public var headDimension: Int { hiddenSize / heads }
  /// Numbers of the patches that become one token.
  var squareLength: Int { hiddenSize * mergeSize * mergeSize }
  /// What a picture's sides must be multiples of, in pixels.
  public var sideMultiple: Int { fixedImageSide ?? patchSize * mergeSize }
  /// Pixels of the largest picture that is read; memory grows with the pixels, time with their square.
  public var maximumPixels: Int { fixedImageSide.map { $0 * $0 } ?? 65536 * patchSize * patchSize }
  /// Pictures that follow each other and become one patch in time.
  public var temporalPatchSize: Int { family.design.temporalPatchSize }
  /// Vectors of inner blocks that follow the last one's in each row.
  public var deepstackCount: Int { deepstackLayers.count }
  /// Numbers in a row that a tower makes; `DecoderConfiguration.visionWidth` of the models that can read it.
  public var vectorWidth: Int { outputLength * (1 + deepstackCount) }

  /// The tokens that a picture of these pixels becomes: rows down, columns across.
  public func tokenGrid(width: Int, height: Int) -> (rows: Int, columns: Int) {
    switch family.design.merger {
    case .squares: (height / sideMultiple, width / sideMultiple)
    case .pooled: ((height / patchSize + 1) / 2, (width / patchSize + 1) / 2)
    }
  }

  /// The kinds of vision tower that are supported, as `clip.projector_type` names them.
  public static let supportedProjectors = VisionFamily.allCases.map(\.projector)

  /// Reads the sizes; the feed-forward length comes from its tensor, because the key for it is not reliable.
  /// - Throws: `ModelError` naming the file and the key or tensor that is wrong.
  public init(file: GGUFFile) throws(ModelError) {
    let loader = WeightLoader(file: file)
    let family = try VisionConfiguration.family(loader)
    let design = family.design
    func key(_ name: String) -> String { "clip.vision." + name }

    let blocks = try loader.size(key("block_count"), in: 1...1024)
    hiddenSize = try loader.size(key("embedding_length"), in: 4...65536)
    heads = try loader.size(key("attention.head_count"), in: 1...1024)
    // Height and width each turn half of a head's rope pairs.
    guard hiddenSize % heads == 0, (hiddenSize / heads) % 4 == 0, hiddenSize / heads <= 256 else {
      throw .invalidSize(
        path: file.path, key: key("attention.head_count"), value: "\(heads)",
        allowed: "such that \(hiddenSize) numbers make heads of a multiple of 4, at most 256")
    }
    patchSize = try loader.size(key("patch_size"), in: 1...64)
    switch design.merger {
    case .squares:
      layers = blocks
      outputLength = try loader.size(key("projection_dim"), in: 1...65536)
      mergeSize = try loader.size(key("spatial_merge_size"), in: 1...8, fallback: 2)
      fixedImageSide = nil
    case .pooled:
      layers = try VisionConfiguration.featureLayer(loader, blocks: blocks)
      // The key for it is 0 in files of the older scripts.
      outputLength = try loader.outputs(of: "mm.2.weight")
      mergeSize = 1
      fixedImageSide = try loader.size(key("image_size"), in: patchSize...256 * patchSize)
    }
    normEpsilon = Float(try loader.positive(key("attention.layer_norm_epsilon")))
    imageMean = try VisionConfiguration.colours(loader, key("image_mean"))
    imageDeviation = try VisionConfiguration.colours(loader, key("image_std"))
    guard imageDeviation.allSatisfy({ $0 > 0 }) else {
      throw .invalidSize(
        path: file.path, key: key("image_std"), value: "\(imageDeviation)", allowed: "positive numbers")
    }
    feedForward = try VisionConfiguration.feedForward(loader, family)
    intermediateSize = try VisionConfiguration.intermediateSize(loader, width: hiddenSize)
    windows = design.hasWindows ? try VisionWindows(loader: loader, squareSide: patchSize * mergeSize) : nil
    deepstackLayers =
      design.hasDeepstack ? try VisionConfiguration.deepstackLayers(loader, blocks: blocks) : []
    self.family = family
  }
}

/// Windows of a picture within which most blocks attend.
struct VisionWindows: Hashable {
  /// Squares along a window's side.
  let side: Int
  /// Every so manieth block attends over the whole picture; 0 if all do.
  let fullInterval: Int

  init(loader: WeightLoader, squareSide: Int) throws(ModelError) {
    fullInterval = try loader.size("clip.vision.n_wa_pattern", in: 0...1024)
    side = try loader.size("clip.vision.window_size", in: squareSide...65536, fallback: 112) / squareSide
  }

  func contains(block: Int) -> Bool { fullInterval > 0 && (block + 1) % fullInterval != 0 }
}

extension VisionConfiguration {
  private static func family(_ loader: WeightLoader) throws(ModelError) -> VisionFamily {
    let path = loader.file.path
    let architecture = try loader.value { metadata throws(GGUFError) in try metadata.string("general.architecture") }
    guard architecture == "clip" else {
      throw .unsupportedArchitecture(
        path: path, found: architecture, supported: supportedProjectors.map { "clip (vision tower) with " + $0 })
    }
    let projector = try loader.value { metadata throws(GGUFError) in
      if let name = try metadata.stringIfPresent("clip.vision.projector_type") { return name }
      return try metadata.string("clip.projector_type")
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

  /// The blocks that are run where the projector may read an inner block's output.
  private static func featureLayer(_ loader: WeightLoader, blocks: Int) throws(ModelError) -> Int {
    let key = "clip.vision.feature_layer"
    let chosen = try loader.value { metadata throws(GGUFError) in try metadata.integersIfPresent(key) }
    guard let chosen else { return blocks }
    guard chosen.count == 1, (1...blocks).contains(chosen[0]) else {
      throw .invalidSize(path: loader.file.path, key: key, value: "\(chosen)", allowed: "one of 1 to \(blocks)")
    }
    return chosen[0]
  }

  private static func feedForward(
    _ loader: WeightLoader, _ family: VisionFamily
  ) throws(ModelError) -> VisionDesign.FeedForward {
    let expected = family.design.feedForward
    if expected != .gated {
      let usesSiLU = try loader.value { metadata throws(GGUFError) in try metadata.boolIfPresent("clip.use_silu") }
      guard usesSiLU != true else {
        throw .invalidSize(
          path: loader.file.path, key: "clip.use_silu", value: "true", allowed: "false for this kind of tower")
      }
    }
    // Files of other families say the same of GELU itself and of its approximation, so only this one is asked.
    guard family == .qwen2VL else { return expected }
    let usesGELU = try loader.value { metadata throws(GGUFError) in try metadata.boolIfPresent("clip.use_gelu") }
    return usesGELU == true ? .plain(.gelu) : expected
  }

  /// Older files have the names of the two feed-forward matrices swapped; either way one side is the tower's width.
  private static func intermediateSize(_ loader: WeightLoader, width: Int) throws(ModelError) -> Int {
    let up = try loader.tensor("v.blk.0.ffn_up.weight")
    guard up.dimensions.count == 2, up.dimensions.contains(width),
      case let inner = up.dimensions[0] == width ? up.dimensions[1] : up.dimensions[0], (1...1_048_576).contains(inner)
    else {
      throw .wrongShape(path: loader.file.path, tensor: up.name, expected: [width, 4 * width], found: up.dimensions)
    }
    return inner
  }

  /// Files without the key tell by their tensors.
  private static func deepstackLayers(_ loader: WeightLoader, blocks: Int) throws(ModelError) -> [Int] {
    let key = "clip.vision.is_deepstack_layers"
    let array = try loader.value { metadata throws(GGUFError) in try metadata.arrayIfPresent(key) }
    guard let array else { return (0..<blocks).filter { loader.has("v.deepstack.\($0).fc1.weight") } }
    guard let flags = array.bools, flags.count == blocks else {
      throw .invalidSize(
        path: loader.file.path, key: key, value: "\(array.count) values", allowed: "\(blocks) times true or false")
    }
    return flags.indices.filter { flags[$0] }
  }

  private static func colours(_ loader: WeightLoader, _ key: String) throws(ModelError) -> [Float] {
    let values = try loader.value { metadata throws(GGUFError) in try metadata.floats(key) }
    guard values.count == 3, values.allSatisfy(\.isFinite) else {
      throw .invalidSize(path: loader.file.path, key: key, value: "\(values)", allowed: "three numbers")
    }
    return values.map(Float.init)
  }
}
