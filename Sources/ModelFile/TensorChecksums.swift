// SPDX-License-Identifier: Apache-2.0

import Platform

/// A checksum for each tensor of a file: XXH64 of its bytes, as `llama-gguf-hash --xxh64` prints it.
///
/// A file keeps them in its metadata, under `TensorChecksums.key`, as an array of 64-bit integers in the order of the
/// tensor table. One more follows, of the table's names, types and dimensions and of the checksums themselves. It tells
/// damaged checksums, and those that another program has copied to a file of other tensors, from damaged tensors.
public struct TensorChecksums: Sendable, Hashable {
  /// The name of the metadata entry.
  public static let key = "edgeassist.checksum.xxh64"

  /// In the order of `GGUFFile.tensors`.
  public let values: [UInt64]

  /// The checksums that a file keeps; nil if it has none.
  ///
  /// - Throws: `GGUFError.unusableChecksums`.
  public init?(keptIn file: GGUFFile) throws(GGUFError) {
    guard let entry = file.metadata[Self.key] else { return nil }
    guard case .array(let array) = entry, let integers = array.unsignedIntegers else {
      throw .unusableChecksums(path: file.path, what: "\(Self.key) is \(entry.typeName), not an array of uint64")
    }
    guard integers.count == file.tensors.count + 1 else {
      throw .unusableChecksums(
        path: file.path, what: "there are \(max(integers.count - 1, 0)) for \(file.tensors.count) tensors")
    }
    values = integers.dropLast()
    guard integers.last == Self.seal(values, Self.table(file.tensors)) else {
      throw .unusableChecksums(path: file.path, what: "they do not agree with each other and the table of tensors")
    }
  }

  /// Reads a whole file, once, and checks it against the checksums that it keeps, if it does.
  ///
  /// - Parameters:
  ///   - progress: called with the bytes read so far, after each piece.
  ///   - stop: looked at after each piece.
  /// - Throws: `GGUFError.changedTensor` for the first tensor that differs, `unusableChecksums`, `unreadable`, or
  ///   `cancelled`.
  public init(
    checking file: GGUFFile, stop: StopSource? = nil, progress: (Int) -> Void = { _ in }
  ) throws(GGUFError) {
    let kept = try TensorChecksums(keptIn: file)
    let found = try TensorChecksums(of: file, stop: stop, progress: progress)
    if let index = kept.flatMap({ found.firstDifference(from: $0) }) {
      throw .changedTensor(path: file.path, tensor: file.tensors[index].name)
    }
    self = found
  }

  /// Reads a whole file, once.
  ///
  /// - Throws: `GGUFError.unreadable` or `cancelled`.
  public init(
    of file: GGUFFile, stop: StopSource? = nil, progress: (Int) -> Void = { _ in }
  ) throws(GGUFError) {
    let reader = try TensorReader(file)
    var values: [UInt64] = []
    var done = 0
    for tensor in file.tensors {
      var state = XXH64()
      for start in stride(from: 0, to: tensor.byteCount, by: TensorReader.pieceBytes) {
        let count = min(TensorReader.pieceBytes, tensor.byteCount - start)
        try reader.read(start..<start + count, of: tensor) { state.update($0) }
        done += count
        progress(done)
        if stop?.isStopped == true { throw .cancelled(path: file.path) }
      }
      values.append(state.digest)
    }
    self.values = values
  }

  /// The index of the first tensor whose checksum differs; nil if none does.
  public func firstDifference(from others: TensorChecksums) -> Int? {
    values.indices.first { !others.values.indices.contains($0) || values[$0] != others.values[$0] }
  }

  /// A checksum as `llama-gguf-hash` writes it: 16 hexadecimal digits.
  public static func text(_ checksum: UInt64) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  // MARK: The metadata entry

  /// The integers of the metadata entry.
  static func entry(_ values: [UInt64], of tensors: [GGUFWriter.Declaration]) -> [UInt64] {
    let table = tensors.map { line($0.name, $0.type, $0.dimensions) }.joined()
    return values + [seal(values, table)]
  }

  private static func table(_ tensors: [TensorDescription]) -> String {
    tensors.map { line($0.name, $0.type, $0.dimensions) }.joined()
  }

  private static func line(_ name: String, _ type: TensorType, _ dimensions: [Int]) -> String {
    "\(name) \(type.name) \(dimensions.map(String.init).joined(separator: "x"))\n"
  }

  private static func seal(_ values: [UInt64], _ table: String) -> UInt64 {
    var bytes = Array(table.utf8)
    for value in values { bytes.appendLittleEndian(value) }
    return bytes.withUnsafeBytes { XXH64.checksum(of: $0) }
  }
}
