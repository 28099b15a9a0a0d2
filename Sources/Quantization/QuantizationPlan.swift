// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// What becomes of each tensor of a file, decided before anything is written.
public struct QuantizationPlan: Sendable {
  /// One tensor and its future.
  public struct Entry: Sendable {
    public let tensor: TensorDescription
    /// The tensor's own type if it is kept as it is.
    public let target: TensorType
    /// Bytes in the new file.
    public let byteCount: Int
    /// The type that the recipe asks for, where the rows' length does not suit it.
    public let unsuitable: TensorType?

    public var isKept: Bool { target == tensor.type }
  }

  public let recipe: QuantizationRecipe
  /// In the order of the file.
  public let entries: [Entry]
  /// What the person should know: what is lost, what could not be done.
  public let notes: [String]
  let metadata: GGUFMetadata

  /// What `general.file_type` will say.
  public var fileType: Int { Int(recipe.fileType) }
  /// Bytes of all tensors, before and after.
  public var bytesBefore: Int { entries.reduce(0) { $0 + $1.tensor.byteCount } }
  public var bytesAfter: Int { entries.reduce(0) { $0 + $1.byteCount } }
  public var elementCount: Int { entries.reduce(0) { $0 + $1.tensor.elementCount } }

  /// - Throws: `QuantizationError` if the file is quantized already or holds nothing that the recipe changes.
  public init(file: GGUFFile, recipe: QuantizationRecipe) throws(QuantizationError) {
    self.recipe = recipe
    let isTied = file.tensor("output.weight") == nil
    let queriesPerKey = Self.queriesPerKey(file.metadata)
    var layerCounts: [TensorRole: Int] = [:]
    for tensor in file.tensors { layerCounts[TensorRole(tensor), default: 0] += 1 }

    entries = try file.tensors.map { (tensor) throws(QuantizationError) in
      let role = TensorRole(tensor)
      guard role != .kept, let columns = tensor.dimensions.first else {
        return Entry(tensor: tensor, target: tensor.type, byteCount: tensor.byteCount, unsuitable: nil)
      }
      let place = QuantizationRecipe.Place(
        role: role, layer: TensorRole.layer(inName: tensor.name) ?? 0, layerCount: layerCounts[role] ?? 0,
        queriesPerKey: queriesPerKey)
      let wanted = recipe.type(at: place, isTied: isTied, columns: columns)
      let target = wanted.suiting(columns: columns)
      guard target != tensor.type else {
        return Entry(tensor: tensor, target: target, byteCount: tensor.byteCount, unsuitable: nil)
      }
      guard Self.sources.contains(tensor.type) else {
        throw .alreadyQuantized(path: file.path, tensor: tensor.name, type: tensor.type)
      }
      guard let byteCount = TensorDescription.byteCount(dimensions: tensor.dimensions, type: target) else {
        throw .tooLarge(path: file.path, tensor: tensor.name)
      }
      return Entry(
        tensor: tensor, target: target, byteCount: byteCount, unsuitable: target == wanted ? nil : wanted)
    }
    guard entries.contains(where: { !$0.isKept }) else {
      throw .nothingToDo(path: file.path, recipe: recipe.name)
    }
    notes = Self.notes(entries)
    metadata = Self.metadata(file.metadata, recipe)
  }

  /// What can be quantized: numbers as they were trained, and 8 bits, which lose little.
  private static let sources: Set<TensorType> = [.f32, .f16, .bf16, .q8_0]

  private static func queriesPerKey(_ metadata: GGUFMetadata) -> Int {
    guard
      let architecture = try? metadata.string("general.architecture"),
      let queries = try? metadata.integer("\(architecture).attention.head_count"),
      let keys = try? metadata.integer("\(architecture).attention.head_count_kv"), queries > 0, keys > 0
    else { return 1 }
    return queries / keys
  }

  private static func notes(_ entries: [Entry]) -> [String] {
    var notes: [String] = []
    let second = entries.count { !$0.isKept && $0.tensor.type == .q8_0 }
    if second > 0 {
      notes.append(
        "\(second) tensors come from Q8_0, which has rounded them once; F16 or BF16 originals give a better file.")
    }
    let unsuitable = entries.count { $0.unsuitable != nil }
    if unsuitable > 0 {
      notes.append(
        "\(unsuitable) tensors have rows that are not whole blocks of the type meant for them and get another one.")
    }
    return notes
  }

  private static func metadata(_ original: GGUFMetadata, _ recipe: QuantizationRecipe) -> GGUFMetadata {
    var metadata = original
    // One file is written, whatever the parts of the original.
    for key in ["split.no", "split.count", "split.tensors.count"] { metadata[key] = nil }
    metadata["general.file_type"] = .uint32(recipe.fileType)
    if recipe.type.isQuantized { metadata["general.quantization_version"] = .uint32(2) }
    return metadata
  }
}
