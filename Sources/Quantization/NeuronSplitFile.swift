// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Platform

extension NeuronSplit {
  /// Writes the model with its neurons split. Its outputs are those of the original but for the order of sums.
  ///
  /// Matrices of floats keep their type; columns of Q8_0 are written in F32, in which they can be halved.
  ///
  /// - Parameter stop: looked at after each tensor.
  /// - Throws: `QuantizationError.cancelled` or `file`. Nothing is left on the disk then.
  public func write(_ file: GGUFFile, to path: String, stop: StopSource? = nil) throws(QuantizationError) {
    var metadata = file.metadata
    for key in ["split.no", "split.count", "split.tensors.count"] { metadata[key] = nil }
    let key = Self.lengthKey(file)
    let length = (try? metadata.integer(key)) ?? 0
    metadata[key] = .uint32(UInt32(clamping: length + count))
    metadata[Self.countKey] = .uint32(UInt32(clamping: count))
    do throws(GGUFError) {
      let writer = try GGUFWriter(
        path: path, metadata: metadata, tensors: file.tensors.map { declaration($0) }, stop: stop)
      for tensor in file.tensors {
        switch part(of: tensor) {
        case .rows(let copies):
          let bytes = file.bytes(of: tensor)
          let rowBytes = bytes.count / (tensor.dimensions.last ?? 1)
          try writer.append(bytes)
          for row in copies {
            try writer.append(UnsafeRawBufferPointer(rebasing: bytes[row * rowBytes..<(row + 1) * rowBytes]))
          }
        case .columns(let copies):
          for var row in DequantizedRows(tensor, of: file) {
            for column in copies { row[column] /= 2 }
            row += copies.map { row[$0] }
            try writer.append(Self.encoded(row, as: declaration(tensor).type))
          }
        case .none: try writer.append(file.bytes(of: tensor))
        }
        if stop?.isStopped == true { throw .unwritable(path: path, reason: "it was interrupted") }
      }
      try writer.finish()
    } catch { throw stop?.isStopped == true ? .cancelled : .file(error) }
  }

  /// The key of the file's metadata with the number of neurons that were split in each layer.
  public static let countKey = "edgeassist.quantize.split_neurons"

  /// What of a tensor is copied.
  private enum Part {
    case rows([Int])
    case columns([Int])
    case none
  }

  private func part(of tensor: TensorDescription) -> Part {
    guard let layer = TensorRole.layer(inName: tensor.name), let copies = neurons[layer] else { return .none }
    let name = tensor.name.split(separator: ".").suffix(2).joined(separator: ".")
    return switch name {
    case "ffn_down.weight": .columns(copies)
    case "ffn_gate.weight", "ffn_up.weight", "ffn_gate.bias", "ffn_up.bias": .rows(copies)
    default: .none
    }
  }

  private func declaration(_ tensor: TensorDescription) -> GGUFWriter.Declaration {
    var dimensions = tensor.dimensions
    var type = tensor.type
    switch part(of: tensor) {
    case .rows: dimensions[dimensions.count - 1] += count
    case .columns:
      dimensions[0] += count
      if type.isQuantized { type = .f32 }
    case .none: break
    }
    return .init(name: tensor.name, dimensions: dimensions, type: type)
  }

  private static func encoded(_ row: [Float], as type: TensorType) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: row.count * type.bytesPerBlock)
    row.withUnsafeBufferPointer { source in
      bytes.withUnsafeMutableBytes { BlockQuantization.quantize(source, columns: row.count, as: type, into: $0) }
    }
    return bytes
  }
}
