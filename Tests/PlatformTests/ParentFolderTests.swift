// SPDX-License-Identifier: Apache-2.0

import Platform
import Testing

@Suite("Paths")
struct ParentFolderTests {
  @Test(
    "The folder of a file is what comes before its name",
    arguments: [
      ("a/b", "a"), ("b", ""), ("é", ""), (".", ""), ("", ""), ("/", "/"), ("//", "/"), ("/b", "/"), ("b/", ""),
      ("a/b//", "a"), ("a//b", "a"), ("//a//b", "//a"), ("a/b/c.gguf", "a/b"), ("../x", ".."),
    ])
  func parent(path: String, folder: String) {
    #expect(parentFolder(of: path) == folder)
  }
}
