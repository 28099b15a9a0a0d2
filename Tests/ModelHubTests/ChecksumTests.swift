// SPDX-License-Identifier: Apache-2.0

import ModelHub
import Testing

@Suite("Checksums of downloads")
struct ChecksumTests {
  /// FIPS 180-4's examples, and one of Git.
  @Test(
    "Checksums are those of the standard",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func sha256(text: String, expected: String) throws {
    for pieceSize in [1 << 20, 64, 63, 7] {
      let checksum = try Checksum.sha256()
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        rest.prefix(pieceSize).withUnsafeBytes { checksum.add($0) }
        rest = rest.dropFirst(pieceSize)
      }
      #expect(checksum.finish() == expected, "in pieces of \(pieceSize)")
    }
  }

  @Test("A small file's checksum is Git's name for its contents")
  func gitBlob() throws {
    let checksum = try Checksum.gitBlob(byteCount: 6)
    Array("hello\n".utf8).withUnsafeBytes { checksum.add($0) }
    #expect(checksum.finish() == "ce013625030ba8dba906f756967f9e9ca394464a")
  }
}
