// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import TestSupport
import Testing

@Suite("The hub's lists of files")
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

  @Test("A size that no file has is told from one that is missing")
  func sizes() {
    let message = { (entry: String) in
      let error = #expect(throws: HubError.self) { try files(#"[{"type":"file","path":"m.gguf"\#(entry)}]"#) }
      return error?.message ?? ""
    }
    #expect(
      message(#","size":1000000000000000"#).contains("m.gguf a size of 1000000000000000 bytes; no model has more"))
    #expect(message(#","size":-1"#).contains("m.gguf a size of -1 bytes"))
    #expect(message("").contains("it gives no size for m.gguf"))
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
}
