// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// An input of matrices whose channels may be scaled: the inverse goes into the tensors that make it, so that the model
/// computes the same.
public struct ScalableInput: Sendable, Hashable {
  /// Layer of the decoder.
  public let layer: Int
  /// Matrices with this input, `[outputs][channels]`: their columns take the scales.
  public let matrices: [String]
  /// Tensors that make the input: the weights of a norm, `[channels]`, or the rows of a matrix and its bias. They take
  /// the inverse of the scales.
  package let sources: [String]
  /// How the channels that are made become those of the input: query heads that share a key-value head repeat it.
  let heads: RepeatedHeads?

  /// Heads of values that several query heads read.
  struct RepeatedHeads: Sendable, Hashable {
    var headDimension: Int
    /// Query heads for each key-value head.
    var repeats: Int

    /// The channel that is made for a channel of the input.
    func source(of channel: Int) -> Int {
      channel / headDimension / repeats * headDimension + channel % headDimension
    }
  }

  /// Scales of the input's channels, from those of the channels that are made.
  func expanded(_ scales: [Float], channels: Int) -> [Float] {
    guard let heads else { return scales }
    return (0..<channels).map { scales[heads.source(of: $0)] }
  }

  /// Largest values of the channels that are made, from those of the input's channels.
  func reduced(_ maxima: [Float], channels: Int) -> [Float] {
    guard let heads else { return maxima }
    var reduced = Array(repeating: Float(0), count: channels)
    for (channel, value) in maxima.enumerated() {
      let source = heads.source(of: channel)
      reduced[source] = max(reduced[source], value)
    }
    return reduced
  }
}

extension ScalableInput {
  /// An input whose channels cannot be scaled.
  public struct Unscalable: Sendable, Hashable {
    /// The layer; nil for the output head.
    public let layer: Int?
    /// Why, in words.
    public let reason: String
  }

  /// The inputs of a decoder's matrices.
  ///
  /// Those of queries, keys and values and of the feed-forward network come from a norm that nothing else reads. That
  /// of the down matrix comes from the up matrix's rows, which the activation function only multiplies. That of the
  /// attention's output matrix is a weighted mean of values.
  public static func all(in file: GGUFFile) -> (scalable: [ScalableInput], unscalable: [Unscalable]) {
    let layers = Set(file.tensors.compactMap { TensorRole.layer(inName: $0.name) }).sorted()
    var found: [ScalableInput] = []
    var rest: [Unscalable] = []
    for layer in layers {
      let reader = LayerReader(file: file, layer: layer)
      found += [reader.attentionInput, reader.attentionOutput, reader.feedForwardInput, reader.feedForwardDown]
        .compactMap(\.self)
      if reader.attentionInput == nil {
        rest.append(Unscalable(layer: layer, reason: "its token mixer is not attention with separate matrices"))
      }
      if reader.feedForwardInput == nil {
        rest.append(Unscalable(layer: layer, reason: "its feed-forward network is not one of gate, up and down"))
      }
    }
    rest.append(Unscalable(layer: nil, reason: "the output head's input"))
    return (found, rest)
  }
}

/// Finds the inputs of one layer by the names of its tensors.
private struct LayerReader {
  let file: GGUFFile
  let layer: Int

  private func name(_ part: String) -> String { "blk.\(layer).\(part)" }

  /// Rows and columns of a matrix; nil if the layer has none of this name.
  private func shape(_ part: String) -> (rows: Int, columns: Int)? {
    guard let tensor = file.tensor(name(part + ".weight")), tensor.dimensions.count == 2 else { return nil }
    return (tensor.dimensions[1], tensor.dimensions[0])
  }

  private func norm(_ parts: [String], channels: Int) -> String? {
    parts.map { name($0 + ".weight") }.first { file.tensor($0)?.dimensions == [channels] }
  }

  private func input(of parts: [String], norms: [String]) -> ScalableInput? {
    let shapes = parts.compactMap(shape)
    guard shapes.count == parts.count, Set(shapes.map(\.columns)).count == 1, let channels = shapes.first?.columns,
      let norm = norm(norms, channels: channels)
    else { return nil }
    return ScalableInput(
      layer: layer, matrices: parts.map { name($0 + ".weight") }, sources: [norm], heads: nil)
  }

  var attentionInput: ScalableInput? { input(of: ["attn_q", "attn_k", "attn_v"], norms: ["attn_norm"]) }

  /// Files of Qwen3.5 call the norm before the feed-forward network the one after attention.
  var feedForwardInput: ScalableInput? {
    input(of: ["ffn_gate", "ffn_up"], norms: ["ffn_norm", "post_attention_norm"])
  }

  var feedForwardDown: ScalableInput? {
    guard feedForwardInput != nil, let up = shape("ffn_up"), let down = shape("ffn_down"), up.rows == down.columns
    else { return nil }
    return ScalableInput(
      layer: layer, matrices: [name("ffn_down.weight")], sources: rows(of: "ffn_up"), heads: nil)
  }

  var attentionOutput: ScalableInput? {
    guard let value = shape("attn_v"), let output = shape("attn_output"),
      let architecture = try? file.metadata.string("general.architecture"),
      let queryHeads = try? file.metadata.integer("\(architecture).attention.head_count"), queryHeads > 0,
      output.columns % queryHeads == 0
    else { return nil }
    let dimension = output.columns / queryHeads
    guard value.rows % dimension == 0, case let heads = value.rows / dimension, heads > 0, queryHeads % heads == 0
    else { return nil }
    return ScalableInput(
      layer: layer, matrices: [name("attn_output.weight")], sources: rows(of: "attn_v"),
      heads: .init(headDimension: dimension, repeats: queryHeads / heads))
  }

  private func rows(of part: String) -> [String] {
    [name(part + ".weight")] + (file.tensor(name(part + ".bias")) == nil ? [] : [name(part + ".bias")])
  }
}
