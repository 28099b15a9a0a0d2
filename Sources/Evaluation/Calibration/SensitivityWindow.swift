// SPDX-License-Identifier: Apache-2.0

/// A window of text that divergences are measured on.
struct SensitivityWindow {
  let tokens: [Int]
  /// The tokens whose predictions count, by their place in the window.
  let scored: [Int]
  /// The original's input of a layer, `[tokens][hiddenSize]`.
  var inputs: [Float] = []
  /// The original's logits after each scored token.
  var logits: [[Float]] = []

  /// Predictions that count in all windows together, because their logits are kept.
  private static let mostScored = 512

  /// Some windows, spread evenly over all, each with as many scored tokens. The first half of a window is context.
  static func windows(of texts: [[Int]], count: Int) -> [SensitivityWindow] {
    let usable = texts.filter { $0.count > 1 }
    let count = min(count, usable.count)
    return (0..<count).map { index in
      let tokens = usable[index * usable.count / count]
      // The logits after a token predict the next one.
      let first = tokens.count / 2
      let candidates = max(tokens.count - 1 - first, 1)
      let scored = min(candidates, max(mostScored / count, 1))
      return SensitivityWindow(
        tokens: tokens, scored: (0..<scored).map { min(first, tokens.count - 2) + $0 * candidates / scored })
    }
  }

  /// The sum of the divergences of other logits from the original's; not finite where logits are not.
  func divergence(of others: [[Float]]) -> Double {
    var sum = 0.0
    for (place, (original, other)) in zip(scored, zip(logits, others)) {
      sum += TokenComparison(of: tokens[place + 1], reference: original, candidate: other)?.divergence ?? .infinity
    }
    return sum
  }
}
