// SPDX-License-Identifier: Apache-2.0

import Compute

/// Checks of what the layers compute. Damaged weights end a forward pass with the name of the layer, instead of
/// spoiling the text.
///
/// What is infinite or not a number stays so through norms, activation functions and products, also those that quantize
/// their input to 8 bits, and so reaches the output of the layer. Attention and a quantized KV cache can hide it, which
/// is why queries, keys and values are looked at as well. What is too large is seen where the file has the ranges of a
/// calibration (`LayerOutputLimits`).
extension LanguageModel {
  /// - Throws: `ModelError.notFinite` if one of the first `count` rows of `hidden`, the input of the first layer, is
  ///   not finite.
  func checkEmbeddings(count: Int) throws(ModelError) { try check(hidden, count: count, "token_embd") }

  /// - Throws: `ModelError.notFinite` if queries, keys or values of the first `count` tokens are not finite.
  func checkProjections(_ layer: AttentionLayer, index: Int, count: Int) throws(ModelError) {
    if layer.isGated { try check(queriesAndGates, count: count, "blk.\(index)") }
    for rows in [queries, keys, values] { try check(rows, count: count, "blk.\(index)") }
  }

  /// - Throws: `ModelError.notFinite` if a layer's output, `count` rows of `hidden` from `first` on, is not finite;
  ///   `outOfRange` if it is above the layer's limit.
  func checkOutput(of index: Int, first: Int, count: Int) throws(ModelError) {
    let rows = hidden.from(first)
    if outputMaxima != nil { outputMaxima?[index].formMaximum(rows.values(count)) }
    guard isGuarded, !rows.isWithin(outputLimits[index], rows: count) else { return }
    try check(rows, count: count, "blk.\(index)")
    throw .outOfRange(path: path, layer: "blk.\(index)", limit: outputLimits[index])
  }

  private func check(_ rows: FloatMatrix, count: Int, _ layer: String) throws(ModelError) {
    guard isGuarded, !rows.isFinite(rows: count) else { return }
    throw .notFinite(path: path, layer: layer)
  }
}

extension Float {
  /// Takes the largest magnitude of some values if it is larger, or not a number.
  fileprivate mutating func formMaximum(_ values: [Float]) {
    for value in values where !(value.magnitude <= self) { self = value.magnitude }
  }
}
