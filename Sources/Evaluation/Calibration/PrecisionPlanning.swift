// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Quantization
import Records

/// A type for each group of a model's tensors, and what the model loses with them.
public struct PlannedPrecision: Sendable {
  /// Types by name of the tensor.
  public var types: [String: TensorType] = [:]
  /// The divergence of each tensor's group alone, by name of the tensor, in nats.
  public var divergences: [String: Double] = [:]
  /// Sum of the groups' divergences, in nats.
  public var sum: Double
  /// The part of the plan that the file keeps, with the divergence of the whole model.
  public var record: PrecisionPlanRecord

  init(
    _ choice: PrecisionPath.Choice, of groups: [PrecisionGroup], target: PrecisionPlanRecord.Target,
    divergence: Double, tokens: Int
  ) {
    sum = choice.divergence
    record = PrecisionPlanRecord(
      groups: groups.map(\.name), divergences: choice.options.map { Float($0.divergence) }, target: target,
      divergence: divergence, tokens: tokens)
    for (group, option) in zip(groups, choice.options) {
      for tensor in group.tensors {
        types[tensor.name] = option.type
        divergences[tensor.name] = option.divergence
      }
    }
  }

  /// The plan with the fewest bytes, before anything was measured.
  public static func smallest(_ groups: [PrecisionGroup]) -> PlannedPrecision {
    let options = groups.map { group in
      group.candidates.prefix(1).map { type in
        PrecisionPath.Option(type: type, byteCount: group.byteCount(in: type), divergence: 0)
      }
    }
    return PlannedPrecision(
      PrecisionPath(groups: options).smallest, of: groups, target: .bytes(0), divergence: 0, tokens: 0)
  }
}

extension SensitivityRunner {
  /// Chooses types for a target.
  ///
  /// - Parameters:
  ///   - otherBytes: bytes of the file beside the groups' tensors.
  /// - Returns: nil if it was interrupted.
  /// - Throws: `ReportedError`, with the nearest that can be had for a target that cannot be reached.
  public func plan(
    for target: PrecisionPlanRecord.Target, by sensitivities: Sensitivities, otherBytes: Int
  ) throws(ReportedError) -> PlannedPrecision? {
    guard let path = sensitivities.path(groups) else { return nil }
    let found: (choice: PrecisionPath.Choice, divergence: Double)?
    switch target {
    case .bytes(let bytes):
      guard let choice = path.choice(within: bytes - otherBytes) else {
        throw .requestMalformed(
          message: "a file of \(bytes) bytes cannot be made: the smallest with these types has "
            + "\(path.smallest.byteCount + otherBytes) bytes")
      }
      found = try divergence(of: choice.options.map(\.type)).map { (choice, $0) }
    case .divergence(let limit): found = try choice(on: path, reaching: limit, otherBytes: otherBytes)
    }
    return found.map {
      PlannedPrecision($0.choice, of: groups, target: target, divergence: $0.divergence, tokens: tokens)
    }
  }

  /// The shortest part of a path with which the whole model's divergence is at most `limit`.
  ///
  /// The sum of the groups' divergences leads to the place, and the whole model is measured there.
  private func choice(
    on path: PrecisionPath, reaching limit: Double, otherBytes: Int
  ) throws(ReportedError) -> (choice: PrecisionPath.Choice, divergence: Double)? {
    var best: (choice: PrecisionPath.Choice, divergence: Double)?
    var tooFew = -1
    var enough = path.count + 1
    var steps = path.steps(toReach: limit) ?? path.count
    var measurements = 0
    while enough - tooFew > 1 {
      let choice = path.choice(afterSteps: steps)
      guard let divergence = try divergence(of: choice.options.map(\.type)) else { return nil }
      if divergence <= limit {
        best = (choice, divergence)
        enough = steps
      } else if steps == path.count {
        throw .requestMalformed(
          message: "a divergence of \(limit) cannot be reached: the nearest with these types is \(divergence), with a "
            + "file of \(choice.byteCount + otherBytes) bytes")
      } else {
        tooFew = steps
      }
      measurements += 1
      if best != nil, measurements >= Self.mostMeasurements { break }
      // What the whole model loses for each nat of the sum.
      let ratio = divergence / max(choice.divergence, .leastNormalMagnitude)
      let guess = path.steps(toReach: limit / ratio) ?? path.count
      steps = measurements >= Self.mostMeasurements ? path.count : min(max(guess, tooFew + 1), enough - 1)
    }
    return best
  }

  /// Measurements of the whole model after which the best one is taken.
  private static var mostMeasurements: Int { 8 }
}
