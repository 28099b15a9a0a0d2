// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelFile
import Quantization

/// A tensor to be written for a test.
struct TestTensor {
  var name: String
  var dimensions: [Int]
  var type = TensorType.f32
  /// As many as the dimensions say, as `type`; zeros if left out.
  var bytes: [UInt8]?

  init(_ name: String, _ dimensions: [Int], _ type: TensorType = .f32, bytes: [UInt8]? = nil) {
    self.name = name
    self.dimensions = dimensions
    self.type = type
    self.bytes = bytes
  }

  /// Floats that look like weights: many small ones and a few large ones, the same for the same name.
  static func weights(_ name: String, _ dimensions: [Int]) -> TestTensor {
    var state = name.utf8.reduce(UInt64(88_172_645_463_325_252)) { ($0 ^ UInt64($1)) &* 0x2545_F491_4F6C_DD1D }
    let values = (0..<dimensions.reduce(1, *)).map { _ -> Float in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      let uniform = Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
      return uniform * uniform * uniform
    }
    return TestTensor(name, dimensions, bytes: values.withUnsafeBytes { Array($0) })
  }
}

func writeModel(_ path: String, _ tensors: [TestTensor], metadata: GGUFMetadata = GGUFMetadata()) throws -> GGUFFile {
  let writer = try GGUFWriter(
    path: path, metadata: metadata,
    tensors: tensors.map { .init(name: $0.name, dimensions: $0.dimensions, type: $0.type) })
  for tensor in tensors {
    let size = TensorDescription.byteCount(dimensions: tensor.dimensions, type: tensor.type) ?? 0
    try writer.append(tensor.bytes ?? [UInt8](repeating: 0, count: size))
  }
  try writer.finish()
  return try GGUFFile(path: path)
}

func recipe(_ name: String) throws -> QuantizationRecipe {
  guard let recipe = QuantizationRecipe(named: name) else { throw CocoaError(.featureUnsupported) }
  return recipe
}
