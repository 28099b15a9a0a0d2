// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// How the types of a file's tensors were chosen, as the file's metadata keep it.
public struct PrecisionPlanRecord: Sendable, Equatable {
  /// The target that was given.
  public enum Target: Sendable, Equatable {
    /// Bytes of the file at most.
    case bytes(Int)
    /// Kullback-Leibler divergence from the original at most, in nats.
    case divergence(Double)
  }

  /// Names of the groups of tensors that share a type.
  public var groups: [String]
  /// The divergence of the model with only this group quantized, by group, in nats.
  public var divergences: [Float]
  /// The target that was given.
  public var target: Target
  /// Divergence of the whole model on the calibration text, in nats.
  public var divergence: Double
  /// Predictions that it was measured on.
  public var tokens: Int

  /// Memberwise; checks nothing.
  public init(groups: [String], divergences: [Float], target: Target, divergence: Double, tokens: Int) {
    self.groups = groups
    self.divergences = divergences
    self.target = target
    self.divergence = divergence
    self.tokens = tokens
  }

  /// Keys of the metadata begin with this.
  static let prefix = "edgeassist.quantize.plan."

  /// Adds the record to metadata. Its size depends on nothing but the groups.
  func store(in metadata: inout GGUFMetadata) {
    metadata[Self.prefix + "target_bytes"] = .uint64(target.bytes)
    metadata[Self.prefix + "target_divergence"] = .float64(target.divergence)
    metadata[Self.prefix + "divergence"] = .float64(divergence)
    metadata[Self.prefix + "tokens"] = .uint64(UInt64(clamping: tokens))
    metadata[Self.prefix + "groups"] = .array(GGUFArray(groups))
    metadata[Self.prefix + "divergences"] = .array(GGUFArray(divergences))
  }

  /// The record of a file; nil if it has none, or where it is damaged.
  public init?(metadata: GGUFMetadata) {
    func value<T>(_ get: (String) throws -> T, _ key: String) -> T? { try? get(Self.prefix + key) }
    guard let bytes = value(metadata.integer, "target_bytes"),
      let limit = value(metadata.float, "target_divergence"),
      let divergence = value(metadata.float, "divergence"), let tokens = value(metadata.integer, "tokens"),
      let groups = value(metadata.strings, "groups"), let divergences = value(metadata.floats, "divergences"),
      groups.count == divergences.count
    else { return nil }
    self.init(
      groups: groups, divergences: divergences.map { Float($0) },
      target: bytes > 0 ? .bytes(bytes) : .divergence(limit), divergence: divergence, tokens: tokens)
  }
}

extension PrecisionPlanRecord.Target {
  /// 0 for the other target.
  fileprivate var bytes: UInt64 { if case .bytes(let bytes) = self { UInt64(clamping: bytes) } else { 0 } }
  /// 0 for the other target.
  fileprivate var divergence: Double { if case .divergence(let limit) = self { limit } else { 0 } }
}
