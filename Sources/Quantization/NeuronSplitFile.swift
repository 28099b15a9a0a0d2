// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Platform

extension NeuronSplit {
  /// Writes the model with its neurons split. Its outputs are those of the original but for the order of sums.
  ///
  /// - Parameter stop: looked at after each tensor.
  /// - Throws: `QuantizationError.cancelled` or `file`. Nothing is left on the disk then.
  public func write(_ file: GGUFFile, to path: String, stop: StopSource? = nil) throws(QuantizationError) {
    let key = Self.lengthKey(file)
    let length = (try? file.metadata.integer(key)) ?? 0
    let keys: [String: GGUFValue] = [
      key: .uint32(UInt32(clamping: length + count)), Self.countKey: .uint32(UInt32(clamping: count)),
    ]
    try TensorRewrite.write(file, keys: keys, to: path, stop: stop) { rewrite(of: $0, length: length) }
  }

  /// The key of the file's metadata with the number of neurons that were split in each layer.
  public static let countKey = "edgeassist.quantize.split_neurons"

  private func rewrite(of tensor: TensorDescription, length: Int) -> TensorRewrite {
    guard let layer = TensorRole.layer(inName: tensor.name), let copies = neurons[layer] else { return .none }
    let name = tensor.name.split(separator: ".").suffix(2).joined(separator: ".")
    switch name {
    case "ffn_down.weight":
      var factors = Array(repeating: Float(1), count: length)
      for column in copies { factors[column] = 0.5 }
      return .columns(Array(0..<length) + copies, factors: factors)
    case "ffn_gate.weight", "ffn_up.weight", "ffn_gate.bias", "ffn_up.bias": return .rows(Array(0..<length) + copies)
    default: return .none
    }
  }
}
