// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Quantization

/// What a model loses when one group of its tensors is stored in one type: a line of a file of sensitivities.
public struct SensitivityRecord: Sendable, Codable, Equatable {
  /// The group's name.
  public var group: String
  /// Name of the type.
  public var type: String
  /// Root mean square of the error of the group's products, divided by that of their outputs, as the runtime computes
  /// them; of an embedding that is only looked up, of its weights.
  public var outputError: Double
  /// Kullback-Leibler divergence of the model from the original, in nats; nil where it is taken from another type's.
  public var divergence: Double?
  /// Why there is no result; nil if there is one.
  public var error: String?

  /// Memberwise; checks nothing.
  public init(group: String, type: String, outputError: Double, divergence: Double?) {
    self.group = group
    self.type = type
    self.outputError = outputError
    self.divergence = divergence
  }
}

extension SensitivityRecord: ResultRecord {}

/// The sensitivities of a model's tensors.
public struct Sensitivities: Sendable {
  private var records: [String: [TensorType: SensitivityRecord]] = [:]

  /// - Parameter records: of any order; of several for a group and a type, one with a divergence counts.
  public init(records: [SensitivityRecord] = []) {
    for record in records { add(record) }
  }

  /// Adds a record, or completes one without a divergence.
  mutating func add(_ record: SensitivityRecord) {
    guard let type = TensorType.allCases.first(where: { $0.name == record.type }),
      record.outputError.isFinite, record.outputError >= 0, record.divergence.map({ $0.isFinite && $0 >= 0 }) ?? true
    else { return }
    if record.divergence == nil, records[record.group]?[type] != nil { return }
    records[record.group, default: [:]][type] = record
  }

  /// The record of a group in a type.
  func record(of group: PrecisionGroup, in type: TensorType) -> SensitivityRecord? { records[group.name]?[type] }

  /// The divergence of the model when only this group is in a type, in nats; nil where nothing was measured.
  ///
  /// It grows with the square of the products' errors. Of a type without a measurement it is scaled by them from the
  /// type whose error is nearest.
  public func divergence(of group: PrecisionGroup, in type: TensorType) -> Double? {
    guard let types = records[group.name], let record = types[type] else { return nil }
    if let divergence = record.divergence { return divergence }
    func distance(_ other: SensitivityRecord) -> Double {
      abs(log(max(other.outputError, .leastNormalMagnitude)) - log(max(record.outputError, .leastNormalMagnitude)))
    }
    let measured = types.values.filter { $0.divergence != nil && $0.outputError > 0 }
    guard let nearest = measured.min(by: { distance($0) < distance($1) }), let divergence = nearest.divergence else {
      return nil
    }
    let ratio = record.outputError / nearest.outputError
    return divergence * ratio * ratio
  }

  /// The order in which bytes are spent on groups.
  ///
  /// - Returns: nil where a group has not been measured.
  public func path(_ groups: [PrecisionGroup]) -> PrecisionPath? {
    var all: [[PrecisionPath.Option]] = []
    for group in groups {
      var options: [PrecisionPath.Option] = []
      for type in group.candidates {
        guard let divergence = divergence(of: group, in: type) else { return nil }
        options.append(.init(type: type, byteCount: group.byteCount(in: type), divergence: divergence))
      }
      all.append(options)
    }
    return PrecisionPath(groups: all)
  }
}

extension PrecisionGroup {
  /// The types whose divergence is measured: the one with the fewest bytes, and the smallest of at least 4 bits. Those
  /// of the others follow from the errors of their products.
  var measuredTypes: Set<TensorType> {
    Set([candidates.first, candidates.first { $0.bitsPerWeight >= 4 }].compactMap(\.self))
  }
}
