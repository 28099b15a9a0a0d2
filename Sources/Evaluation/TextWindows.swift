// SPDX-License-Identifier: Apache-2.0

import Platform
import Records
import Tokenization

/// The tokens of a text, cut into windows of one length that are read one by one.
struct TextWindows {
  /// Windows of `length` tokens, without those that are left over.
  let windows: [[Int]]
  /// Tokens of a window.
  let length: Int

  /// The first token of a window whose prediction counts: half a window is context, as llama.cpp's perplexity has it.
  var firstScored: Int { length / 2 + 1 }
  /// Predictions that count in a window.
  var scoredCount: Int { length - firstScored }

  /// Bytes of the largest file that is read.
  static let largestFile = 64 << 20

  /// Reads a text file and encodes it.
  ///
  /// - Parameters:
  ///   - length: tokens of a window.
  ///   - limit: windows at most; nil for all.
  ///   - tokenizers: of the models that read it, which must agree.
  ///   - lengthOption: the option that chooses `length`, for the message that the text is too short.
  ///   - stop: ends the wait for a pipe.
  /// - Throws: `ReportedError.requestMalformed` for a file that cannot be read, that holds less than a window, or that
  ///   the tokenizers encode differently.
  init(
    path: String, length: Int, limit: Int?, tokenizers: (reference: Tokenizer, candidate: Tokenizer),
    lengthOption: String, stop: StopSource
  ) throws(ReportedError) {
    let text: String
    do throws(InputError) { text = try InputFile.text(of: path, limit: Self.largestFile, stop: stop) } catch {
      throw .requestMalformed(message: error.description)
    }
    let tokens = tokenizers.reference.encode(text, parsingSpecialTokens: false)
    guard tokens == tokenizers.candidate.encode(text, parsingSpecialTokens: false) else {
      throw .requestMalformed(
        message: "the two models have different vocabularies: they encode \(path) differently and cannot be compared")
    }
    guard tokens.count >= length else {
      throw .requestMalformed(
        message: "\(path) has \(tokens.count) tokens, less than a window of \(length); use a longer text or a smaller "
          + lengthOption)
    }
    let count = min(tokens.count / length, limit ?? .max)
    windows = (0..<count).map { window in
      var part = Array(tokens[window * length..<(window + 1) * length])
      if let beginning = tokenizers.reference.beginning { part[0] = beginning }
      return part
    }
    self.length = length
  }
}
