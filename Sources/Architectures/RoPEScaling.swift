// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile

/// How the RoPE frequencies of a model trained on short contexts are scaled down for longer ones; transformers'
/// `rope_scaling`.
enum RoPEScaling: Sendable, Hashable {
  case none
  /// All frequencies are divided by `factor`.
  case linear(factor: Double)
  /// YaRN (arXiv 2309.00071): a pair that rotates less than `betaSlow` times over the original context has its
  /// frequency divided by `factor`; one that rotates more than `betaFast` times keeps it; between them both are
  /// blended.
  case yarn(factor: Double, originalContextLength: Int, betaFast: Double, betaSlow: Double)

  /// Factor on cosines and sines: 0.1 ln(factor) + 1 with YaRN, 1 otherwise.
  var attentionScaling: Double {
    if case .yarn(let factor, _, _, _) = self, factor > 1 { 0.1 * log(factor) + 1 } else { 1 }
  }

  /// Factor on the frequency of a pair.
  func frequencyFactor(pair: Int, of pairs: Int, theta: Double) -> Double {
    switch self {
    case .none: return 1
    case .linear(let factor): return 1 / factor
    case .yarn(let factor, let originalContextLength, let betaFast, let betaSlow):
      /// The pair, as a fraction, that rotates `rotations` times over the original context; transformers'
      /// `find_correction_dim`.
      func correctionPair(rotations: Double) -> Double {
        Double(pairs) * log(Double(originalContextLength) / (rotations * 2 * .pi)) / log(theta)
      }
      let first = max(correctionPair(rotations: betaFast).rounded(.down), 0)
      let last = min(correctionPair(rotations: betaSlow).rounded(.up), Double(2 * pairs - 1))
      let ramp = min(max((Double(pair) - first) / max(last - first, 0.001), 0), 1)
      return 1 - ramp + ramp / factor
    }
  }
}

extension RoPEScaling {
  /// Reads the keys `ARCHITECTURE.rope.scaling.*`.
  ///
  /// - Throws: `ModelError.invalidSize` naming the key of a kind or setting that is not supported.
  init(loader: ModelLoader, architecture: String, contextLength: Int) throws(ModelError) {
    func key(_ name: String) -> String { "\(architecture).rope.scaling.\(name)" }
    let defaults: KeyValuePairs<String, Double> = [
      "alpha": 0, "attn_factor": 1, "yarn_log_multiplier": 0, "yarn_ext_factor": 1, "yarn_attn_factor": 1,
    ]
    for (name, fallback) in defaults {
      let value = try loader.value { metadata throws(GGUFError) in try metadata.floatIfPresent(key(name)) ?? fallback }
      guard value == fallback else {
        throw .invalidSize(path: loader.file.path, key: key(name), value: "\(value)", allowed: "\(fallback)")
      }
    }
    let kind = try loader.value { metadata throws(GGUFError) in try metadata.nameIfPresent(key("type")) }
    guard loader.file.metadata[key("factor")] != nil, kind != "none" else {
      guard kind == nil || kind == "none" else { throw .file(.missingKey(path: loader.file.path, key: key("factor"))) }
      self = .none
      return
    }
    let factor = try loader.positive(key("factor"))
    switch kind {
    // A factor without a type means linear, as in llama.cpp.
    case nil, "linear": self = .linear(factor: factor)
    case "yarn":
      guard factor >= 1 else {
        throw .invalidSize(path: loader.file.path, key: key("factor"), value: "\(factor)", allowed: "at least 1")
      }
      let betaFast = try loader.positive(key("yarn_beta_fast"), fallback: 32)
      let betaSlow = try loader.positive(key("yarn_beta_slow"), fallback: 1)
      self = .yarn(
        factor: factor,
        originalContextLength: try loader.size(
          key("original_context_length"), in: 1...(1 << 31), fallback: contextLength),
        betaFast: betaFast, betaSlow: betaSlow)
    case let other?:
      throw .invalidSize(path: loader.file.path, key: key("type"), value: other, allowed: "none, linear or yarn")
    }
  }
}
