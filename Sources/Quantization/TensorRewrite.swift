// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile
import Platform

/// What a tensor becomes in a file of the same model with other shapes.
enum TensorRewrite {
  /// The same.
  case none
  /// Only these rows, or values of a vector, in this order; the same may be there twice.
  case rows([Int])
  /// Only these columns, in this order; each is multiplied by its factor first, if there are factors.
  case columns([Int], factors: [Float]? = nil)

  /// The tensor in the new file.
  ///
  /// The type stays but for columns of Q8_0 that are multiplied, or that are not whole blocks: these are F32 then.
  func declaration(of tensor: TensorDescription) -> GGUFWriter.Declaration {
    var dimensions = tensor.dimensions
    var type = tensor.type
    switch self {
    case .none: break
    case .rows(let rows): dimensions[dimensions.count - 1] = rows.count
    case .columns(let columns, _):
      dimensions[0] = columns.count
      if type.isQuantized, blocks(of: tensor) == nil { type = .f32 }
    }
    return .init(name: tensor.name, dimensions: dimensions, type: type)
  }

  /// The blocks of a row that the columns are, in their order; nil where they are not whole blocks as they are stored.
  private func blocks(of tensor: TensorDescription) -> [Int]? {
    let size = tensor.type.elementsPerBlock
    guard case .columns(let columns, nil) = self, columns.count % size == 0 else { return nil }
    let starts = stride(from: 0, to: columns.count, by: size).map { $0 }
    let areWhole = starts.allSatisfy { start in
      columns[start] % size == 0 && (0..<size).allSatisfy { columns[start + $0] == columns[start] + $0 }
    }
    return areWhole ? starts.map { columns[$0] / size } : nil
  }

  private func append(_ tensor: TensorDescription, of file: GGUFFile, to writer: GGUFWriter) throws(GGUFError) {
    switch self {
    case .none: try writer.append(file.bytes(of: tensor))
    case .rows(let rows):
      let bytes = file.bytes(of: tensor)
      let rowBytes = bytes.count / (tensor.dimensions.last ?? 1)
      for row in rows {
        try writer.append(UnsafeRawBufferPointer(rebasing: bytes[row * rowBytes..<(row + 1) * rowBytes]))
      }
    case .columns(let columns, let factors):
      if let blocks = blocks(of: tensor) {
        let bytes = file.bytes(of: tensor)
        let size = tensor.type.bytesPerBlock
        let rowBytes = tensor.dimensions[0] / tensor.type.elementsPerBlock * size
        for start in stride(from: 0, to: bytes.count, by: rowBytes) {
          for block in blocks {
            let from = start + block * size
            try writer.append(UnsafeRawBufferPointer(rebasing: bytes[from..<from + size]))
          }
        }
        return
      }
      let type = declaration(of: tensor).type
      for row in DequantizedRows(tensor, of: file) {
        let values = factors.map { factors in columns.map { row[$0] * factors[$0] } } ?? columns.map { row[$0] }
        try writer.append(Self.encoded(values, as: type))
      }
    }
  }

  private static func encoded(_ row: [Float], as type: TensorType) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: row.count * type.bytesPerBlock)
    row.withUnsafeBufferPointer { source in
      bytes.withUnsafeMutableBytes { BlockQuantization.quantize(source, columns: row.count, as: type, into: $0) }
    }
    return bytes
  }

  /// Writes a model with some of its tensors rewritten, as one file.
  ///
  /// - Parameters:
  ///   - keys: metadata beside the model's own.
  ///   - stop: looked at after each tensor.
  /// - Throws: `QuantizationError.cancelled` or `file`. Nothing is left on the disk then.
  static func write(
    _ file: GGUFFile, keys: [String: GGUFValue], to path: String, stop: StopSource?,
    rewrite: (TensorDescription) -> TensorRewrite
  ) throws(QuantizationError) {
    var metadata = file.metadata
    for key in ["split.no", "split.count", "split.tensors.count"] { metadata[key] = nil }
    for (key, value) in keys { metadata[key] = value }
    do throws(GGUFError) {
      let writer = try GGUFWriter(
        path: path, metadata: metadata, tensors: file.tensors.map { rewrite($0).declaration(of: $0) }, stop: stop)
      for tensor in file.tensors {
        try rewrite(tensor).append(tensor, of: file, to: writer)
        if stop?.isStopped == true { throw .unwritable(path: path, reason: "it was interrupted") }
      }
      try writer.finish()
    } catch { throw stop?.isStopped == true ? .cancelled : .file(error) }
  }
}
