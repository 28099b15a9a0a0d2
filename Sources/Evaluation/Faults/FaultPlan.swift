// SPDX-License-Identifier: Apache-2.0

import Inference
import ModelFile

/// A bit of a model file that is to be flipped.
public struct WeightFault: Sendable, Equatable {
  /// The tensor's name.
  public let tensor: String
  /// How the tensor is stored.
  public let type: TensorType
  /// What the bit is part of.
  public let meaning: TensorType.BitMeaning
  /// The byte, counted from the tensor's first.
  public let byte: Int
  /// The bit of the byte, from the lowest.
  public let bit: Int
}

/// Bits of a model's weights, chosen at random: as many of each meaning that the file has, because single bits of codes
/// are so frequent and do so little that hardly any other would be chosen.
struct FaultPlan {
  let faults: [WeightFault]
  /// Of all bits of the weights, how many have a meaning.
  let bitCounts: [TensorType.BitMeaning: Int]

  /// - Parameters:
  ///   - tensors: those of a file; types that cannot be computed with are left alone.
  ///   - count: of bits.
  ///   - seed: the same one always chooses the same bits.
  init(tensors: [TensorDescription], count: Int, seed: UInt64) {
    var counts: [TensorType.BitMeaning: Int] = [:]
    for tensor in tensors {
      for meaning in TensorType.BitMeaning.allCases {
        counts[meaning, default: 0] += Self.blocks(of: tensor) * tensor.type.bits(meaning: meaning).count
      }
    }
    bitCounts = counts.filter { $0.value > 0 }
    let meanings = TensorType.BitMeaning.allCases.filter { (counts[$0] ?? 0) > 0 }
    var generator = SeededGenerator(seed: seed)
    var faults: [WeightFault] = []
    for index in 0..<(meanings.isEmpty ? 0 : count) {
      let meaning = meanings[index % meanings.count]
      let bit = Int.random(in: 0..<(counts[meaning] ?? 1), using: &generator)
      if let fault = Self.fault(bit, of: meaning, in: tensors) { faults.append(fault) }
    }
    self.faults = faults
  }

  private static func blocks(of tensor: TensorDescription) -> Int { tensor.byteCount / tensor.type.bytesPerBlock }

  /// - Parameter index: counts the bits of this meaning in all tensors.
  private static func fault(
    _ index: Int, of meaning: TensorType.BitMeaning, in tensors: [TensorDescription]
  ) -> WeightFault? {
    var index = index
    for tensor in tensors {
      let bits = tensor.type.bits(meaning: meaning)
      let count = blocks(of: tensor) * bits.count
      guard index >= count else {
        let bit = bits[index % bits.count]
        return WeightFault(
          tensor: tensor.name, type: tensor.type, meaning: meaning,
          byte: index / bits.count * tensor.type.bytesPerBlock + bit / 8, bit: bit % 8)
      }
      index -= count
    }
    return nil
  }
}
