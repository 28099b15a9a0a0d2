// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute

/// One pass of a block of tokens through the layers.
extension LanguageModel {
  /// Takes the rows of `hidden`, one for each appended token, through all layers, storing their keys and values or
  /// bringing the layers' recurrent states forward.
  ///
  /// - Parameters:
  ///   - range: the layers; nil for all.
  ///   - scoring: the tokens whose output of the last layer is wanted.
  ///   - deepstack: added to the output of each of the first layers.
  /// - Throws: `ModelError.notFinite` naming the first layer whose values are not finite; `outOfRange` naming the first
  ///   whose output is above its limit.
  func run(
    _ append: KVAppend, through range: Range<Int>? = nil, scoring: ScoredTokens, deepstack: [FloatMatrix] = []
  ) throws(ModelError) {
    let count = append.count
    try checkEmbeddings(count: count)
    for index in range ?? layers.indices {
      let layer = layers[index]
      // Of the last layer only the output of tokens that are scored is wanted.
      let isLast = index == layers.count - 1 && stages == nil && scoring != .all
      let first = isLast ? count - 1 : 0
      engine.rmsNorm(hidden, count: count, weight: layer.mixerNorm, epsilon: configuration.normEpsilon, to: normed)
      switch layer.mixer {
      case .attention(let attention, let cached):
        projectQKV(attention, index: index, cached: cached, count: count)
        try checkProjections(attention, index: index, count: count)
        append.store(keys: keys, values: values, layer: cached, engine: engine)
        append.retrieve(layer: cached, queries: queries)
        if isLast, scoring == .none { return }
        attend(cached: cached, first: first, count: count - first, append: append, token: first, to: attended)
        addAttended(attention, index: index, first: first, count: count - first)
      case .shortConvolution(let convolution, let range):
        let state = state(range, of: append)
        convolution.run(normed, count: count, in: recurrent, engine: engine, to: hidden) { $0(0, count, state) }
      case .gatedDeltaNet(let deltaNet, let range):
        let state = state(range, of: append)
        deltaNet.run(normed, count: count, in: recurrent, engine: engine, to: hidden) { $0(0, count, state) }
      }
      if isLast, scoring == .none { return }
      feedForward(layer, index: index, first: first, count: count - first)
      try checkOutput(of: index, first: first, count: count - first)
      stages?.add(hidden.values(count), of: .decoderLayer(index))
      if index < deepstack.count { engine.add(deepstack[index], count: count, to: hidden) }
    }
    guard scoring == .last else { return }
    score(hidden.from(count - 1), count: 1, to: &logits)
  }

  /// Takes the last layer's output through the output norm and the output head.
  ///
  /// - Parameters:
  ///   - rows: the last layer's output, `[count][hiddenSize]`.
  ///   - scores: receives the logits, `[count][vocabulary]`. A row with a value that is not finite, or with such a
  ///     logit, gets NaN for all of its logits: a choice among the others would hide the fault.
  func score(_ rows: FloatMatrix, count: Int, to scores: inout [Float]) {
    engine.rmsNorm(rows, count: count, weight: outputNorm, epsilon: configuration.normEpsilon, to: normed)
    let cast = engine.activationCast
    engine.activationCast = nil
    defer { engine.activationCast = cast }
    engine.multiply(normed, count: count, outputHead, to: &scores)
    if let adapter, let update = adapter.outputHead {
      let narrow = narrowed(normed, count: count, by: update, of: adapter)
      engine.multiply(narrow, count: count, update.up, to: &scores, accumulate: true)
    }
    let width = configuration.vocabularySize
    for row in 0..<count {
      let range = row * width..<(row + 1) * width
      if normed.from(row).isFinite(rows: 1), scores[range].areFinite { continue }
      for index in range { scores[index] = .nan }
    }
  }

  /// A layer's recurrent state in the cache, in one row.
  func state(_ range: Range<Int>, of append: KVAppend) -> FloatMatrix {
    guard let states = append.recurrentState else { preconditionFailure("the cache is of another model's shape") }
    return states.columns(range)
  }

  /// Queries, keys and values of the first `count` rows of `normed`, rotated.
  func projectQKV(_ layer: AttentionLayer, index: Int, cached: Int, count: Int) {
    let weightedQueries = (layer.isGated ? queriesAndGates : queries).columns(0..<layer.query.weight.rows)
    let (weightedKeys, weightedValues) = (keys.columns(0..<layer.keyWidth), values.columns(0..<layer.keyWidth))
    engine.multiply(
      normed, count: count, layer.query.product(to: weightedQueries), layer.key.product(to: weightedKeys),
      layer.value.product(to: weightedValues))
    if let adapter {
      adapt(normed, count: count, by: adapter.layers[index].query, of: adapter, to: weightedQueries)
      adapt(normed, count: count, by: adapter.layers[index].key, of: adapter, to: weightedKeys)
      adapt(normed, count: count, by: adapter.layers[index].value, of: adapter, to: weightedValues)
    }
    // What another layer has left in the place of heads without weights must not reach the cache.
    if layer.keyWidth < keys.width {
      for rows in [keys, values] { rows.columns(layer.keyWidth..<keys.width).clear(rows: count) }
    }
    if layer.isGated {
      engine.copyHeads(queriesAndGates, part: 0, count: count, heads: configuration.heads, to: queries)
    }
    if let norm = layer.queryNorm { normalizeHeads(queries, count: count, heads: configuration.heads, norm) }
    if let norm = layer.keyNorm { normalizeHeads(keys, count: count, heads: configuration.keyValueHeads, norm) }
    rotate(queries, count: count, heads: configuration.heads)
    rotate(keys, count: count, heads: configuration.keyValueHeads)
    recordedQueries?[cached] += queries.values(count)
  }

  /// Attention of some of the rows of `queries` over all that is cached up to their tokens.
  ///
  /// - Parameters:
  ///   - first: the first of these rows.
  ///   - token: the appended token that it is of.
  ///   - output: `[count][heads * headDimension]`.
  func attend(cached: Int, first: Int, count: Int, append: KVAppend, token: Int, to output: FloatMatrix) {
    engine.attend(
      queries: queries.from(first), count: count, heads: configuration.heads,
      keyValueHeads: configuration.keyValueHeads, format: append.format,
      plan: append.attentionPlan(layer: cached, workers: engine.threads.threadCount),
      pruned: prunedHeads[cached], output: output,
      rows: { append.rows(layer: cached, head: $0, token: token) })
  }

  /// Adds the output of attention for some of the rows to `hidden`.
  ///
  /// - Parameter first: the row of `queries` and `hidden` that `attended` begins with.
  func addAttended(_ layer: AttentionLayer, index: Int, first: Int, count: Int) {
    if layer.isGated {
      // The queries are no longer needed.
      engine.copyHeads(queriesAndGates.from(first), part: 1, count: count, heads: configuration.heads, to: queries)
      engine.sigmoidMultiply(attended, by: queries, count: count)
    }
    let rows = hidden.from(first)
    let weighted = attended.columns(0..<layer.queryWidth)
    engine.multiply(weighted, count: count, layer.output.product(to: rows, accumulate: true))
    if let adapter { adapt(weighted, count: count, by: adapter.layers[index].attentionOutput, of: adapter, to: rows) }
  }

  /// The feed-forward network with the norm before it, for some of the rows of `hidden`, to which its output is added.
  func feedForward(_ layer: DecoderLayer, index: Int, first: Int, count: Int) {
    let rows = hidden.from(first)
    engine.rmsNorm(rows, count: count, weight: layer.feedForwardNorm, epsilon: configuration.normEpsilon, to: normed)
    engine.multiply(normed, count: count, layer.gate.product(to: gate), layer.up.product(to: up))
    if let adapter {
      adapt(normed, count: count, by: adapter.layers[index].gate, of: adapter, to: gate)
      adapt(normed, count: count, by: adapter.layers[index].up, of: adapter, to: up)
    }
    engine.siluMultiply(gate, by: up, count: count)
    engine.multiply(gate, count: count, layer.down.product(to: rows, accumulate: true))
    if let adapter { adapt(gate, count: count, by: adapter.layers[index].down, of: adapter, to: rows) }
  }

  /// Applies RoPE to queries or keys, whose pairs then stand where the cache expects them.
  private func rotate(_ rows: FloatMatrix, count: Int, heads: Int) {
    if configuration.kind.ropePairing == .neighbours { engine.separatePairs(rows, count: count, heads: heads) }
    if configuration.ropeDimension < configuration.headDimension {
      engine.spreadPairs(rows, count: count, heads: heads, rotated: configuration.ropeDimension)
    }
    engine.rotate(rows, count: count, heads: heads, cosines: rope.cosines, sines: rope.sines)
  }

  private func normalizeHeads(_ rows: FloatMatrix, count: Int, heads: Int, _ weight: FloatBuffer) {
    let parts = rows.split(by: heads)
    engine.rmsNorm(parts, count: count * heads, weight: weight, epsilon: configuration.normEpsilon, to: parts)
  }

  // MARK: Embedding and adapters

  /// A token's embedding as a row of `hidden`.
  func embed(_ token: Int, row: Int) {
    engine.current(embedding).dequantize(row: token, into: hidden.from(row))
    releaseEmbeddingRows()
    guard let adapter, let update = adapter.embedding else { return }
    let narrow = lowRank.rows(width: update.rank)
    update.down.dequantize(row: token, into: narrow)
    engine.scale(narrow, count: 1, by: adapter.scale * update.scale)
    engine.multiply(narrow, count: 1, Engine.Product(update.up, to: hidden.from(row), accumulate: true))
  }

  /// Rows of the embedding matrix that are read before their memory is released. Each brings the pages around its own.
  package static let embeddingRowsHeld = 16

  /// Releases the memory of the rows read so far, now and then. Products with the matrix, where it is the output head
  /// as well, have panels of their own.
  private func releaseEmbeddingRows() {
    guard hasOutputHead || !embedding.isMultipliedInPlace else { return }
    embeddingRowsRead += 1
    guard embeddingRowsRead >= Self.embeddingRowsHeld else { return }
    embedding.releaseDequantizedRows()
    embeddingRowsRead = 0
  }

  /// Adds an adapter's part of a product of `input` to the product with the matrix itself.
  private func adapt(
    _ input: FloatMatrix, count: Int, by update: LowRankUpdate?, of adapter: LoRAAdapter, to output: FloatMatrix
  ) {
    guard let update else { return }
    let narrow = narrowed(input, count: count, by: update, of: adapter)
    engine.multiply(narrow, count: count, Engine.Product(update.up, to: output, accumulate: true))
  }

  /// The product with an update's first matrix, scaled.
  func narrowed(_ input: FloatMatrix, count: Int, by update: LowRankUpdate, of adapter: LoRAAdapter)
    -> FloatMatrix
  {
    let narrow = lowRank.rows(width: update.rank)
    engine.multiply(input, count: count, Engine.Product(update.down, to: narrow))
    engine.scale(narrow, count: count, by: adapter.scale * update.scale)
    return narrow
  }
}
