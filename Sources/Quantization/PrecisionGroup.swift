// SPDX-License-Identifier: Apache-2.0

import ModelFile

/// Tensors that are stored in one type: those that multiply the same input, or a single one.
public struct PrecisionGroup: Sendable {
  /// The tensor's name without its suffix; of several, a name for all, such as `blk.0.attn_qkv`.
  public let name: String
  /// In the order of the file.
  public fileprivate(set) var tensors: [TensorDescription]
  /// The layer that they are of; nil for the embedding and the output matrix.
  public let layer: Int?
  /// The types that they may be stored in, the one with the fewest bytes first.
  public fileprivate(set) var candidates: [TensorType] = []

  /// Bytes in a type, with the padding that a file has between tensors.
  ///
  /// - Parameter type: one of `candidates`.
  public func byteCount(in type: TensorType) -> Int {
    tensors.reduce(0) {
      $0 + GGUFWriter.padded(TensorDescription.byteCount(dimensions: $1.dimensions, type: type) ?? 0)
    }
  }

  /// The types that are chosen from if none are named: those that llama.cpp reads as well and that lose little.
  public static let usualTypes: [TensorType] = [
    .q2_K, .q3_K, .iq4_xs, .iq4_nl, .q4_K, .q4_1, .q5_K, .q5_0, .q5_1, .q6_K, .q8_0,
  ]

  /// Groups the matrices that a model multiplies with: queries, keys and values of a layer together, and gate and up.
  ///
  /// - Parameters:
  ///   - isMultiplied: whether the model multiplies with the matrix of this name.
  ///   - types: to choose from. A matrix whose rows are not whole blocks of any of them is left as it is.
  /// - Returns: in the order in which a token passes them, the embedding first.
  /// - Throws: `QuantizationError.alreadyQuantized`, or `nothingToDo` without a group.
  public static func groups(
    of file: GGUFFile, types: [TensorType], isMultiplied: (String) -> Bool
  ) throws(QuantizationError) -> [PrecisionGroup] {
    var groups: [PrecisionGroup] = []
    var indices: [String: Int] = [:]
    for tensor in file.tensors where TensorRole(tensor) != .kept {
      guard tensor.name == embedding || isMultiplied(tensor.name) else { continue }
      guard QuantizationPlan.sources.contains(tensor.type) else {
        throw .alreadyQuantized(path: file.path, tensor: tensor.name, type: tensor.type)
      }
      let name = groupName(tensor.name)
      if let index = indices[name], groups[index].tensors[0].dimensions[0] == tensor.dimensions[0] {
        groups[index].tensors.append(tensor)
      } else {
        let name = indices[name] == nil ? name : String(tensor.name.dropLast(suffix.count))
        indices[name] = groups.count
        groups.append(
          PrecisionGroup(name: name, tensors: [tensor], layer: TensorRole.layer(inName: tensor.name)))
      }
    }
    for index in groups.indices { groups[index].setCandidates(from: types) }
    groups.removeAll { $0.candidates.isEmpty }
    guard !groups.isEmpty else {
      throw .nothingToDo(path: file.path, recipe: "a choice from \(types.map(\.name).joined(separator: ", "))")
    }
    func order(_ group: PrecisionGroup) -> Int {
      group.layer ?? (group.tensors.contains { $0.name == embedding } ? -1 : .max)
    }
    return groups.enumerated().sorted { (order($0.element), $0.offset) < (order($1.element), $1.offset) }
      .map(\.element)
  }

  /// Whether the group is the embedding, which is also looked up.
  public var isEmbedding: Bool { tensors.contains { $0.name == Self.embedding } }

  private mutating func setCandidates(from types: [TensorType]) {
    let columns = tensors[0].dimensions[0]
    let own = tensors.reduce(0) { $0 + GGUFWriter.padded($1.byteCount) }
    let sizes = types.filter { columns % $0.elementsPerBlock == 0 }.map { ($0, byteCount(in: $0)) }
    candidates = sizes.filter { $0.1 <= own }.sorted { ($0.1, $0.0.rawValue) < ($1.1, $1.0.rawValue) }.map(\.0)
  }

  private static let embedding = "token_embd.weight"
  private static let suffix = ".weight"

  private static func groupName(_ tensor: String) -> String {
    for (names, group) in [(["attn_q", "attn_k", "attn_v"], "attn_qkv"), (["ffn_gate", "ffn_up"], "ffn_gate_up")] {
      for name in names where tensor.hasSuffix("." + name + suffix) {
        return tensor.dropLast(name.count + suffix.count) + group
      }
    }
    return String(tensor.dropLast(suffix.count))
  }
}
