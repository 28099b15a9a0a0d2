// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Foundation
import ModelFile

/// How the rope pairs of a language model's heads turn.
struct RoPEConfiguration: Sendable, Hashable {
  /// Radians of each pair for one step.
  let frequencies: [Double]
  /// Which component of a position turns each pair: 0 time, 1 height, 2 width.
  let components: [Int]
  /// What cosines and sines are multiplied by.
  let amplitude: Double

  /// - Parameters:
  ///   - components: one for each pair of a head.
  ///   - base: without scaling, frequencies fall from 1 towards 1 / base.
  init(components: [Int], base: Double, scaling: RoPEScaling) {
    self.components = components
    let pairs = components.count
    frequencies = (0..<pairs).map { pair in
      pow(base, -Double(pair) / Double(pairs)) * scaling.slowing(pair: pair, of: pairs, base: base)
    }
    amplitude = scaling.amplitude
  }

  /// How keys turn with the time component alone. Pairs after the last that time turns are left out.
  var timeRotation: RoPEFrequencies {
    let turned = zip(frequencies, components).map { $1 == 0 ? $0 : 0 }
    return RoPEFrequencies(frequencies: Array(turned.prefix((turned.lastIndex { $0 != 0 } ?? -1) + 1)))
  }

  /// How keys turn when all three components move together.
  var positionRotation: RoPEFrequencies { RoPEFrequencies(frequencies: frequencies) }
}

/// How a model trained on short texts has its rope pairs slowed down to read long ones.
enum RoPEScaling: Sendable, Hashable {
  case none
  /// All pairs turn so many times slower.
  case linear(factor: Double)
  /// YaRN (arXiv 2309.00071): pairs that turn less than `slow` times over the original length are slowed down by
  /// `factor`, those that turn more than `fast` times not at all, those between by something between.
  case yarn(factor: Double, originalLength: Int, fast: Double, slow: Double)

  var amplitude: Double {
    if case .yarn(let factor, _, _, _) = self, factor > 1 { 0.1 * log(factor) + 1 } else { 1 }
  }

  /// What a pair's frequency is multiplied by.
  func slowing(pair: Int, of pairs: Int, base: Double) -> Double {
    switch self {
    case .none: return 1
    case .linear(let factor): return 1 / factor
    case .yarn(let factor, let originalLength, let fast, let slow):
      /// The pair, as a fraction, that turns so many times over the original length.
      func pairTurning(_ turns: Double) -> Double {
        Double(pairs) * log(Double(originalLength) / (turns * 2 * .pi)) / log(base)
      }
      let first = max(pairTurning(fast).rounded(.down), 0)
      let last = min(pairTurning(slow).rounded(.up), Double(2 * pairs - 1))
      let share = min(max((Double(pair) - first) / max(last - first, 0.001), 0), 1)
      return 1 - share + share / factor
    }
  }
}

extension RoPEScaling {
  /// Reads `ARCHITECTURE.rope.scaling.*`.
  ///
  /// - Throws: `invalidSize` for a kind or a setting that is not supported, naming the key.
  init(loader: WeightLoader, architecture: String, contextLength: Int) throws(ModelError) {
    func key(_ name: String) -> String { "\(architecture).rope.scaling.\(name)" }
    let ordinaryValues: KeyValuePairs<String, Double> = [
      "alpha": 0, "attn_factor": 1, "yarn_log_multiplier": 0, "yarn_ext_factor": 1, "yarn_attn_factor": 1,
    ]
    for (name, ordinary) in ordinaryValues {
      let value = try loader.value { metadata throws(GGUFError) in try metadata.floatIfPresent(key(name)) ?? ordinary }
      guard value == ordinary else {
        throw .invalidSize(path: loader.file.path, key: key(name), value: "\(value)", allowed: "\(ordinary)")
      }
    }
    let kind = try loader.value { metadata throws(GGUFError) in try metadata.stringIfPresent(key("type")) }
    guard loader.file.metadata[key("factor")] != nil, kind != "none" else {
      guard kind == nil || kind == "none" else { throw .file(.missingKey(path: loader.file.path, key: key("factor"))) }
      self = .none
      return
    }
    let factor = try loader.positive(key("factor"))
    switch kind {
    // A factor alone means this kind, as llama.cpp reads it.
    case nil, "linear": self = .linear(factor: factor)
    case "yarn":
      guard factor >= 1 else {
        throw .invalidSize(path: loader.file.path, key: key("factor"), value: "\(factor)", allowed: "at least 1")
      }
      let fast = try loader.positive(key("yarn_beta_fast"), fallback: 32)
      let slow = try loader.positive(key("yarn_beta_slow"), fallback: 1)
      self = .yarn(
        factor: factor,
        originalLength: try loader.size(key("original_context_length"), in: 1...(1 << 31), fallback: contextLength),
        fast: fast, slow: slow)
    case let other?:
      throw .invalidSize(path: loader.file.path, key: key("type"), value: other, allowed: "none, linear or yarn")
    }
  }
}
