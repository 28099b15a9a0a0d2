import Compute
import BoundedCache
import ModelFile

/// The decoder of a Qwen2-VL model: reads tokens and vision vectors into a key-value cache and says what comes next.
///
/// Working memory is set aside at loading, for `maximumBlock` tokens at a time. One caller uses a model at a time.
public final class LanguageModel {
  public let configuration: DecoderConfiguration
  /// A score for each token of the vocabulary to come next after the last token read.
  /// Taking a copy that outlives the next step costs that step an allocation.
  public private(set) var logits: [Float]
  /// Bytes of all weights that are read once a token.
  public let weightByteCount: Int

  /// Looks at every layer's output, if set. All rows are then computed to the end.
  package var observer: StageObserver?

  let path: String
  private let engine: Engine
  private let maximumBlock: Int
  private let embedding: WeightMatrix
  private let layers: [DecoderLayer]
  private let outputNorm: FloatBuffer
  private let outputHead: WeightMatrix
  private let rotary: RotaryTable
  private let hidden, normed, queries, keys, values, attended, gate, up: Rows

  /// - Parameters:
  ///   - maximumBlock: tokens computed together at most; longer input is cut.
  /// - Throws: `ModelError` naming the file and what is wrong with it.
  public convenience init(file: GGUFFile, threads: ThreadPool, maximumBlock: Int = 256) throws(ModelError) {
    try self.init(file: file, threads: threads, maximumBlock: maximumBlock, instructionSet: .best)
  }

  package init(
    file: GGUFFile, threads: ThreadPool, maximumBlock: Int, instructionSet: InstructionSet
  ) throws(ModelError) {
    let sizes = try DecoderConfiguration(file: file)
    let loader = WeightLoader(file: file)
    embedding = try loader.matrix("token_embd.weight", inputs: [sizes.embeddingLength], outputs: sizes.vocabularySize)
    outputNorm = try loader.vector("output_norm.weight", sizes.embeddingLength)
    outputHead =
      loader.has("output.weight")
      ? try loader.matrix("output.weight", inputs: [sizes.embeddingLength], outputs: sizes.vocabularySize) : embedding
    var layers: [DecoderLayer] = []
    for index in 0..<sizes.layers { layers.append(try DecoderLayer(loader: loader, sizes: sizes, index: index)) }
    self.layers = layers
    weightByteCount = layers.reduce(outputHead.byteCount) { $0 + $1.byteCount }

    let block = max(maximumBlock, 1)
    let queryWidth = sizes.heads * sizes.headDimension
    let keyWidth = sizes.keyValueHeads * sizes.headDimension
    hidden = try loader.rows(block, width: sizes.embeddingLength)
    normed = try loader.rows(block, width: sizes.embeddingLength)
    queries = try loader.rows(block, width: queryWidth)
    keys = try loader.rows(block, width: keyWidth)
    values = try loader.rows(block, width: keyWidth)
    attended = try loader.rows(block, width: queryWidth)
    gate = try loader.rows(block, width: sizes.feedForwardLength)
    up = try loader.rows(block, width: sizes.feedForwardLength)
    rotary = try RotaryTable(loader: loader, tokens: block, base: sizes.rotaryBase, sections: sizes.rotarySections)
    logits = Array(repeating: 0, count: sizes.vocabularySize)

    let isQuantized = outputHead.type.isQuantized || layers.contains(where: \.isQuantized)
    do {
      engine = try Engine(
        threads: threads, maximumRows: block, maximumColumns: isQuantized ? max(sizes.embeddingLength, queryWidth, sizes.feedForwardLength) : 0,
        maximumHeads: sizes.keyValueHeads, instructionSet: instructionSet)
    } catch { throw .compute(path: file.path, error) }
    configuration = sizes
    path = file.path
    self.maximumBlock = block
  }

  // MARK: Reading

  /// Reads tokens into a segment of the cache, which has room for them; `logits` are then those after the last one.
  ///
  /// - Throws: `invalidToken`, `positionCount` and `cacheDoesNotFit` before anything is changed; `cache` if it refuses.
  public func prefill(
    tokens: [Int], positions: [RotaryPosition], cache: KeyValueCache, segment: CacheSegment
  ) throws(ModelError) {
    try check(tokens: tokens.count, positions: positions.count, cache: cache)
    for token in tokens where token < 0 || token >= configuration.vocabularySize {
      throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
    }
    guard !tokens.isEmpty else { return }
    let slot = try append(tokens.count, to: segment, grid: nil, of: cache)
    for start in stride(from: 0, to: tokens.count, by: maximumBlock) {
      let end = min(start + maximumBlock, tokens.count)
      for index in start..<end {
        embedding.unpack(row: tokens[index], into: hidden.from(index - start))
        rotary.fill(row: index - start, position: positions[index])
      }
      run(count: end - start, slot: slot + start, cache: cache, scores: end == tokens.count)
    }
  }

  /// Reads the vision tower's vectors of one or more frames into the cache's vision segment. `logits` stay as they are.
  ///
  /// - Parameters:
  ///   - grid: frames × rows × columns of merged tokens; `positions` and `vision` go through it in that order.
  ///   - advance: how far each frame, its caption included, takes the rotary timeline, in positions.
  /// - Throws: as for tokens, and `visionDoesNotFit` for vectors of another width.
  public func prefill(
    vision: EmbeddingBlock, grid: FrameGrid, advance: Int = 1, positions: [RotaryPosition], cache: KeyValueCache
  ) throws(ModelError) {
    try check(tokens: vision.rows, positions: positions.count, cache: cache)
    guard vision.width == configuration.embeddingLength else {
      throw .visionDoesNotFit(
        visionPath: "the vision tower", visionWidth: vision.width, modelPath: path,
        modelWidth: configuration.embeddingLength)
    }
    guard vision.rows > 0 else { return }
    let slot = try append(vision.rows, to: .vision, grid: grid, advance: advance, of: cache)
    for start in stride(from: 0, to: vision.rows, by: maximumBlock) {
      let end = min(start + maximumBlock, vision.rows)
      hidden.set(vision.values[start * vision.width..<end * vision.width])
      for index in start..<end { rotary.fill(row: index - start, position: positions[index]) }
      run(count: end - start, slot: slot + start, cache: cache, scores: false)
    }
  }

  /// Reads one token into the cache's tail, which has room for it; `logits` are then those after it.
  /// Allocates nothing.
  public func decode(token: Int, position: RotaryPosition, cache: KeyValueCache) throws(ModelError) {
    try check(tokens: 1, positions: 1, cache: cache)
    guard token >= 0, token < configuration.vocabularySize else {
      throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
    }
    let slot = try append(1, to: .tail, grid: nil, of: cache)
    embedding.unpack(row: token, into: hidden)
    rotary.fill(row: 0, position: position)
    run(count: 1, slot: slot, cache: cache, scores: true)
  }

  private func check(tokens: Int, positions: Int, cache: KeyValueCache) throws(ModelError) {
    guard tokens == positions else { throw .positionCount(tokens: tokens, positions: positions) }
    guard cache.shape == configuration.cacheShape else {
      throw .cacheDoesNotFit(cache: cache.shape, model: configuration.cacheShape)
    }
  }

  private func append(
    _ count: Int, to segment: CacheSegment, grid: FrameGrid?, advance: Int = 1, of cache: KeyValueCache
  ) throws(ModelError) -> Int {
    do { return try cache.append(count, to: segment, grid: grid, advance: advance) } catch { throw .cache(error) }
  }

  // MARK: The layers

  /// Takes `count` rows of `hidden` through all layers, writing their keys and values from `slot` on.
  private func run(count: Int, slot: Int, cache: KeyValueCache, scores: Bool) {
    for (index, layer) in layers.enumerated() {
      computeKeys(layer, index: index, count: count, slot: slot, cache: cache)
      // Of the last layer only the last token's output is wanted, and only if it is to be scored.
      if index == layers.count - 1, observer == nil {
        guard scores else { return }
        finish(layer, index: index, first: count - 1, count: 1, slot: slot, cache: cache)
      } else {
        finish(layer, index: index, first: 0, count: count, slot: slot, cache: cache)
      }
      if let observer { observer(.decoderLayer(index), hidden.values(count)) }
    }
    guard scores else { return }
    engine.rmsNorm(hidden.from(count - 1), count: 1, weight: outputNorm, epsilon: configuration.normEpsilon, to: normed)
    engine.multiply(normed, count: 1, outputHead, to: &logits)
  }

  /// The first half of a layer: queries, keys and values of all rows, rotated; keys and values go into the cache.
  private func computeKeys(_ layer: DecoderLayer, index: Int, count: Int, slot: Int, cache: KeyValueCache) {
    let size = configuration.headDimension
    engine.rmsNorm(hidden, count: count, weight: layer.attentionNorm, epsilon: configuration.normEpsilon, to: normed)
    engine.multiply(
      normed, count: count, layer.query.product(to: queries), layer.key.product(to: keys),
      layer.value.product(to: values))
    engine.rotate(queries, count: count, heads: configuration.heads, cosines: rotary.cosines, sines: rotary.sines)
    engine.rotate(keys, count: count, heads: configuration.keyValueHeads, cosines: rotary.cosines, sines: rotary.sines)
    for head in 0..<configuration.keyValueHeads {
      engine.storeHead(head, of: size, in: keys, count: count, to: cache.keys(layer: index, head: head), slot: slot)
      engine.storeHead(head, of: size, in: values, count: count, to: cache.values(layer: index, head: head), slot: slot)
    }
  }

  /// The second half: attention over all that is cached so far, and the feed-forward network, for some of the rows.
  private func finish(_ layer: DecoderLayer, index: Int, first: Int, count: Int, slot: Int, cache: KeyValueCache) {
    let rows = hidden.from(first)
    engine.attend(
      queries: queries.from(first), count: count, heads: configuration.heads,
      keyValueHeads: configuration.keyValueHeads, headSize: configuration.headDimension, visible: slot + first + 1,
      output: attended, keys: { cache.keys(layer: index, head: $0) }, values: { cache.values(layer: index, head: $0) })
    engine.multiply(attended, count: count, layer.attentionOutput.product(to: rows, accumulate: true))
    engine.rmsNorm(rows, count: count, weight: layer.feedForwardNorm, epsilon: configuration.normEpsilon, to: normed)
    engine.multiply(normed, count: count, layer.gate.product(to: gate), layer.up.product(to: up))
    engine.siluMultiply(gate, by: up, count: count)
    engine.multiply(gate, count: count, layer.down.product(to: rows, accumulate: true))
  }
}
