// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Foundation
import ModelFile
import Quantization

/// The contents of one GGUF file, by its header. Nothing here depends on whether the model can be run.
public struct FileInspection: Sendable {
  /// The kind of a GGUF file, by `general.type` and `general.architecture`.
  public enum Kind: String, Sendable {
    /// Whatever is neither of the other two.
    case languageModel = "language_model"
    /// An mmproj file: architecture `clip`.
    case visionTower = "vision_tower"
    /// A LoRA adapter: type `adapter`.
    case adapter
  }

  /// Sizes that all architectures have a key for; nil for those that this file lacks.
  public struct Sizes: Sendable, Equatable {
    /// Blocks (`block_count`).
    public var layers: Int?
    /// Layers that have keys and values; nil for a file that cannot be run.
    public var attentionLayers: Int?
    /// Bytes of the recurrent states of the other layers; nil where there are none.
    public var recurrentStateBytes: Int?
    /// The hidden size.
    public var hiddenSize: Int?
    /// Of the feed-forward network (`feed_forward_length`).
    public var intermediateSize: Int?
    /// Query heads of a layer (`attention.head_count`).
    public var heads: Int?
    /// Key-value heads of a layer; as many as query heads if the file does not say.
    public var keyValueHeads: Int?
    /// Key-value heads whose weights `edgeassist quantize --attention-pruning` has left out, in all layers together.
    public var headsLeftOut = 0
    /// Values in a key; hidden size / heads if the file does not say.
    public var headDimension: Int?
    /// The context length that the model was trained with, in tokens.
    public var contextLength: Int?

    /// Bytes of a token's keys and values as 16-bit floats; nil where a size is not known or not positive.
    public var cacheBytesPerToken: Int? {
      guard let layers = attentionLayers ?? layers, let keyValueHeads, let headDimension, layers > 0,
        keyValueHeads > 0, headDimension > 0
      else { return nil }
      var product = 4
      for factor in [layers, keyValueHeads, headDimension] {
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        product = next
      }
      return product
    }
  }

  /// The path as it was given; of a split model, its first part.
  public let path: String
  /// Files on disk: more than one for a split model.
  public let partPaths: [String]
  /// Bytes on disk, of all parts.
  public let byteCount: Int
  /// The GGUF version, 2 or 3.
  public let version: Int
  /// The kind of the file: language model, vision tower or adapter.
  public let kind: Kind
  /// The file's name for it, such as `qwen2vl`; nil without one.
  public let architecture: String?
  /// `general.name`; nil without one.
  public let name: String?
  /// Sizes by the file's metadata; none is checked against the tensors.
  public let sizes: Sizes
  /// In the order of the file.
  public let tensors: [TensorDescription]
  /// The tensors by kind and type.
  public let groups: [TensorGroup]
  /// How the types of the tensors were chosen; nil for a file without a plan.
  public let plan: PrecisionPlanRecord?

  /// Values of all tensors.
  public var parameterCount: Int { groups.reduce(0) { $0 + $1.parameterCount } }
  /// The type that most parameters are stored in; nil for a file without tensors.
  public var mainType: TensorType? {
    var counts: [TensorType: Int] = [:]
    for group in groups { counts[group.type, default: 0] += group.parameterCount }
    return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
  }
  /// The kinds of tensors by the precision of their products, such as `W4A8`, the most parameters first.
  public var products: [(precision: String, kinds: [TensorKind])] {
    var kinds: [String: (kinds: [TensorKind], parameters: Int)] = [:]
    for group in groups {
      for name in group.products {
        kinds[name, default: ([], 0)].parameters += group.parameterCount
        if kinds[name]?.kinds.contains(group.kind) == false { kinds[name]?.kinds.append(group.kind) }
      }
    }
    return kinds.sorted { ($0.value.parameters, $1.key) > ($1.value.parameters, $0.key) }
      .map { ($0.key, $0.value.kinds) }
  }
  /// Bits stored for each parameter, scales of quantized blocks included; 0 without tensors.
  public var bitsPerWeight: Double {
    let bytes = groups.reduce(0) { $0 + $1.byteCount }
    return parameterCount > 0 ? Double(bytes) * 8 / Double(parameterCount) : 0
  }

  /// - Parameter layout: how the weights will lie in memory; nil for what its kind of model uses.
  init(file: GGUFFile, layout: WeightLayout? = nil) {
    path = file.path
    partPaths = file.partPaths
    byteCount = file.byteCount
    version = file.version
    tensors = file.tensors
    groups = TensorGroup.groups(of: file.tensors) { file.productPrecision(of: $0, layout: layout) }
    plan = PrecisionPlanRecord(metadata: file.metadata)
    let metadata = file.metadata
    func text(_ key: String) -> String? { (try? metadata.nameIfPresent(key)) ?? nil }
    let architecture = text("general.architecture")
    self.architecture = architecture
    name = text("general.name")
    kind =
      if text("general.type") == "adapter" {
        .adapter
      } else if architecture == "clip" {
        .visionTower
      } else {
        .languageModel
      }
    var sizes = Sizes(metadata: metadata, prefix: architecture == "clip" ? "clip.vision" : architecture ?? "general")
    if kind == .languageModel, let configuration = try? DecoderConfiguration(file: file) {
      let shape = configuration.cacheShape
      sizes.headsLeftOut = configuration.headsLeftOut
      sizes.attentionLayers = shape.layers
      sizes.recurrentStateBytes = shape.isHybrid ? shape.recurrentStateBytes : nil
    }
    self.sizes = sizes
  }
}

extension FileInspection.Sizes {
  init(metadata: GGUFMetadata, prefix: String) {
    // Some architectures have a list, one number for each layer, where others have a number. Its largest is taken: a
    // layer without attention has no key-value heads.
    func size(_ key: String) -> Int? {
      let key = "\(prefix).\(key)"
      return (try? metadata.integerIfPresent(key)) ?? (try? metadata.integersIfPresent(key))??.max()
    }
    layers = size("block_count")
    hiddenSize = size("embedding_length")
    intermediateSize = size("feed_forward_length")
    heads = size("attention.head_count")
    keyValueHeads = size("attention.head_count_kv") ?? heads
    let share = heads.flatMap { heads in heads > 0 ? hiddenSize.map { $0 / heads } : nil }
    headDimension = size("attention.key_length") ?? share
    contextLength = size("context_length")
  }
}
