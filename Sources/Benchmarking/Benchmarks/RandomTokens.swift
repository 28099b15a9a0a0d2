// SPDX-License-Identifier: Apache-2.0

import Inference

/// Random tokens of a model's vocabulary, always the same.
struct RandomTokens {
  private let vocabularySize: UInt64
  private var random = SeededGenerator(seed: 7)

  init(for model: LoadedModel) {
    vocabularySize = UInt64(max(model.language.configuration.vocabularySize, 1))
  }

  mutating func next(_ count: Int) -> [Int] { (0..<count).map { _ in Int(random.next() % vocabularySize) } }
}
