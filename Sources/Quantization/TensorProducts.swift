// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

extension GGUFFile {
  /// How precisely the runtime computes the products with a tensor.
  ///
  /// - Parameters:
  ///   - tensor: of this file.
  ///   - type: that the tensor is stored in; nil for the one that it has.
  ///   - layout: how the weights lie in memory; nil for what its kind of model uses if nothing else is asked for.
  /// - Returns: nil for what is not multiplied with: norms, biases, small convolutions, embeddings that are only looked
  ///   up. Nil also for types that are not computed with.
  public func productPrecision(
    of tensor: TensorDescription, as type: TensorType? = nil, layout: WeightLayout? = nil
  ) -> ProductPrecision? {
    guard isMultiplied(tensor), let outputs = tensor.dimensions.last(where: { $0 != 1 }) else { return nil }
    let usual: WeightLayout = isVisionTower ? .repackedQ8 : .repacked
    return ProductPrecision(
      type: type ?? tensor.type, columns: tensor.elementCount / outputs, layout: layout ?? usual)
  }

  private var isVisionTower: Bool { (try? metadata.stringIfPresent("general.architecture")) == "clip" }

  private func isMultiplied(_ tensor: TensorDescription) -> Bool {
    // The patch embedding is kept as it is, and multiplied with.
    if tensor.name.contains(".patch_embd.weight") { return true }
    switch TensorRole(tensor) {
    case .kept: return false
    case .tokenEmbedding: return self.tensor("output.weight") == nil
    default: return true
    }
  }
}
