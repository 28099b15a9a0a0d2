// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import ModelFile

extension ModelFingerprint {
  /// The first bytes of each tensor that are digested.
  private static let sampleBytes = 256

  /// The names, types and sizes of a language model's tensors and the first bytes of each, as a 64-bit FNV-1a digest.
  init(file: GGUFFile, name: String, shape: CacheShape) {
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
    for tensor in file.tensors {
      add("\(tensor.name) \(tensor.type.name) \(tensor.dimensions)".utf8)
      add(file.bytes(of: tensor).prefix(Self.sampleBytes))
    }
    let digits = String(digest, radix: 16)
    self.init(name: name, shape: shape, digest: String(repeating: "0", count: 16 - digits.count) + digits)
  }
}
