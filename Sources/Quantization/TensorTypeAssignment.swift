// SPDX-License-Identifier: Apache-2.0

import ModelFile

extension QuantizationRecipe {
  /// The value of `general.file_type` in a file of this recipe.
  package var fileTypeCode: UInt32 { fileType }

  /// The types of the tensors of a model that does not exist yet; nil for tensors that are not quantized.
  ///
  /// - Parameters:
  ///   - tensors: names and dimensions, the fastest dimension first.
  ///   - queriesPerKey: query heads that share a key-value head.
  package func types(
    of tensors: [(name: String, dimensions: [Int])], queriesPerKey: Int
  ) -> [TensorType?] {
    let roles = tensors.map { TensorRole(name: $0.name, dimensions: $0.dimensions) }
    var layerCounts: [TensorRole: Int] = [:]
    for role in roles { layerCounts[role, default: 0] += 1 }
    let isTied = !tensors.contains { $0.name == "output.weight" }
    return zip(tensors, roles).map { tensor, role in
      guard role != .kept, let columns = tensor.dimensions.first else { return nil }
      let position = Position(
        role: role, layer: TensorRole.layer(inName: tensor.name) ?? 0, layerCount: layerCounts[role] ?? 0,
        queriesPerKey: queriesPerKey)
      return type(at: position, isTied: isTied, columns: columns).suiting(columns: columns)
    }
  }
}

extension TensorType {
  /// This type if rows are whole blocks of it, else a type of about the same size with shorter blocks.
  ///
  /// - Parameter columns: length of a row.
  func suiting(columns: Int) -> TensorType {
    guard columns % elementsPerBlock != 0 else { return self }
    let shorter: TensorType =
      switch self {
      case .iq4_xs: .iq4_nl
      case .q2_K, .q3_K, .tq1_0, .tq2_0, .sawb2, .nvfp4: .q4_0
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      default: .f16
      }
    return columns % shorter.elementsPerBlock == 0 ? shorter : .f16
  }
}
