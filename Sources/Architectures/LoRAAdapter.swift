// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// A low-rank update of a weight matrix W: its product with x becomes W · x + scale · up · (down · x).
struct LowRankUpdate {
  /// LoRA's A, `[rank][inputs]`.
  let down: WeightMatrix
  /// LoRA's B, `[outputs][rank]`.
  let up: WeightMatrix
  /// The adapter's alpha divided by the rank.
  let scale: Float

  /// Values between the two products.
  var rank: Int { up.columns }
}

/// The updates of one decoder layer's matrices; nil for a matrix that the adapter does not change.
struct LayerUpdates {
  var query, key, value, attentionOutput, gate, up, down: LowRankUpdate?
}

/// A LoRA adapter (arXiv 2106.09685) in llama.cpp's GGUF layout.
///
/// Its updates are computed beside the model's weights and not merged into them. So quantized weights stay as they are,
/// and several adapters can be loaded and switched.
///
/// The tensors `NAME.lora_a`, `[rank][inputs]`, and `NAME.lora_b`, `[outputs][rank]`, update the matrix NAME. For
/// `token_embd.weight` the first is `[tokens][rank]`. The scale is `adapter.lora.alpha` / rank, or 1 if alpha is
/// missing or 0.
public final class LoRAAdapter {
  /// The adapter's file.
  public let path: String
  /// The highest rank of any update.
  public let rank: Int
  /// Matrices of the model that are updated.
  public let matrixCount: Int
  /// Bytes of all updates in the file.
  public let byteCount: Int
  /// Factor on the updates, besides the scale that the adapter was trained with.
  public var scale: Float

  let configuration: DecoderConfiguration
  let layers: [LayerUpdates]
  let embedding, outputHead: LowRankUpdate?
  /// Inputs of the widest quantized matrix; 0 if none is quantized.
  let quantizedColumns: Int

  /// Loads an adapter and allocates the working memory that `model` needs for it. It takes effect once it is set as
  /// `model.adapter`.
  ///
  /// - Throws: `ModelError.adapter` if the file is no adapter for this model, `wrongShape` naming a tensor whose
  ///   dimensions are not the model's, `file` or `compute`. The model is unchanged then.
  public init(file: GGUFFile, model: LanguageModel, scale: Float = 1) throws(ModelError) {
    try LoRAAdapter.check(file, model: model)
    var reader = try UpdateReader(file: file)
    let sizes = model.configuration
    let width = sizes.hiddenSize
    var layers: [LayerUpdates] = []
    for (index, mixer) in sizes.mixers.enumerated() {
      let prefix = "blk.\(index)."
      var updates = LayerUpdates(
        gate: try reader.update(prefix + "ffn_gate.weight", inputs: width, outputs: sizes.intermediateSize),
        up: try reader.update(prefix + "ffn_up.weight", inputs: width, outputs: sizes.intermediateSize),
        down: try reader.update(prefix + "ffn_down.weight", inputs: sizes.intermediateSize, outputs: width))
      if mixer.isAttention {
        do throws(ModelError) {
          try reader.addAttention(of: index, sizes, to: &updates)
        } catch {
          guard case .wrongShape = error, sizes.weightedHeads[index] < sizes.keyValueHeads else { throw error }
          throw .adapter(.prunedModel(path: file.path, modelPath: model.path))
        }
      }
      layers.append(updates)
    }
    self.layers = layers
    embedding = try reader.embeddingUpdate("token_embd.weight", tokens: sizes.vocabularySize, width: width)
    outputHead =
      model.hasOutputHead ? try reader.update("output.weight", inputs: width, outputs: sizes.vocabularySize) : nil
    try reader.checkRest(model: model)

    path = file.path
    rank = reader.rank
    matrixCount = reader.count
    byteCount = reader.byteCount
    quantizedColumns = reader.quantizedColumns
    configuration = sizes
    self.scale = scale
    try model.reserve(rank: rank, quantizedColumns: quantizedColumns)
  }

  private static func check(_ file: GGUFFile, model: LanguageModel) throws(ModelError) {
    let loader = ModelLoader(file: file)
    let type = try loader.value { metadata throws(GGUFError) in try metadata.nameIfPresent("general.type") }
    guard type == "adapter" else { throw .adapter(.notAnAdapter(path: file.path, type: type)) }
    let kind = try loader.value { metadata throws(GGUFError) in try metadata.name("adapter.type") }
    guard kind == "lora" else { throw .adapter(.unsupportedKind(path: file.path, kind: kind)) }
    // Activated LoRA: it takes effect only after certain tokens.
    guard file.metadata["adapter.alora.invocation_tokens"] == nil else {
      throw .adapter(.unsupportedKind(path: file.path, kind: "alora"))
    }
    let architecture = try loader.value { metadata throws(GGUFError) in try metadata.name("general.architecture") }
    guard architecture == model.configuration.architecture else {
      throw .adapter(
        .wrongArchitecture(
          path: file.path, found: architecture, modelPath: model.path, model: model.configuration.architecture))
    }
    guard !model.hasScaledChannels else { throw .adapter(.scaledModel(path: file.path, modelPath: model.path)) }
  }
}

/// Reads an adapter's updates and counts them.
private struct UpdateReader {
  private let loader: ModelLoader
  private let alpha: Float
  private var used: Set<String> = []
  private(set) var rank = 0
  private(set) var count = 0
  private(set) var byteCount = 0
  private(set) var quantizedColumns = 0

  init(file: GGUFFile) throws(ModelError) {
    loader = ModelLoader(file: file)
    let key = "adapter.lora.alpha"
    let value = try loader.value { metadata throws(GGUFError) in try metadata.floatIfPresent(key) ?? 0 }
    guard value.isFinite else {
      throw .invalidSize(path: file.path, key: key, value: "\(value)", allowed: "a finite number")
    }
    alpha = Float(value)
  }

  /// The update of a matrix; nil if the adapter has none.
  mutating func update(_ name: String, inputs: Int, outputs: Int) throws(ModelError) -> LowRankUpdate? {
    guard let rank = try rank(of: name) else { return nil }
    return add(
      down: try loader.matrix(name + ".lora_a", inputs: [inputs], outputs: rank),
      up: try loader.matrix(name + ".lora_b", inputs: [rank], outputs: outputs), multipliesInput: true)
  }

  /// The update of the embedding matrix, in which each token has a row of `down`.
  mutating func embeddingUpdate(_ name: String, tokens: Int, width: Int) throws(ModelError) -> LowRankUpdate? {
    guard let rank = try rank(of: name) else { return nil }
    return add(
      down: try loader.matrix(name + ".lora_a", inputs: [rank], outputs: tokens),
      up: try loader.matrix(name + ".lora_b", inputs: [rank], outputs: width), multipliesInput: false)
  }

  private mutating func add(down: WeightMatrix, up: WeightMatrix, multipliesInput: Bool) -> LowRankUpdate {
    used.formUnion([down.name, up.name])
    let rank = up.columns
    self.rank = max(self.rank, rank)
    count += 1
    byteCount += down.byteCount + up.byteCount
    if multipliesInput, down.type.isQuantized { quantizedColumns = max(quantizedColumns, down.columns) }
    if up.type.isQuantized { quantizedColumns = max(quantizedColumns, rank) }
    return LowRankUpdate(down: down, up: up, scale: alpha == 0 ? 1 : alpha / Float(rank))
  }

  /// The rank of a matrix's update; nil if there is none.
  private func rank(of name: String) throws(ModelError) -> Int? {
    let halves = [name + ".lora_a", name + ".lora_b"]
    let present = halves.filter(loader.has)
    guard present.count != 1 else {
      throw .adapter(.missingHalf(path: loader.file.path, tensor: halves.first { !loader.has($0) } ?? name))
    }
    return present.isEmpty ? nil : try loader.tensor(halves[1]).dimensions.first
  }

  /// Adds the updates of a layer's attention.
  mutating func addAttention(
    of layer: Int, _ sizes: DecoderConfiguration, to updates: inout LayerUpdates
  ) throws(ModelError) {
    let prefix = "blk.\(layer)."
    let width = sizes.hiddenSize
    let keyWidth = sizes.keyWidth(ofLayer: layer)
    let queryWidth = sizes.queryWidth(ofLayer: layer)
    // Qwen3.5's queries come with a gate of their attention's output.
    let queryOutputs = sizes.hasGatedAttention ? 2 * queryWidth : queryWidth
    updates.query = try update(prefix + "attn_q.weight", inputs: width, outputs: queryOutputs)
    updates.key = try update(prefix + "attn_k.weight", inputs: width, outputs: keyWidth)
    updates.value = try update(prefix + "attn_v.weight", inputs: width, outputs: keyWidth)
    updates.attentionOutput = try update(prefix + "attn_output.weight", inputs: queryWidth, outputs: width)
  }

  /// Throws if the file has a tensor that is in no update, or no update.
  func checkRest(model: LanguageModel) throws(ModelError) {
    let path = loader.file.path
    for tensor in loader.file.tensors where !used.contains(tensor.name) {
      for half in [".lora_a", ".lora_b"] where tensor.name.hasSuffix(half) {
        let matrix = String(tensor.name.dropLast(half.count))
        guard !model.hasTensor(matrix) else { throw .adapter(.unsupportedMatrix(path: path, matrix: matrix)) }
        throw .adapter(.unknownMatrix(path: path, matrix: matrix, modelPath: model.path))
      }
      throw .adapter(.unexpectedTensor(path: path, tensor: tensor.name))
    }
    guard count > 0 else { throw .adapter(.empty(path: path)) }
  }
}
