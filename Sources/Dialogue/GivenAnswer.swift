// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Inference
import Records

/// Scores of answers that are given, for calibration and for comparisons of models.
extension VideoDialogue {
  /// Reads a question, and an answer to it as if the model had chosen its tokens. The conversation stays as it was.
  ///
  /// - Parameters:
  ///   - question: asked now.
  ///   - answer: tokens of the answer, few: a row of logits is as long as the vocabulary.
  /// - Returns: the logits that each token of the answer is chosen by, `[answer][vocabulary]`.
  /// - Throws: `ReportedError.budgetTooSmall` where both do not fit, or `computation`.
  package func logits(answering question: String, with answer: [Int]) throws(ReportedError) -> [[Float]] {
    forgetAnswer()
    do {
      var reader = TokenIngest(
        prompt: try prompt(for: question)[...], at: text.nextPosition, into: cache, isRetrieving: true,
        language: model.language)
      while reader.hasPrompt { try reader.readBlock() }
      var all = [model.language.logits]
      let read = answer.dropLast()
      try ensureCapacity(for: read.count)
      all += try model.language.prefillKeepingLogits(
        tokens: Array(read),
        positions: read.indices.map { MRoPEPosition(text: Int32(clamping: reader.position + $0)) },
        into: cache.ticket(for: .text))
      text.drop()
      return all
    } catch {
      text.drop()
      throw ReportedError(error)
    }
  }
}
