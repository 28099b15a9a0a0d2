// SPDX-License-Identifier: Apache-2.0

import Compute
import ModelFile

/// The new type of each tensor of a file, decided before anything is written.
public struct QuantizationPlan: Sendable {
  /// One tensor and its new type.
  public struct Entry: Sendable {
    /// The tensor in the file that is read.
    public let tensor: TensorDescription
    /// The new type; the tensor's own type if it is not changed.
    public let target: TensorType
    /// Bytes in the new file.
    public let byteCount: Int
    /// The type that the recipe asks for, if the rows are not whole blocks of it.
    public let unsuitable: TensorType?
    /// How precisely the runtime will compute products with it; nil for what is not multiplied with.
    public let precision: ProductPrecision?

    /// Whether the tensor is copied without a change.
    public var isKept: Bool { target == tensor.type }
  }

  /// The name of the recipe that the plan follows, or of its target.
  public let name: String
  /// All tensors, in the order of the file.
  public let entries: [Entry]
  /// Remarks for the user, on precision and on types that do not fit.
  public private(set) var notes: [String]
  /// How the types were chosen; nil for those of a recipe.
  public private(set) var record: PrecisionPlanRecord?
  private(set) var metadata: GGUFMetadata

  /// The value for `general.file_type`, of a recipe that is not a copy.
  public let fileType: Int
  /// Bytes of all tensors in the file that is read.
  public var bytesBefore: Int { entries.reduce(0) { $0 + $1.tensor.byteCount } }
  /// Bytes of all tensors in the new file.
  public var bytesAfter: Int { entries.reduce(0) { $0 + $1.byteCount } }
  /// Values of all tensors.
  public var elementCount: Int { entries.reduce(0) { $0 + $1.tensor.elementCount } }

  /// Bytes of the new file, with its header.
  public var fileByteCount: Int { GGUFWriter.byteCount(metadata: metadata, tensors: declarations) }

  /// The tensors of the new file.
  var declarations: [GGUFWriter.Declaration] {
    entries.map { .init(name: $0.tensor.name, dimensions: $0.tensor.dimensions, type: $0.target) }
  }

  /// The plan of a recipe.
  ///
  /// - Throws: `QuantizationError.alreadyQuantized`, `tooLarge`, or `nothingToDo`.
  public init(file: GGUFFile, recipe: QuantizationRecipe) throws(QuantizationError) {
    let isTied = file.tensor("output.weight") == nil
    let queriesPerKey = Self.queriesPerKey(file.metadata)
    var layerCounts: [TensorRole: Int] = [:]
    for tensor in file.tensors { layerCounts[TensorRole(tensor), default: 0] += 1 }

    let entries = try file.tensors.map { (tensor) throws(QuantizationError) in
      let role = TensorRole(tensor)
      guard role != .kept, !recipe.isCopy, let columns = tensor.dimensions.first else {
        return try Self.entry(tensor, of: file, to: tensor.type, unsuitable: nil)
      }
      let position = QuantizationRecipe.Position(
        role: role, layer: TensorRole.layer(inName: tensor.name) ?? 0, layerCount: layerCounts[role] ?? 0,
        queriesPerKey: queriesPerKey)
      let wanted = recipe.type(at: position, isTied: isTied, columns: columns)
      let target = wanted.suiting(columns: columns)
      return try Self.entry(tensor, of: file, to: target, unsuitable: target == wanted ? nil : wanted)
    }
    try self.init(
      file: file, name: recipe.name, entries: entries, fileType: recipe.isCopy ? nil : recipe.fileType,
      isQuantized: recipe.type.isQuantized)
  }

  /// A plan with a type of its own for each tensor.
  ///
  /// - Parameters:
  ///   - name: of the target that the types were chosen for.
  ///   - types: by name of the tensor, whose rows are whole blocks of them; other tensors are kept.
  /// - Throws: `QuantizationError.alreadyQuantized`, `tooLarge`, or `nothingToDo`.
  public init(file: GGUFFile, name: String, types: [String: TensorType]) throws(QuantizationError) {
    let entries = try file.tensors.map { (tensor) throws(QuantizationError) in
      try Self.entry(tensor, of: file, to: types[tensor.name] ?? tensor.type, unsuitable: nil)
    }
    var bytes: [TensorType: Int] = [:]
    for entry in entries where !entry.isKept { bytes[entry.target, default: 0] += entry.byteCount }
    // Other programs show the file as the recipe of the type that most bytes have.
    let main = bytes.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key
    let recipe = QuantizationRecipe.all.first { $0.type == main }
    try self.init(
      file: file, name: name, entries: entries, fileType: recipe?.fileType ?? 0, isQuantized: true)
  }

  /// - Parameter fileType: nil for a copy, which keeps the one it has.
  private init(
    file: GGUFFile, name: String, entries: [Entry], fileType: UInt32?, isQuantized: Bool
  ) throws(QuantizationError) {
    guard fileType == nil || entries.contains(where: { !$0.isKept }) else {
      throw .nothingToDo(path: file.path, recipe: name)
    }
    self.name = name
    self.entries = entries
    self.fileType = fileType.map(Int.init) ?? 0
    notes = Self.notes(entries)
    metadata = file.metadata
    // One file is written, even if the original is split into parts.
    for key in ["split.no", "split.count", "split.tensors.count"] { metadata[key] = nil }
    // The writer makes those of the new tensors.
    metadata[TensorChecksums.key] = nil
    guard let fileType else { return }
    metadata["general.file_type"] = .uint32(fileType)
    if isQuantized { metadata["general.quantization_version"] = .uint32(2) }
  }

  private static func entry(
    _ tensor: TensorDescription, of file: GGUFFile, to target: TensorType, unsuitable: TensorType?
  ) throws(QuantizationError) -> Entry {
    let precision = file.productPrecision(of: tensor, as: target)
    guard target != tensor.type else {
      return Entry(
        tensor: tensor, target: target, byteCount: tensor.byteCount, unsuitable: nil, precision: precision)
    }
    guard sources.contains(tensor.type) else {
      throw .alreadyQuantized(path: file.path, tensor: tensor.name, type: tensor.type)
    }
    guard let byteCount = TensorDescription.byteCount(dimensions: tensor.dimensions, type: target) else {
      throw .tooLarge(path: file.path, tensor: tensor.name)
    }
    return Entry(
      tensor: tensor, target: target, byteCount: byteCount, unsuitable: unsuitable, precision: precision)
  }

  /// Adds a remark for the user.
  public mutating func note(_ text: String) { notes.append(text) }

  /// Keeps in the new file how its types were chosen.
  public mutating func keep(_ record: PrecisionPlanRecord) {
    self.record = record
    record.store(in: &metadata)
  }

  /// Adds to the notes and to the metadata of the new file that the importance of columns was measured.
  ///
  /// - Parameters:
  ///   - tokens: that the model read for it.
  ///   - windows: that they stood in.
  ///   - longest: tokens of the longest of them.
  public mutating func note(calibratedOn tokens: Int, windows: Int, longest: Int) {
    notes.append(
      "The importance of each column of weights was measured on \(tokens) tokens in \(windows) windows, the longest of "
        + "\(longest).")
    // The key of llama.cpp's files, which count blocks of text there.
    metadata["quantize.imatrix.chunks_count"] = .uint32(UInt32(clamping: windows))
  }

  /// Keeps in the new file the largest magnitude of each layer's output, by which the runtime notices damaged weights.
  ///
  /// - Parameter maxima: of each layer; nothing is kept unless all are finite and above 0.
  public mutating func keep(layerMaxima maxima: [Float]) {
    guard !maxima.isEmpty, maxima.allSatisfy({ $0 > 0 && $0.isFinite }) else { return }
    metadata[GGUFMetadata.layerMaximaKey] = .array(GGUFArray(maxima))
  }

  /// Adds to the notes and to the metadata of the new file that channels were scaled.
  public mutating func note(_ scaling: ChannelScaling) {
    let scaled = scaling.choices.filter { $0.rule != nil }
    let before = scaling.choices.reduce(0) { $0 + $1.errorBefore }
    let after = scaling.choices.reduce(0) { $0 + $1.errorAfter }
    var text = "Channels are scaled (AQAS) at \(scaled.count) of \(scaling.choices.count) inputs of matrices"
    if before > 0 {
      text +=
        "; the squared error of these products, with activations in 8 bits, is "
        + "\(Int((after / before * 100).rounded())) % of what it was"
    }
    notes.append(text + ".")
    let layers = Set(scaling.unscalable.compactMap(\.layer)).count
    if layers > 0 {
      notes.append("In \(layers) layers some inputs cannot be scaled, because no norm or matrix makes them alone.")
    }
    if !scaled.isEmpty { markScaled() }
  }

  /// Says in the metadata of the new file that its channels are scaled.
  public mutating func markScaled() { metadata[GGUFMetadata.channelScalingKey] = .string("aqas") }

  /// Types that may be quantized: floats, and Q8_0, which has lost little.
  static let sources: Set<TensorType> = [.f32, .f16, .bf16, .q8_0]

  private static func queriesPerKey(_ metadata: GGUFMetadata) -> Int {
    guard
      let architecture = try? metadata.name("general.architecture"),
      let queries = try? metadata.integer("\(architecture).attention.head_count"),
      let keys = keyValueHeads(metadata, key: "\(architecture).attention.head_count_kv"), queries > 0, keys > 0
    else { return 1 }
    return queries / keys
  }

  /// A number for all layers, or the largest of one for each layer: layers without attention have 0.
  private static func keyValueHeads(_ metadata: GGUFMetadata, key: String) -> Int? {
    (try? metadata.integer(key)) ?? (try? metadata.integers(key))?.max()
  }

  private static func notes(_ entries: [Entry]) -> [String] {
    var notes: [String] = []
    let second = entries.count { !$0.isKept && $0.tensor.type == .q8_0 }
    if second > 0 {
      notes.append(
        "\(second) tensors are Q8_0, which has rounded them once; the F16 or BF16 original gives a better file.")
    }
    let unsuitable = entries.count { $0.unsuitable != nil }
    if unsuitable > 0 {
      notes.append(
        "\(unsuitable) tensors have rows that are not whole blocks of the type of the recipe, and get another type.")
    }
    return notes
  }
}
