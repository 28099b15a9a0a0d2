// SPDX-License-Identifier: Apache-2.0

import Inference

/// The tokens that an answer of yes or no begins with, as a model's vocabulary has them.
struct YesNoTokens {
  let yes: [Int]
  let no: [Int]

  /// - Returns: nil for a vocabulary in which both begin with the same tokens.
  init?(_ model: LoadedModel) {
    func firstTokens(_ words: [String]) -> Set<Int> {
      Set(words.compactMap { model.tokenizer.encode($0, parsingSpecialTokens: false).first })
    }
    let yes = firstTokens(["Yes", "yes", " Yes", " yes", "YES"])
    let no = firstTokens(["No", "no", " No", " no", "NO"])
    let both = yes.intersection(no)
    self.yes = yes.subtracting(both).sorted()
    self.no = no.subtracting(both).sorted()
    if self.yes.isEmpty || self.no.isEmpty { return nil }
  }
}
