// SPDX-License-Identifier: Apache-2.0

/// The first 4096 bytes of an offload file: what it is, and which model its pages belong to.
struct OffloadHeader: Equatable {
  let layout: OffloadLayout
  /// A checksum of the RoPE frequencies and of the model's fingerprint.
  let origin: UInt64

  /// How a file's header compares with this one.
  enum Comparison: Equatable {
    /// Not an offload file.
    case foreign
    /// An offload file with a damaged header.
    case damaged
    /// An offload file of another model, another version or another layout.
    case other
    /// An offload file of this model; its size may differ.
    case same
  }

  private static let magic: [UInt8] = Array("EDGEOFFL".utf8)
  private static let version: UInt64 = 2

  /// A checksum of what the meaning of a key depends on.
  static func origin(rotation: RoPEFrequencies, tag: String) -> UInt64 {
    var words = rotation.frequencies.map(\.bitPattern)
    words.append(UInt64(words.count))
    var text = Array(tag.utf8)
    text.append(contentsOf: repeatElement(0, count: (8 - text.count % 8) % 8))
    let sum = words.withUnsafeBytes { PageChecksum.of($0, seed: UInt64(tag.utf8.count)) }
    return text.withUnsafeBytes { PageChecksum.of($0, seed: sum) }
  }

  /// Writes the header to 4096 bytes.
  func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    bytes.copyBytes(from: OffloadHeader.magic)
    for (index, word) in words.enumerated() {
      bytes.storeBytes(of: word.littleEndian, toByteOffset: 8 + index * 8, as: UInt64.self)
    }
    bytes.storeBytes(of: OffloadHeader.checksum(bytes), toByteOffset: bytes.count - 8, as: UInt64.self)
  }

  /// Compares the first 4096 bytes of a file with this header.
  func compare(_ bytes: UnsafeRawBufferPointer) -> Comparison {
    guard bytes.prefix(8).elementsEqual(OffloadHeader.magic) else { return .foreign }
    func word(_ index: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 + index * 8, as: UInt64.self))
    }
    guard bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self) == OffloadHeader.checksum(bytes) else {
      return .damaged
    }
    for (index, expected) in words.enumerated() where word(index) != expected { return .other }
    return .same
  }

  private var words: [UInt64] {
    let sizes = [layout.shape.layers, layout.shape.keyValueHeads, layout.shape.headDimension, layout.pageTokens]
    return [OffloadHeader.version] + sizes.map(UInt64.init) + [origin]
  }

  private static func checksum(_ bytes: some Collection<UInt8>) -> UInt64 {
    Array(bytes.dropLast(8)).withUnsafeBytes { PageChecksum.of($0, seed: 0) }
  }
}
