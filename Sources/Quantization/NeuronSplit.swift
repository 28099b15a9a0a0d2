// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Platform

/// Neurons of feed-forward networks that are split in two before a model is quantized.
///
/// A split copies a neuron's rows of gate and up to the end, and halves its column of down in both places. The outputs
/// stay what they were. A column that is the largest of its blocks no longer sets their scales, so that the other
/// weights of the blocks are rounded less. This is the function-preserving step of neural channel expansion.
public struct NeuronSplit: Sendable {
  /// The neurons of each layer, in the order in which their copies are appended.
  public let neurons: [Int: [Int]]
  /// Neurons that are split in each layer.
  public let count: Int

  /// Weights that share a scale in the formats with the shortest blocks. Counts are multiples of this.
  public static let block = 32

  /// Chooses in each layer the neurons whose split lowers the error of down the most: those whose columns alone make
  /// the scales of many blocks large, weighed by how large the inputs are that the scales matter for.
  ///
  /// - Parameters:
  ///   - count: neurons of each layer, whole blocks.
  ///   - meanSquares: of the inputs of the matrix of this name, by column; nil weighs all the same.
  /// - Throws: `QuantizationError.cannotSplit`.
  public init(
    file: GGUFFile, count: Int, meanSquares: (String) -> [Float]? = { _ in nil }
  ) throws(QuantizationError) {
    func refusal(_ reason: String) -> QuantizationError { .cannotSplit(path: file.path, reason: reason) }
    guard let length = try? file.metadata.integer(Self.lengthKey(file)) else {
      throw refusal("it does not have one intermediate size for all layers")
    }
    guard count > 0, count % Self.block == 0, count <= length else {
      throw refusal(
        "the number of neurons is a multiple of \(Self.block) up to the intermediate size of \(length), not \(count)")
    }
    var neurons: [Int: [Int]] = [:]
    for tensor in file.tensors where tensor.name.hasSuffix(".ffn_down.weight") {
      guard let layer = TensorRole.layer(inName: tensor.name), tensor.dimensions.count == 2,
        tensor.dimensions[0] == length, QuantizationPlan.sources.contains(tensor.type)
      else { throw refusal("\(tensor.name) is no matrix of floats with \(length) columns") }
      for name in ["ffn_gate", "ffn_up"] {
        guard let other = file.tensor("blk.\(layer).\(name).weight"), other.dimensions.count == 2,
          other.dimensions[1] == length
        else { throw refusal("blk.\(layer).\(name).weight has no row for each neuron") }
      }
      let gains = Self.gains(tensor, of: file, meanSquares: meanSquares(tensor.name))
      guard gains.allSatisfy(\.isFinite) else { throw .notFinite(path: file.path, tensor: tensor.name) }
      let order = gains.indices.sorted { (gains[$1], $0) < (gains[$0], $1) }
      neurons[layer] = order.prefix(count).sorted()
    }
    guard !neurons.isEmpty else { throw refusal("it has no feed-forward networks") }
    self.neurons = neurons
    self.count = count
  }

  static func lengthKey(_ file: GGUFFile) -> String {
    ((try? file.metadata.name("general.architecture")) ?? "general") + ".feed_forward_length"
  }

  /// By how much the squared error of a block's other weights would shrink, for each column, summed over all rows.
  private static func gains(_ tensor: TensorDescription, of file: GGUFFile, meanSquares: [Float]?) -> [Double] {
    let columns = tensor.dimensions[0]
    var gains = Array(repeating: 0.0, count: columns)
    let weights = meanSquares?.count == columns ? meanSquares : nil
    for row in DequantizedRows(tensor, of: file) {
      for start in stride(from: 0, to: columns, by: block) {
        let range = start..<min(start + block, columns)
        var largest = start
        for column in range where abs(row[column]) > abs(row[largest]) { largest = column }
        var second: Float = abs(row[largest]) / 2
        for column in range where column != largest { second = max(second, abs(row[column])) }
        let importance = weights.map { $0[range].reduce(0) { $0 + Double($1) } } ?? Double(range.count)
        let before = Double(row[largest]) * Double(row[largest])
        gains[largest] += importance * (before - Double(second) * Double(second))
      }
    }
    return gains
  }

  /// What an input of down has with the copies: the values of their neurons again.
  ///
  /// - Parameters:
  ///   - values: `[rows][intermediate size]`.
  ///   - columns: the intermediate size.
  public func widened(_ values: [Float], columns: Int, layer: Int) -> [Float] {
    guard let copies = neurons[layer], columns > 0 else { return values }
    return stride(from: 0, to: values.count, by: columns).flatMap { start in
      values[start..<start + columns] + copies.map { values[start + $0] }
    }
  }
}
