// SPDX-License-Identifier: Apache-2.0

import ModelFile
import Testing

@Suite("Metadata getters")
struct MetadataTests {
  let metadata = GGUFMetadata(
    path: "a.gguf",
    [
      "text": .string("hello"), "whole": .uint32(7), "big": .uint64(.max), "real": .float32(0.5), "flag": .bool(false),
      "texts": .array(GGUFArray(["a", "b"])), "numbers": .array(GGUFArray([1, 2, 3] as [Int32])),
    ])

  @Test("Give an entry's value")
  func present() throws {
    #expect(try metadata.string("text") == "hello")
    #expect(try metadata.integer("whole") == 7)
    #expect(try metadata.float("real") == 0.5)
    #expect(try metadata.bool("flag") == false)
    #expect(try metadata.strings("texts") == ["a", "b"])
    #expect(try metadata.integers("numbers") == [1, 2, 3])
  }

  @Test("Name an absent entry, and what file it is absent from")
  func absent() {
    #expect(throws: GGUFError.missingKey(path: "a.gguf", key: "nothing")) { try metadata.integer("nothing") }
    #expect(throws: GGUFError.missingKey(path: "a.gguf", key: "nothing")) { try metadata.strings("nothing") }
  }

  @Test("Return nil for an absent entry where it is optional")
  func optional() throws {
    #expect(try metadata.integerIfPresent("nothing") == nil)
    #expect(try metadata.floatsIfPresent("nothing") == nil)
  }

  @Test("Say what an entry of the wrong type is, optional or not")
  func wrongType() {
    let error = GGUFError.wrongType(path: "a.gguf", key: "text", expected: "a whole number", found: "string")
    #expect(throws: error) { try metadata.integer("text") }
    #expect(throws: error) { try metadata.integerIfPresent("text") }
    #expect(throws: GGUFError.self) { try metadata.strings("numbers") }
    #expect(throws: GGUFError.self) { try metadata.floats("numbers") }
    #expect(throws: GGUFError.self) { try metadata.float("whole") }
  }

  @Test("Refuse a number that does not fit")
  func tooBig() {
    #expect(throws: GGUFError.self) { try metadata.integer("big") }
  }

  @Test("Cut a name that messages repeat, and no other string")
  func longName() throws {
    var changed = metadata
    let long = String(repeating: "x", count: 1_000_000)
    changed["text"] = .string(long)
    #expect(try changed.name("text") == String(repeating: "x", count: 80) + "…")
    #expect(try changed.nameIfPresent("text")?.count == 81 && changed.string("text") == long)
    #expect(try changed.nameIfPresent("nothing") == nil)
  }

  @Test("See entries added, replaced and taken away")
  func changes() {
    var changed = metadata
    changed["new"] = .bool(true)
    changed["whole"] = .uint8(1)
    changed["text"] = nil
    #expect(changed.keys == ["whole", "big", "real", "flag", "texts", "numbers", "new"])
    #expect(changed["whole"] == .uint8(1))
    #expect(changed["text"] == nil)
  }
}
