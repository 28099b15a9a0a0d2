// SPDX-License-Identifier: Apache-2.0

/// The first 4096 bytes of a offload file: whose it is, and what its pages belong to.
struct OffloadHeader: Equatable {
  let layout: OffloadLayout
  /// A checksum of how keys turn and of the model's fingerprint.
  let origin: UInt64
  /// Drawn anew whenever the file is emptied; records of another generation count for nothing.
  let generation: UInt64

  /// What a file says of itself.
  enum Reading: Equatable {
    /// Not a offload file.
    case foreign
    /// A offload file whose beginning is damaged.
    case damaged
    /// A offload file of another model, another version or another layout, its size apart.
    case other
    /// A offload file of this kind, with so many pages a head.
    case same(slotsPerHead: UInt64, generation: UInt64)
  }

  private static let magic: [UInt8] = Array("EDGERCLL".utf8)
  private static let version: UInt64 = 1

  static func origin(rotation: RoPEFrequencies, tag: String) -> UInt64 {
    var words = rotation.frequencies.map(\.bitPattern)
    words.append(UInt64(words.count))
    var text = Array(tag.utf8)
    text.append(contentsOf: repeatElement(0, count: (8 - text.count % 8) % 8))
    let sum = words.withUnsafeBytes { PageChecksum.of($0, seed: UInt64(tag.utf8.count)) }
    return text.withUnsafeBytes { PageChecksum.of($0, seed: sum) }
  }

  func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    bytes.copyBytes(from: OffloadHeader.magic)
    for (index, word) in (fixedWords + [UInt64(layout.slotsPerHead), generation]).enumerated() {
      bytes.storeBytes(of: word.littleEndian, toByteOffset: 8 + index * 8, as: UInt64.self)
    }
    bytes.storeBytes(of: OffloadHeader.checksum(bytes), toByteOffset: bytes.count - 8, as: UInt64.self)
  }

  /// Compares a file's beginning with this header.
  func compare(_ bytes: UnsafeRawBufferPointer) -> Reading {
    guard bytes.prefix(8).elementsEqual(OffloadHeader.magic) else { return .foreign }
    func word(_ index: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 + index * 8, as: UInt64.self))
    }
    guard bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self) == OffloadHeader.checksum(bytes) else {
      return .damaged
    }
    for (index, expected) in fixedWords.enumerated() where word(index) != expected { return .other }
    return .same(slotsPerHead: word(fixedWords.count), generation: word(fixedWords.count + 1))
  }

  private var fixedWords: [UInt64] {
    let sizes = [layout.shape.layers, layout.shape.keyValueHeads, layout.shape.headDimension, layout.pageTokens]
    return [OffloadHeader.version] + sizes.map(UInt64.init) + [origin]
  }

  private static func checksum(_ bytes: some Collection<UInt8>) -> UInt64 {
    Array(bytes.dropLast(8)).withUnsafeBytes { PageChecksum.of($0, seed: 0) }
  }
}
