// SPDX-License-Identifier: Apache-2.0

/// The checksum XXH64 with seed 0, of bytes that come in any number of pieces.
///
/// It is the one that llama.cpp's `llama-gguf-hash --xxh64` prints for each tensor. Algorithm: the xxHash fast digest
/// specification (github.com/Cyan4973/xxHash, `doc/xxhash_spec.md`). It reads memory about as fast as the processor
/// can, and every change within eight bytes that are aligned to eight changes it. It is no protection against somebody
/// who means to deceive.
public struct XXH64: Sendable {
  private var lanes: (UInt64, UInt64, UInt64, UInt64)
  private var byteCount: UInt64 = 0
  /// Bytes that do not fill a stripe yet.
  private var rest: [UInt8] = []

  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
  private static let stripe = 32

  /// Of no bytes yet.
  public init() {
    lanes = (Self.prime1 &+ Self.prime2, Self.prime2, 0, 0 &- Self.prime1)
    rest.reserveCapacity(Self.stripe)
  }

  /// The checksum of these bytes.
  public static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    var state = XXH64()
    state.update(bytes)
    return state.digest
  }

  /// Appends bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var start = 0
    if !rest.isEmpty {
      start = min(Self.stripe - rest.count, bytes.count)
      rest.append(contentsOf: bytes[..<start])
      guard rest.count == Self.stripe else { return }
      rest.withUnsafeBytes { add(stripes: $0) }
      rest.removeAll(keepingCapacity: true)
    }
    let end = start + (bytes.count - start) / Self.stripe * Self.stripe
    add(stripes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    rest.append(contentsOf: bytes[end...])
  }

  /// Appends bytes.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The checksum of all bytes so far.
  public var digest: UInt64 {
    var hash: UInt64
    if byteCount >= UInt64(Self.stripe) {
      hash =
        Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12) &+ Self.rotate(lanes.3, 18)
      for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
        hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
      }
    } else {
      hash = Self.prime5
    }
    hash &+= byteCount
    rest.withUnsafeBytes { hash = Self.finish(hash, $0) }
    hash = (hash ^ hash >> 33) &* Self.prime2
    hash = (hash ^ hash >> 29) &* Self.prime3
    return hash ^ hash >> 32
  }

  private mutating func add(stripes bytes: UnsafeRawBufferPointer) {
    var (a, b, c, d) = lanes
    var offset = 0
    while offset < bytes.count {
      a = Self.round(a, Self.word(bytes, offset))
      b = Self.round(b, Self.word(bytes, offset + 8))
      c = Self.round(c, Self.word(bytes, offset + 16))
      d = Self.round(d, Self.word(bytes, offset + 24))
      offset += Self.stripe
    }
    lanes = (a, b, c, d)
  }

  /// Mixes in the bytes behind the last whole stripe.
  private static func finish(_ start: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = start
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = rotate(hash ^ round(0, word(bytes, offset)), 27) &* prime1 &+ prime4
      offset += 8
    }
    if offset + 4 <= bytes.count {
      let half = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      hash = rotate(hash ^ UInt64(half) &* prime1, 23) &* prime2 &+ prime3
      offset += 4
    }
    for byte in bytes[offset...] { hash = rotate(hash ^ UInt64(byte) &* prime5, 11) &* prime1 }
    return hash
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotate(lane &+ input &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value &<< bits | value &>> (64 &- bits) }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}
