// SPDX-License-Identifier: Apache-2.0

import Platform

/// Writes a GGUF file (version 3) as a stream: the header at once, then each tensor's bytes in the declared order.
///
/// The file gets its name in `finish()`; one that was begun and not finished leaves nothing behind, and a file that was
/// there before stays whole until the new one is. A pipe or a device is written as it is.
public final class GGUFWriter {
  /// A tensor to come.
  public struct Declaration: Sendable, Hashable {
    /// The tensor's name.
    public let name: String
    /// The fastest-running first, as in `TensorDescription`.
    public let dimensions: [Int]
    /// How its elements are stored.
    public let type: TensorType

    /// Declares a tensor.
    public init(name: String, dimensions: [Int], type: TensorType) {
      self.name = name
      self.dimensions = dimensions
      self.type = type
    }
  }

  /// The file to be written.
  public let path: String
  private let alignment: Int
  private let tensors: [Declaration]
  private let sizes: [Int]
  /// nil once the file is finished.
  private var file: OutputFile?
  private var current = 0
  private var writtenOfCurrent = 0
  /// Bytes written so far, padding included.
  private var position = 0
  /// Of the tensor that is being written; nil if no checksums are kept.
  private var checksum: XXH64?
  /// Of the tensors that are complete.
  private var checksums: [UInt64] = []
  /// Where the checksums are in the file.
  private var checksumOffset = 0

  /// Creates the file and writes its header.
  ///
  /// - Parameters:
  ///   - alignment: a power of two, noted as `general.alignment` unless it is the format's default of 32. It takes the
  ///     place of the metadata's own entry.
  ///   - keepingChecksums: keeps a checksum for each tensor in the metadata (`TensorChecksums`), in place of those that
  ///     the metadata have. A pipe gets none, because they come before the tensors.
  ///   - stop: ends the wait for the reader of a pipe, with an error.
  /// - Throws: `GGUFError.unwritable` for tensors that no file can hold, or with the system's reason.
  public init(
    path: String, metadata: GGUFMetadata, tensors: [Declaration], alignment: Int = 32, keepingChecksums: Bool = false,
    stop: StopSource? = nil
  ) throws(GGUFError) {
    guard alignment > 0, alignment & (alignment - 1) == 0, alignment <= GGUFParser.greatestAlignment else {
      throw .unwritable(path: path, reason: "an alignment of \(alignment) is not a power of two up to 2^20")
    }
    self.path = path
    self.alignment = alignment
    self.tensors = tensors
    let names = tensors.map(\.name)
    guard Set(names).count == names.count else {
      throw .unwritable(path: path, reason: "two tensors have the same name")
    }
    var sizes: [Int] = []
    for tensor in tensors {
      guard
        tensor.dimensions.count <= GGUFParser.mostDimensions,
        let size = TensorDescription.byteCount(dimensions: tensor.dimensions, type: tensor.type)
      else {
        throw .unwritable(
          path: path, reason: "tensor \(tensor.name) cannot be \(tensor.dimensions) of \(tensor.type.name)")
      }
      sizes.append(size)
    }
    self.sizes = sizes
    do throws(OutputError) { file = try OutputFile(path: path, stop: stop) } catch {
      throw .unwritable(path: path, reason: error.explanation)
    }
    var metadata = metadata
    // A pipe is asked for them in vain; those of the metadata are of another file.
    if keepingChecksums { metadata[TensorChecksums.key] = nil }
    if keepingChecksums, file?.isRewritable == true {
      checksum = XXH64()
      metadata[TensorChecksums.key] = Self.unknownChecksums(of: tensors)
    }
    let header = Self.header(metadata, tensors, alignment: alignment)
    checksumOffset = header.checksumEnd - MemoryLayout<UInt64>.stride * (tensors.count + 1)
    try put(header.bytes)
    try pad()
  }

  /// Appends bytes to the next tensor that is incomplete; a tensor may come in any number of pieces.
  ///
  /// - Throws: `GGUFError.unwritable` for more bytes than were declared, or with the system's reason.
  public func append(_ bytes: UnsafeRawBufferPointer) throws(GGUFError) {
    guard current < sizes.count else {
      throw .unwritable(path: path, reason: "all \(sizes.count) tensors are already complete")
    }
    guard bytes.count <= sizes[current] - writtenOfCurrent else {
      throw .unwritable(
        path: path, reason: "tensor \(tensors[current].name) is larger than the declared \(sizes[current]) bytes")
    }
    try put(bytes)
    checksum?.update(bytes)
    writtenOfCurrent += bytes.count
    if writtenOfCurrent == sizes[current] {
      current += 1
      writtenOfCurrent = 0
      if let complete = checksum {
        checksums.append(complete.digest)
        checksum = XXH64()
      }
      try pad()
    }
  }

  /// Appends bytes as above.
  ///
  /// - Throws: `GGUFError.unwritable`.
  public func append(_ bytes: [UInt8]) throws(GGUFError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(GGUFError) in try append(UnsafeRawBufferPointer(buffer)) }
  }

  /// Completes the file, waits until it is on the disk, and gives it its name.
  ///
  /// - Throws: `GGUFError.unwritable` if a tensor is incomplete, or with the system's reason.
  public func finish() throws(GGUFError) {
    guard let file else { throw .unwritable(path: path, reason: "it is finished already") }
    guard current == sizes.count else {
      throw .unwritable(path: path, reason: "tensor \(tensors[current].name) is incomplete")
    }
    self.file = nil
    do throws(OutputError) {
      if checksum != nil {
        var bytes: [UInt8] = []
        for integer in TensorChecksums.entry(checksums, of: tensors) { bytes.appendLittleEndian(integer) }
        try file.rewrite(bytes, at: checksumOffset)
      }
      try file.commit()
    } catch {
      throw .unwritable(path: path, reason: error.explanation)
    }
  }

  /// Bytes of a file with these metadata and tensors, and with checksums of the tensors.
  ///
  /// - Precondition: a file can hold the tensors, and their bytes fit into `Int`.
  public static func byteCount(metadata: GGUFMetadata, tensors: [Declaration]) -> Int {
    let alignment = GGUFParser.defaultAlignment
    var metadata = metadata
    metadata[TensorChecksums.key] = unknownChecksums(of: tensors)
    let header = padded(header(metadata, tensors, alignment: alignment).bytes.count)
    return tensors.reduce(header) {
      $0 + padded(TensorDescription.byteCount(dimensions: $1.dimensions, type: $1.type) ?? 0)
    }
  }

  /// Bytes of a tensor with those that come before the next one.
  public static func padded(_ bytes: Int) -> Int { padded(bytes, to: GGUFParser.defaultAlignment) }

  private static func padded(_ bytes: Int, to alignment: Int) -> Int { (bytes + alignment - 1) & ~(alignment - 1) }

  /// The entry that is written again in `finish`, when the checksums are known.
  private static func unknownChecksums(of tensors: [Declaration]) -> GGUFValue {
    .array(GGUFArray([UInt64](repeating: 0, count: tensors.count + 1)))
  }

  /// The header, and where the entry of checksums ends in it; 0 where there is none.
  private static func header(
    _ metadata: GGUFMetadata, _ tensors: [Declaration], alignment: Int
  ) -> (bytes: [UInt8], checksumEnd: Int) {
    var metadata = metadata
    metadata["general.alignment"] = alignment == GGUFParser.defaultAlignment ? nil : .uint32(UInt32(alignment))
    var checksumEnd = 0
    var bytes = Array("GGUF".utf8)
    bytes.appendLittleEndian(UInt32(3))
    bytes.appendLittleEndian(UInt64(tensors.count))
    bytes.appendLittleEndian(UInt64(metadata.keys.count))
    for key in metadata.keys {
      guard let value = metadata[key] else { continue }
      bytes.appendGGUF(string: key)
      bytes.appendLittleEndian(value.type.rawValue)
      bytes.append(value: value)
      if key == TensorChecksums.key { checksumEnd = bytes.count }
    }
    var offset = 0
    for tensor in tensors {
      bytes.appendGGUF(string: tensor.name)
      bytes.appendLittleEndian(UInt32(tensor.dimensions.count))
      for dimension in tensor.dimensions { bytes.appendLittleEndian(UInt64(dimension)) }
      bytes.appendLittleEndian(tensor.type.ggufCode)
      bytes.appendLittleEndian(UInt64(offset))
      offset += padded(
        TensorDescription.byteCount(dimensions: tensor.dimensions, type: tensor.type) ?? 0, to: alignment)
    }
    return (bytes, checksumEnd)
  }

  private func put(_ bytes: [UInt8]) throws(GGUFError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(GGUFError) in try put(UnsafeRawBufferPointer(buffer)) }
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws(GGUFError) {
    guard let file else { throw .unwritable(path: path, reason: "it is finished already") }
    do throws(OutputError) { try file.write(bytes) } catch {
      throw .unwritable(path: path, reason: error.explanation)
    }
    position += bytes.count
  }

  private func pad() throws(GGUFError) {
    let rest = position & (alignment - 1)
    if rest != 0 { try put([UInt8](repeating: 0, count: alignment - rest)) }
  }
}

extension [UInt8] {
  fileprivate mutating func append(value: GGUFValue) {
    switch value {
    case .uint8(let value): append(value)
    case .int8(let value): appendLittleEndian(value)
    case .uint16(let value): appendLittleEndian(value)
    case .int16(let value): appendLittleEndian(value)
    case .uint32(let value): appendLittleEndian(value)
    case .int32(let value): appendLittleEndian(value)
    case .uint64(let value): appendLittleEndian(value)
    case .int64(let value): appendLittleEndian(value)
    case .float32(let value): appendLittleEndian(value.bitPattern)
    case .float64(let value): appendLittleEndian(value.bitPattern)
    case .bool(let flag): append(flag ? 1 : 0)
    case .string(let text): appendGGUF(string: text)
    case .array(let array):
      appendLittleEndian(array.elementType.rawValue)
      appendLittleEndian(UInt64(array.count))
      append(contentsOf: array.bytes)
    }
  }
}
