// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import Platform

/// A checksum of bytes that come piece by piece: SHA-256, or Git's name for a file's contents. libavutil computes both.
package final class Checksum {
  private let state: OpaquePointer
  private let bits: Int

  /// SHA-256 of the bytes alone.
  ///
  /// - Throws: `HubError` when memory has run out.
  package static func sha256() throws(HubError) -> Checksum { try Checksum(bits: 256) }

  /// SHA-1 of the header of a Git blob of `byteCount` bytes, and of the bytes.
  ///
  /// - Throws: `HubError` when memory has run out.
  package static func gitBlob(byteCount: Int) throws(HubError) -> Checksum {
    let checksum = try Checksum(bits: 160)
    Array("blob \(byteCount)\0".utf8).withUnsafeBytes { checksum.add($0) }
    return checksum
  }

  private init(bits: Int) throws(HubError) {
    guard let state = shim_begin_sha(Int32(bits)) else { throw HubError(.disk, errorText(ENOMEM)) }
    self.state = state
    self.bits = bits
  }

  deinit { shim_free_sha(state) }

  /// Adds the next bytes.
  package func add(_ bytes: UnsafeRawBufferPointer) {
    shim_add_to_sha(state, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
  }

  /// The checksum of all bytes in hexadecimal digits. Nothing can be added afterwards.
  package func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    shim_finish_sha(state, &digest)
    return digest.prefix(bits / 8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
