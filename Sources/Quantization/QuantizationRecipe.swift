// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// How to quantize a whole model: the type of most matrices, and which matrices get more bits.
///
/// A new format is one entry of `all`, if `BlockQuantization` can encode it. The rules are those of llama.cpp's files
/// of the same names (`llama-quant.cpp`), so that files can be compared. Formats that llama.cpp does not have follow
/// the rules of its formats of the same size.
public struct QuantizationRecipe: Sendable {
  /// The usual name, such as `Q4_K_M`.
  public let name: String
  /// The type of the matrices that no rule names.
  public let type: TensorType
  /// The value for `general.file_type`.
  let fileType: UInt32
  /// Whether every tensor keeps its type.
  public var isCopy: Bool { name == Self.copy.name }
  /// The type for a tensor at this position if it is not `type`, or nil.
  private let exception: @Sendable (Position) -> TensorType?

  /// The role and the layer of a matrix.
  struct Position {
    var role: TensorRole
    /// Index of the layer, from 0.
    var layer: Int
    /// Layers that have such a tensor.
    var layerCount: Int
    /// Query heads that share a key-value head.
    var queriesPerKey: Int

    /// Whether the layer is in the first or last eighth, or is every third one between.
    var isSensitive: Bool {
      let eighth = layerCount / 8
      return layer < eighth || layer >= 7 * layerCount / 8 || (layer - eighth) % 3 == 2
    }

    /// Whether the layer is in the first `1 / part` of the layers.
    func isInFirst(_ part: Int) -> Bool { layer < layerCount / part }
  }

  private init(
    _ name: String, _ type: TensorType, fileType: UInt32,
    except exception: @escaping @Sendable (Position) -> TensorType? = { _ in nil }
  ) {
    self.name = name
    self.type = type
    self.fileType = fileType
    self.exception = exception
  }

  /// The recipe of this name, in upper or lower case. `Q3_K`, `Q4_K` and `Q5_K` are the recipes with `_M`.
  ///
  /// - Returns: nil for an unknown name, and for that of `copy`.
  public init?(named name: String) {
    let name = name.uppercased()
    let full = ["Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"][name] ?? name
    guard let recipe = Self.all.first(where: { $0.name == full }) else { return nil }
    self = recipe
  }

  /// The type for a matrix. `TensorType.suiting` replaces it if the rows are not whole blocks of it.
  ///
  /// - Parameters:
  ///   - isTied: whether the embedding matrix is also the output matrix.
  ///   - columns: length of a row.
  func type(at position: Position, isTied: Bool, columns: Int) -> TensorType {
    guard type.isQuantized else { return type }
    if position.role == .output || (position.role == .tokenEmbedding && isTied) {
      // The logits depend directly on the output matrix, so it gets more bits than the others.
      let isRough = ![.q8_0, .mxfp4, .nvfp4].contains(type)
      return isRough && columns % type.elementsPerBlock == 0 ? .q6_K : .q8_0
    }
    return exception(position) ?? type
  }

  /// Changes no tensor: for a file that is to get checksums. The name is llama-quantize's.
  public static let copy = QuantizationRecipe("COPY", .f32, fileType: 0)

  /// All recipes that change tensors, those with more bits first.
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
    .init("Q4_K_S", .q4_K, fileType: 14) { position in
      switch position.role {
      case .attentionValue: position.layer < 4 ? .q5_K : nil
      case .feedForwardDown: position.isInFirst(8) ? .q5_K : nil
      default: nil
      }
    },
    .init("Q4_1", .q4_1, fileType: 3),
    .init("Q4_0", .q4_0, fileType: 2),
    .init("IQ4_NL", .iq4_nl, fileType: 25, except: startIn5Bits),
    .init("IQ4_XS", .iq4_xs, fileType: 30, except: startIn5Bits),
    .init("DINT4", .dint4, fileType: ownFileType(.dint4)),
    .init("AMXFP4", .amxfp4, fileType: ownFileType(.amxfp4)),
    .init("NVFP4", .nvfp4, fileType: 39) { $0.role == .tokenEmbedding ? .q8_0 : nil },
    .init("MXFP4", .mxfp4, fileType: 38) { $0.role == .tokenEmbedding ? .q8_0 : nil },
    .init("Q3_K_L", .q3_K, fileType: 13) { position in
      [.attentionValue, .feedForwardDown, .attentionOutput].contains(position.role) ? .q5_K : nil
    },
    .init("Q3_K_M", .q3_K, fileType: 12) { position in
      switch position.role {
      case .attentionValue: position.layer < 2 ? .q5_K : .q4_K
      case .feedForwardDown: position.isInFirst(16) ? .q5_K : .q4_K
      case .attentionOutput: .q4_K
      default: nil
      }
    },
    .init("Q3_K_S", .q3_K, fileType: 11),
    .init("Q2_K", .q2_K, fileType: 10) { position in
      switch position.role {
      case .attentionValue: position.queriesPerKey >= 4 ? .q4_K : .q3_K
      case .feedForwardDown, .attentionOutput: .q3_K
      default: nil
      }
    },
    .init("Q2_K_S", .q2_K, fileType: 21) { position in
      switch position.role {
      case .attentionValue: position.queriesPerKey >= 4 ? .q4_K : nil
      case .feedForwardDown: position.isInFirst(8) ? .q4_K : nil
      default: nil
      }
    },
    .init("SAWB2", .sawb2, fileType: ownFileType(.sawb2), except: embeddingIn4Bits),
    .init("TQ2_0", .tq2_0, fileType: 37, except: embeddingIn4Bits),
    .init("TQ1_0", .tq1_0, fileType: 36, except: embeddingIn4Bits),
  ]

  /// The value of `general.file_type` for this program's own types: their code, which llama.cpp has no name for.
  private static func ownFileType(_ type: TensorType) -> UInt32 { type.ggufCode }

  private static func embeddingIn4Bits(_ position: Position) -> TensorType? {
    position.role == .tokenEmbedding ? .q4_K : nil
  }

  private static func sensitiveIn6Bits(_ position: Position) -> TensorType? {
    [.attentionValue, .feedForwardDown].contains(position.role) && position.isSensitive ? .q6_K : nil
  }

  private static func startIn5Bits(_ position: Position) -> TensorType? {
    switch position.role {
    case .attentionValue: position.queriesPerKey >= 4 ? .q5_K : nil
    case .feedForwardDown: position.isInFirst(8) ? .q5_K : nil
    default: nil
    }
  }
}
