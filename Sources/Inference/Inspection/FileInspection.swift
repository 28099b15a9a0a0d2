// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile

/// The contents of one GGUF file, by its header. Nothing here depends on whether the model can be run.
public struct FileInspection: Sendable {
  public enum Kind: String, Sendable {
    case languageModel = "language_model"
    case visionTower = "vision_tower"
    case adapter
  }

  /// Sizes that all architectures have a key for; nil for those that this file lacks.
  public struct Sizes: Sendable, Equatable {
    public var layers: Int?
    /// The hidden size.
    public var hiddenSize: Int?
    public var intermediateSize: Int?
    public var heads: Int?
    public var keyValueHeads: Int?
    public var headDimension: Int?
    /// The context length that the model was trained with, in tokens.
    public var contextLength: Int?

    /// Bytes of a token's keys and values as 16-bit floats; nil where a size is not known or not positive.
    public var cacheBytesPerToken: Int? {
      guard let layers, let keyValueHeads, let headDimension, layers > 0, keyValueHeads > 0, headDimension > 0 else {
        return nil
      }
      var product = 4
      for factor in [layers, keyValueHeads, headDimension] {
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        product = next
      }
      return product
    }
  }

  public let path: String
  /// Files on disk: more than one for a split model.
  public let partPaths: [String]
  public let byteCount: Int
  public let version: Int
  public let kind: Kind
  /// The file's name for it, such as `qwen2vl`; nil without one.
  public let architecture: String?
  public let name: String?
  public let sizes: Sizes
  public let tensors: [TensorDescription]
  public let groups: [TensorGroup]

  public var parameterCount: Int { groups.reduce(0) { $0 + $1.parameterCount } }
  /// The type that most parameters are stored in; nil for a file without tensors.
  public var mainType: TensorType? {
    var counts: [TensorType: Int] = [:]
    for group in groups { counts[group.type, default: 0] += group.parameterCount }
    return counts.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
  }
  public var bitsPerWeight: Double {
    let bytes = groups.reduce(0) { $0 + $1.byteCount }
    return parameterCount > 0 ? Double(bytes) * 8 / Double(parameterCount) : 0
  }

  init(file: GGUFFile) {
    path = file.path
    partPaths = file.partPaths
    byteCount = file.byteCount
    version = file.version
    tensors = file.tensors
    groups = TensorGroup.groups(of: file.tensors)
    let metadata = file.metadata
    func text(_ key: String) -> String? { (try? metadata.stringIfPresent(key)) ?? nil }
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
    sizes = Sizes(metadata: metadata, prefix: architecture == "clip" ? "clip.vision" : architecture ?? "general")
  }
}

extension FileInspection.Sizes {
  init(metadata: GGUFMetadata, prefix: String) {
    // Some architectures have a list, one number for each layer, where others have a number. A list is left out.
    func size(_ key: String) -> Int? { (try? metadata.integerIfPresent("\(prefix).\(key)")) ?? nil }
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
