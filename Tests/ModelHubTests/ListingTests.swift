// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import TestSupport
import Testing

@Suite("The hub's lists, redirects, checksums and rates")
struct ListingTests {
  private func files(_ json: String) throws -> [RemoteFile] {
    try FileListing.files(page: Data(json.utf8), repository: "o/n")
  }

  private static let sha = String(repeating: "0123456789abcdef", count: 4)

  @Test("A list gives each file its size and checksum, and leaves folders out")
  func list() throws {
    let found = try files(
      """
      [{"type":"directory","oid":"x","size":0,"path":"d"},
       {"type":"file","oid":"\(String(repeating: "b", count: 40))","size":7,"path":"README.md"},
       {"type":"file","oid":"\(String(repeating: "c", count: 40))","size":9,"path":"d/m.gguf","xetHash":"f",
        "lfs":{"oid":"\(Self.sha.uppercased())","size":9,"pointerSize":135}}]
      """)
    #expect(
      found == [
        RemoteFile(path: "README.md", byteCount: 7, gitBlob: String(repeating: "b", count: 40)),
        RemoteFile(path: "d/m.gguf", byteCount: 9, sha256: Self.sha),
      ])
  }

  @Test(
    "A list that is none, or lacks what is needed, is refused",
    arguments: [
      "", "{}", "null", "[", "[1]", #"[{"type":"file"}]"#, #"[{"type":"file","path":"m.gguf"}]"#,
      #"[{"type":"file","path":"m.gguf","size":-1}]"#, #"[{"type":"file","path":"m.gguf","size":1e300}]"#,
      #"[{"type":"file","path":"m.gguf","size":1.5}]"#, #"[{"type":"file","path":"m.gguf","size":99999999999999999}]"#,
      #"[{"type":"file","path":"m.gguf","size":1,"lfs":{"oid":"../../etc","size":1}}]"#,
      #"[{"type":"file","path":"m.gguf","size":1,"oid":"x"}]"#, "<!doctype html><html></html>",
      String(repeating: "[", count: 100_000),
    ])
  func malformed(json: String) {
    let error = #expect(throws: HubError.self) { try files(json) }
    #expect(error?.reason == .malformedListing)
  }

  @Test(
    "A model's name that would leave the cache is refused, and other such names are passed over",
    arguments: [
      "../m", "/etc/m", "a/../../m", "a//m", ".hidden/m", ".m", "a/./m", "a\\\\..\\\\m", "m\\u0000", "m\\n",
      "m\\u001b[2J", "m\\u009b", "a/b/c/d/e/f/g/h/m", String(repeating: "m", count: 300),
    ])
  func names(name: String) throws {
    let entry = { (ending: String) in #"[{"type":"file","path":"\#(name)\#(ending)","size":1}]"# }
    let error = #expect(throws: HubError.self) { try files(entry(".gguf")) }
    #expect(error?.reason == .unsafeName)
    #expect(try files(entry(".txt")).isEmpty)
  }

  @Test("Names that only look strange are kept")
  func strangeNames() {
    for name in ["a b.gguf", "ünïcode-模型.gguf", "Q4_K_M/m-00001-of-00002.gguf", "m..gguf", "%2e%2e.gguf", "~.gguf"] {
      #expect(RemoteFile.isSafe(name), "\(name)")
    }
  }

  @Test("A damaged list is read or refused, and what is read is safe")
  func damaged() throws {
    let list =
      #"[{"type":"file","oid":"\#(String(repeating: "c", count: 40))","size":9,"path":"d/m-Q8_0.gguf","#
      + #""lfs":{"oid":"\#(Self.sha)","size":9}},{"type":"directory","path":"d"}]"#
    var random = SplitMix64(seed: 7)
    for _ in 0..<4000 {
      var bytes = Array(list.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: Array("../\"[{:9".utf8).shuffled(using: &random).prefix(3), at: place)
        }
      }
      guard let files = try? FileListing.files(page: Data(bytes), repository: "o/n") else { continue }
      #expect(files.allSatisfy { RemoteFile.isSafe($0.path) && $0.byteCount >= 0 })
      _ = try? ModelSelection(files: files, repository: "o/n")
      _ = FileListing.nextPage(link: String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test("The next page's address is found among a header's links")
  func pages() {
    #expect(FileListing.nextPage(link: #"<https://h/x?cursor=1>; rel="next""#) == "https://h/x?cursor=1")
    #expect(FileListing.nextPage(link: #"<https://h/a>; rel="prev", <https://h/b>; rel="next""#) == "https://h/b")
    for link in [nil, "", "nonsense", #"<https://h/a>; rel="prev""#, "<>", ";", ",,;;<"] {
      #expect(FileListing.nextPage(link: link) == nil)
    }
  }

  @Test(
    "Redirects are followed to web addresses, and never out of encryption",
    arguments: [
      ("https://hub/a/b", "https://cdn.example/x?y=z", "https://cdn.example/x?y=z"),
      ("https://hub/a/b", "/c", "https://hub/c"),
      ("http://hub/a", "https://hub/a", "https://hub/a"), ("http://hub:8080/a", "http://other/a", "http://other/a"),
      ("https://hub/a", "http://hub/a", nil), ("https://hub/a", "file:///etc/passwd", nil), ("https://hub/a", nil, nil),
      ("http://hub/a", "ftp://hub/a", nil), ("https://hub/a", "https://user:word@hub/a", nil),
      ("https://hub/a", "https://", nil), ("https://hub/a", "javascript:alert(1)", nil),
      ("https://hub/a", "data:,x", nil), ("https://hub/a", "https:///x", nil),
    ])
  func redirects(from: String, location: String?, expected: String?) throws {
    let url = try #require(URL(string: from))
    guard let expected else {
      let error = #expect(throws: HubError.self) { try Redirect.target(of: location, from: url) }
      #expect(error?.reason == .badRedirect)
      return
    }
    #expect(try Redirect.target(of: location, from: url).absoluteString == expected)
  }

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

  @Test("A rate is that of the last seconds")
  func rate() throws {
    var meter = RateMeter()
    #expect(meter.bytesPerSecond == nil)
    for step in 0...100 { meter.note(step * 1000, at: Double(step) * 0.1) }
    #expect(try abs(#require(meter.bytesPerSecond) - 10_000) < 1)
    for step in 1...100 { meter.note(100_000 + step * 10, at: 10 + Double(step) * 0.1) }
    #expect(try abs(#require(meter.bytesPerSecond) - 100) < 1)
    meter.note(5, at: 21)
    #expect(meter.bytesPerSecond == nil, "the download began anew")
    let progress = PullProgress(file: "m", byteCount: 100, wholeByteCount: 300, bytesPerSecond: 50)
    #expect(progress.secondsLeft == 4)
    #expect(PullProgress(file: "m", byteCount: 1, wholeByteCount: 3, bytesPerSecond: 0).secondsLeft == nil)
  }
}
