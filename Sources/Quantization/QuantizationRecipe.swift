// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// A way to quantize a whole model: the type of most matrices, and which ones get more bits.
///
/// A new format becomes one entry of `all`, once `BlockFormat` can write it. The rules are the customary ones of
/// llama.cpp's files of the same names (its source, `llama-quant.cpp`), so that files compare.
public struct QuantizationRecipe: Sendable {
  /// As people know it, such as `Q4_K_M`.
  public let name: String
  /// Of the matrices that no rule names.
  public let type: TensorType
  /// The number for it in `general.file_type`.
  let fileType: UInt32
  /// A type other than `type` for a tensor at this place, or nil.
  private let exception: @Sendable (Place) -> TensorType?

  /// Where a matrix stands in the model.
  struct Place {
    var role: TensorRole
    /// Counted from 0, of `layerCount` that have such a tensor.
    var layer: Int
    var layerCount: Int
    /// Query heads that share a key head.
    var queriesPerKey: Int

    /// The first and last eighth of the layers, and every third between.
    var isSensitive: Bool {
      let eighth = layerCount / 8
      return layer < eighth || layer >= 7 * layerCount / 8 || (layer - eighth) % 3 == 2
    }

    func isInFirst(_ part: Int) -> Bool { layer < layerCount / part }
  }

  private init(
    _ name: String, _ type: TensorType, fileType: UInt32,
    except exception: @escaping @Sendable (Place) -> TensorType? = { _ in nil }
  ) {
    self.name = name
    self.type = type
    self.fileType = fileType
    self.exception = exception
  }

  /// The recipe of this name, however its letters are cased; `Q4_K` is `Q4_K_M`, and so on.
  public init?(named name: String) {
    let name = name.uppercased()
    let full = ["Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"][name] ?? name
    guard let recipe = Self.all.first(where: { $0.name == full }) else { return nil }
    self = recipe
  }

  /// The type for a matrix whose rows suit it; `QuantizationPlan` sees to those that do not.
  func type(at place: Place, isTied: Bool, columns: Int) -> TensorType {
    guard type.isQuantized else { return type }
    if place.role == .output || (place.role == .tokenEmbedding && isTied) {
      // What the last product gives is what is chosen from: it is kept more exactly.
      let isRough = type != .q8_0 && type != .mxfp4
      return isRough && columns % type.elementsPerBlock == 0 ? .q6_K : .q8_0
    }
    return exception(place) ?? type
  }

  public static let all: [QuantizationRecipe] = [
    .init("F32", .f32, fileType: 0),
    .init("F16", .f16, fileType: 1),
    .init("BF16", .bf16, fileType: 32),
    .init("Q8_0", .q8_0, fileType: 7),
    .init("Q6_K", .q6_K, fileType: 18),
    .init("Q5_K_M", .q5_K, fileType: 17, except: sensitiveIn6Bits),
    .init("Q5_K_S", .q5_K, fileType: 16),
    .init("Q5_1", .q5_1, fileType: 9),
    .init("Q5_0", .q5_0, fileType: 8),
    .init("Q4_K_M", .q4_K, fileType: 15, except: sensitiveIn6Bits),
    .init("Q4_K_S", .q4_K, fileType: 14) { place in
      switch place.role {
      case .attentionValue: place.layer < 4 ? .q5_K : nil
      case .feedForwardDown: place.isInFirst(8) ? .q5_K : nil
      default: nil
      }
    },
    .init("Q4_1", .q4_1, fileType: 3),
    .init("Q4_0", .q4_0, fileType: 2),
    .init("IQ4_NL", .iq4_nl, fileType: 25, except: startIn5Bits),
    .init("IQ4_XS", .iq4_xs, fileType: 30, except: startIn5Bits),
    .init("MXFP4", .mxfp4, fileType: 38) { $0.role == .tokenEmbedding ? .q8_0 : nil },
    .init("Q3_K_L", .q3_K, fileType: 13) { place in
      [.attentionValue, .feedForwardDown, .attentionOutput].contains(place.role) ? .q5_K : nil
    },
    .init("Q3_K_M", .q3_K, fileType: 12) { place in
      switch place.role {
      case .attentionValue: place.layer < 2 ? .q5_K : .q4_K
      case .feedForwardDown: place.isInFirst(16) ? .q5_K : .q4_K
      case .attentionOutput: .q4_K
      default: nil
      }
    },
    .init("Q3_K_S", .q3_K, fileType: 11),
    .init("Q2_K", .q2_K, fileType: 10) { place in
      switch place.role {
      case .attentionValue: place.queriesPerKey >= 4 ? .q4_K : .q3_K
      case .feedForwardDown, .attentionOutput: .q3_K
      default: nil
      }
    },
    .init("Q2_K_S", .q2_K, fileType: 21) { place in
      switch place.role {
      case .attentionValue: place.queriesPerKey >= 4 ? .q4_K : nil
      case .feedForwardDown: place.isInFirst(8) ? .q4_K : nil
      default: nil
      }
    },
  ]

  private static func sensitiveIn6Bits(_ place: Place) -> TensorType? {
    [.attentionValue, .feedForwardDown].contains(place.role) && place.isSensitive ? .q6_K : nil
  }

  private static func startIn5Bits(_ place: Place) -> TensorType? {
    switch place.role {
    case .attentionValue: place.queriesPerKey >= 4 ? .q5_K : nil
    case .feedForwardDown: place.isInFirst(8) ? .q5_K : nil
    default: nil
    }
  }
}
