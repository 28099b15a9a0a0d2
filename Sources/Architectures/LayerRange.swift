// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute

/// Some of a decoder's layers by themselves. What later layers do to a known input is computed without those before.
extension LanguageModel {
  /// The input of the first layer, `[tokens][hiddenSize]`.
  ///
  /// - Throws: `ModelError.invalidToken`.
  public func layerInputs(of tokens: [Int]) throws(ModelError) -> [Float] {
    var inputs: [Float] = []
    for token in tokens {
      guard token >= 0, token < configuration.vocabularySize else {
        throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
      }
      embed(token, row: 0)
      inputs += hidden.values(1)
    }
    return inputs
  }

  /// Takes the inputs of a layer through some layers.
  ///
  /// - Parameters:
  ///   - range: the layers, the first of which the inputs are for.
  ///   - inputs: `[tokens][hiddenSize]`.
  ///   - ticket: says where in the cache, which has room for the tokens. Only these layers store keys and values in it.
  ///   - first: position of the first token.
  /// - Returns: the outputs of the last of the layers, `[tokens][hiddenSize]`.
  /// - Throws: `ModelError.cacheDoesNotFit`, `notFinite` naming a layer, or `cache` if it refuses.
  public func run(
    layers range: Range<Int>, inputs: [Float], from first: Int, into ticket: KVAppendTicket
  ) throws(ModelError) -> [Float] {
    let width = configuration.hiddenSize
    let count = inputs.count / width
    precondition(inputs.count % width == 0 && range.upperBound <= layers.count, "no such tokens or layers")
    guard count > 0, !range.isEmpty else { return inputs }
    try check(tokens: count, positions: count, cache: ticket.cache)
    let append = try claim(count, of: ticket)
    var outputs: [Float] = []
    for start in stride(from: 0, to: count, by: maximumBlock) {
      let end = min(start + maximumBlock, count)
      hidden.set(inputs[start * width..<end * width])
      for row in start..<end {
        rope.fill(row: row - start, position: MRoPEPosition(text: Int32(clamping: first + row)))
      }
      try run(append[start..<end], through: range, scoring: .all)
      outputs += hidden.values(end - start)
    }
    return outputs
  }

  /// The logits after tokens whose last layer's outputs are known.
  ///
  /// - Parameter outputs: `[tokens][hiddenSize]`.
  /// - Returns: `[tokens][vocabulary]`; a row is NaN where the outputs are not finite.
  public func logits(ofOutputs outputs: [Float]) -> [[Float]] {
    let width = configuration.hiddenSize
    let count = outputs.count / width
    var all: [[Float]] = []
    for start in stride(from: 0, to: count, by: maximumBlock) {
      let end = min(start + maximumBlock, count)
      hidden.set(outputs[start * width..<end * width])
      all += logits(afterRows: Array(0..<end - start)).map(Array.init)
    }
    return all
  }
}
