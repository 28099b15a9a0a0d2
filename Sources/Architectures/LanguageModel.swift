// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Compute
import ModelFile

/// The decoder of a model of the Qwen, Llama and LFM2 families: reads tokens and vision vectors into a key-value cache
/// and says what comes next.
///
/// Working memory is allocated at loading, for `maximumBlock` tokens at a time. One caller uses a model at a time.
public final class LanguageModel {
  /// The sizes, from the file's metadata.
  public let configuration: DecoderConfiguration
  /// A score for each token of the vocabulary to come next after the last token read.
  /// Taking a copy that outlives the next step costs that step an allocation.
  public internal(set) var logits: [Float]
  /// Bytes of all weights that are read once a token.
  public let weightByteCount: Int
  /// Bytes allocated at loading, beside the mapped weights.
  public let workingByteCount: Int

  /// LoRA adapter, added to the weights' products from the next token on; nil for the model as it is.
  ///
  /// Changing it copies nothing. Keys and values that a cache holds stay as they were computed.
  /// - Precondition: the adapter was loaded for this model.
  public var adapter: LoRAAdapter? {
    willSet { precondition(newValue.map(fits) ?? true, "the adapter was loaded for another model") }
  }

  /// Key-value heads that are left out, by layer with attention, together with the query heads that share them.
  ///
  /// Their keys and values are cached all the same.
  /// - Precondition: the heads are the model's, and no map is reused: that is for vision towers.
  public var pruning = AttentionPruning() {
    didSet {
      let shape = configuration.cacheShape
      precondition(
        pruning.reusedMaps.isEmpty && pruning.fits(layers: shape.layers, heads: shape.keyValueHeads),
        "heads of another model")
      prunedHeads = pruning.masks(configuration)
    }
  }
  /// By layer with attention, as the kernels take it.
  private(set) var prunedHeads: [[Bool]]

  /// Keeps every layer's output, before features from the vision tower are added, if set. All rows are then computed
  /// to the end.
  package var stages: StageRecording?
  /// Whether a forward pass ends with an error where a layer's values are not finite, or above its limit.
  package var isGuarded = true
  /// Receives the largest magnitude of each layer's output, if set to a number for each.
  package var outputMaxima: [Float]?
  /// Keeps every layer's rotated queries while `readRecordingQueries` runs.
  var recordedQueries: [[Float]]?

  /// The model file, as it was named; errors begin with it.
  package let path: String
  /// The names of the file's tensors.
  private let tensorNames: Set<String>
  /// Whether channels between the matrices are scaled beside those of the original (`edgeassist quantize`).
  let hasScaledChannels: Bool
  /// False where the embedding matrix is the output head as well.
  let hasOutputHead: Bool
  private(set) var engine: Engine
  private var engineColumns: Int
  /// Tokens that are read at once, and the most of a branch.
  public let maximumBlock: Int
  let embedding: WeightMatrix
  /// Rows of `embedding` read since their memory was released last.
  var embeddingRowsRead = 0
  let layers: [DecoderLayer]
  let outputNorm: FloatBuffer
  let outputHead: WeightMatrix
  let outputLimits: LayerOutputLimits
  let rope: RoPETable
  let hidden, normed, queries, keys, values, attended, gate, up: FloatMatrix
  /// Queries and gates of the output, head by head, `[tokens][heads * 2 * headDimension]`; no rows in most models.
  let queriesAndGates: FloatMatrix
  let recurrent: RecurrentWorkspace
  /// Features from within the vision tower, to be added after each of the first layers.
  private let deepstack: [FloatMatrix]
  /// Products with an adapter's first matrices.
  private(set) var lowRank: FloatBuffer

  /// - Parameters:
  ///   - maximumBlock: tokens computed together at most; longer input is cut.
  ///   - weights: whether they are repacked for the kernels or used as the file has them.
  ///   - inventory: receives the weights that are copied out of the file.
  /// - Throws: `ModelError` naming the file and what is wrong with it.
  public convenience init(
    file: GGUFFile, threads: ThreadPool, maximumBlock: Int = 256, weights: WeightLayout = .repacked,
    inventory: WeightInventory? = nil
  ) throws(ModelError) {
    try self.init(
      file: file, threads: threads, maximumBlock: maximumBlock, instructionSet: .best, weights: weights,
      inventory: inventory, counter: WorkingMemoryCounter())
  }

  /// The same with the kernels of one instruction set, for tests that compare them.
  ///
  /// - Throws: `ModelError` naming the file and what is wrong with it.
  package convenience init(
    file: GGUFFile, threads: ThreadPool, maximumBlock: Int, instructionSet: InstructionSet,
    weights: WeightLayout = .repacked
  ) throws(ModelError) {
    try self.init(
      file: file, threads: threads, maximumBlock: maximumBlock, instructionSet: instructionSet, weights: weights,
      counter: WorkingMemoryCounter())
  }

  init(
    file: GGUFFile, threads: ThreadPool, maximumBlock: Int, instructionSet: InstructionSet, weights: WeightLayout,
    inventory: WeightInventory? = nil, counter: WorkingMemoryCounter
  ) throws(ModelError) {
    let sizes = try DecoderConfiguration(file: file)
    let loader = ModelLoader(file: file, counter: counter, layout: weights, inventory: inventory)
    embedding = try loader.matrix("token_embd.weight", inputs: [sizes.hiddenSize], outputs: sizes.vocabularySize)
    outputNorm = try loader.vector(sizes.kind.outputNorm + ".weight", sizes.hiddenSize)
    hasOutputHead = loader.has("output.weight")
    outputHead =
      hasOutputHead
      ? try loader.matrix("output.weight", inputs: [sizes.hiddenSize], outputs: sizes.vocabularySize) : embedding
    var layers: [DecoderLayer] = []
    for index in 0..<sizes.layers { layers.append(try DecoderLayer(loader: loader, sizes: sizes, index: index)) }
    self.layers = layers
    outputLimits = try LayerOutputLimits(file: file, layers: sizes.layers)
    weightByteCount = layers.reduce(outputHead.byteCount) { $0 + $1.byteCount }

    let block = max(maximumBlock, 1)
    let queryWidth = sizes.heads * sizes.headDimension
    let keyWidth = sizes.keyValueHeads * sizes.headDimension
    hidden = try loader.rows(block, width: sizes.hiddenSize)
    normed = try loader.rows(block, width: sizes.hiddenSize)
    queries = try loader.rows(block, width: queryWidth)
    keys = try loader.rows(block, width: keyWidth)
    values = try loader.rows(block, width: keyWidth)
    attended = try loader.rows(block, width: queryWidth)
    queriesAndGates = try loader.rows(sizes.hasGatedAttention ? block : 0, width: 2 * queryWidth)
    recurrent = try RecurrentWorkspace(loader: loader, mixers: sizes.mixers, tokens: block)
    gate = try loader.rows(block, width: sizes.intermediateSize)
    up = try loader.rows(block, width: sizes.intermediateSize)
    var deepstack: [FloatMatrix] = []
    for _ in 0..<sizes.deepstackLayers { deepstack.append(try loader.rows(block, width: sizes.hiddenSize)) }
    self.deepstack = deepstack
    rope = try RoPETable(loader: loader, tokens: block, configuration: sizes.rope)
    logits = Array(repeating: 0, count: sizes.vocabularySize)

    let isQuantized = outputHead.takesQuantizedActivations || layers.contains(where: \.isQuantized)
    engineColumns = isQuantized ? max(sizes.hiddenSize, queryWidth, sizes.intermediateSize, recurrent.output.width) : 0
    do {
      engine = try Engine(
        threads: threads, maximumRows: block, maximumColumns: engineColumns, maximumHeads: sizes.keyValueHeads,
        instructionSet: instructionSet)
      lowRank = try FloatBuffer(count: 0)
    } catch { throw .compute(path: file.path, error) }
    configuration = sizes
    prunedHeads = AttentionPruning().masks(sizes)
    path = file.path
    tensorNames = Set(file.tensors.map(\.name))
    hasScaledChannels = file.metadata[GGUFMetadata.channelScalingKey] != nil
    self.maximumBlock = block
    workingByteCount = counter.byteCount + engine.workingByteCount + logits.count * MemoryLayout<Float>.stride
  }

  /// How exponentials, reciprocals, roots and activation functions are computed.
  public var nonlinear: NonlinearMode {
    get { engine.nonlinear }
    set { engine.nonlinear = newValue }
  }

  // MARK: Reading

  /// Reads tokens into the cache; `logits` are then those after the last one, NaN where the output head overflowed.
  ///
  /// - Parameter ticket: says where in the cache, which has room for them.
  /// - Throws: `invalidToken`, `positionCount` and `cacheDoesNotFit` before anything is changed; `cache` if it refuses.
  ///   `notFinite` or `outOfRange` where a layer's values are not numbers or too large: the tokens' keys and values
  ///   are then incomplete.
  public func prefill(
    tokens: [Int], positions: [MRoPEPosition], into ticket: KVAppendTicket
  ) throws(ModelError) {
    guard !tokens.isEmpty || !positions.isEmpty else { return }
    let append = try claim(tokens, positions, of: ticket)
    for start in stride(from: 0, to: tokens.count, by: maximumBlock) {
      let end = min(start + maximumBlock, tokens.count)
      embed(tokens[start..<end], positions[start..<end])
      try run(append[start..<end], scoring: end == tokens.count ? .last : .none)
    }
  }

  /// Reads embeddings that stand for tokens into the cache: those of temporal patches, or the one that ends
  /// LLaVA-OneVision's frames. `logits` stay as they are.
  ///
  /// - Parameters:
  ///   - embeddings: rows of `configuration.visionEmbeddingWidth` numbers; those of temporal patches, and their
  ///     `positions`, in the order of the ticket's grid.
  ///   - ticket: says where in the cache, which has room for them.
  /// - Throws: as for tokens, and `visionDoesNotFit` for embeddings of another width.
  public func prefill(
    embeddings: VisionTokenEmbeddings, positions: [MRoPEPosition], into ticket: KVAppendTicket
  ) throws(ModelError) {
    try check(tokens: embeddings.rows, positions: positions.count, cache: ticket.cache)
    guard embeddings.width == configuration.visionEmbeddingWidth else {
      throw .visionDoesNotFit(
        visionPath: "the vision tower", visionWidth: embeddings.width, modelPath: path,
        modelWidth: configuration.visionEmbeddingWidth)
    }
    guard embeddings.rows > 0 else { return }
    let append = try claim(embeddings.rows, of: ticket)
    for start in stride(from: 0, to: embeddings.rows, by: maximumBlock) {
      let end = min(start + maximumBlock, embeddings.rows)
      for (part, rows) in ([hidden] + deepstack).enumerated() {
        rows.set(
          embeddings.values, rowsOf: embeddings.width, rows: start..<end, column: part * configuration.hiddenSize)
      }
      for index in start..<end { rope.fill(row: index - start, position: positions[index]) }
      try run(append[start..<end], scoring: .none, deepstack: deepstack)
    }
  }

  /// Reads one token into the cache, which has room for it; `logits` are then those after it. Allocates nothing.
  ///
  /// - Throws: `ModelError.invalidToken`, `cacheDoesNotFit` for another model's cache, `cache` where it has no room,
  ///   `notFinite` as `prefill`.
  public func decode(token: Int, position: MRoPEPosition, into ticket: KVAppendTicket) throws(ModelError) {
    try check(tokens: 1, positions: 1, cache: ticket.cache)
    guard token >= 0, token < configuration.vocabularySize else {
      throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
    }
    let append = try claim(1, of: ticket)
    embed(token, row: 0)
    rope.fill(row: 0, position: position)
    try run(append, scoring: .last)
  }

  func check(tokens: Int, positions: Int, cache: KeyValueCache) throws(ModelError) {
    guard tokens == positions else { throw .positionCount(tokens: tokens, positions: positions) }
    guard cache.shape == configuration.cacheShape else {
      throw .cacheDoesNotFit(cache: cache.shape, model: configuration.cacheShape)
    }
  }

  /// Checks tokens and takes their place in the cache.
  func claim(_ tokens: [Int], _ positions: [MRoPEPosition], of ticket: KVAppendTicket) throws(ModelError) -> KVAppend {
    try check(tokens: tokens.count, positions: positions.count, cache: ticket.cache)
    for token in tokens where token < 0 || token >= configuration.vocabularySize {
      throw .invalidToken(token, vocabularySize: configuration.vocabularySize)
    }
    return try claim(tokens.count, of: ticket)
  }

  /// Makes tokens the first rows of `hidden`.
  func embed(_ tokens: ArraySlice<Int>, _ positions: ArraySlice<MRoPEPosition>) {
    for (row, (token, position)) in zip(tokens, positions).enumerated() {
      embed(token, row: row)
      rope.fill(row: row, position: position)
    }
  }

  func claim(_ count: Int, of ticket: KVAppendTicket) throws(ModelError) -> KVAppend {
    do { return try ticket.claim(count) } catch { throw .cache(error) }
  }

  // MARK: Adapters

  /// Makes the working memory large enough for an adapter, if it is not.
  ///
  /// - Parameters:
  ///   - rank: of the adapter's updates, the highest.
  ///   - quantizedColumns: the most inputs of a quantized matrix of the adapter; 0 if none is.
  func reserve(rank: Int, quantizedColumns: Int) throws(ModelError) {
    let (numbers, overflow) = maximumBlock.multipliedReportingOverflow(by: rank)
    do {
      if overflow || numbers > lowRank.count { lowRank = try FloatBuffer(count: overflow ? .max : numbers) }
      if quantizedColumns > engineColumns {
        let wider = try Engine(
          threads: engine.threads, maximumRows: maximumBlock, maximumColumns: quantizedColumns,
          maximumHeads: configuration.keyValueHeads, instructionSet: engine.instructionSet)
        wider.nonlinear = engine.nonlinear
        wider.schedules = engine.schedules
        engine = wider
        engineColumns = quantizedColumns
      }
    } catch { throw .compute(path: path, error) }
  }

  /// Whether the file has a tensor of this name.
  func hasTensor(_ name: String) -> Bool { tensorNames.contains(name) }

  private func fits(_ adapter: LoRAAdapter) -> Bool {
    adapter.configuration == configuration && adapter.rank * maximumBlock <= lowRank.count
      && adapter.quantizedColumns <= engineColumns
  }
}
