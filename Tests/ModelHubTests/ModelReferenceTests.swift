// SPDX-License-Identifier: Apache-2.0

import ModelHub
import Testing

@Suite("Names of models")
struct ModelReferenceTests {
  @Test(
    "A model is named by repository and quantization, with or without an address before them",
    arguments: [
      ("ggml-org/SmolVLM2-500M-Video-Instruct-GGUF:Q8_0", "ggml-org/SmolVLM2-500M-Video-Instruct-GGUF", "Q8_0"),
      ("hf:Qwen/Qwen3-VL-2B-Instruct-GGUF", "Qwen/Qwen3-VL-2B-Instruct-GGUF", nil),
      ("hf.co/a/b:ud-q4_k_xl", "a/b", "ud-q4_k_xl"),
      ("https://huggingface.co/a/b_c.d", "a/b_c.d", nil),
    ])
  func names(text: String, repository: String, quantization: String?) throws {
    let reference = try ModelReference(text)
    #expect(reference.repository == repository && reference.quantization == quantization)
  }

  @Test(
    "What could lead out of the cache or into an address names no model",
    arguments: [
      "", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/b..c", ".a/b", "a/-b", "a/b:", "a/b:x/y", "a/b:..", "a b/c",
      "a/b?c", "a/b#c", "a/b\n", "a/b\u{0}", "a%2f/b", "ä/b", "hf:hf:a/b", "http://evil/a/b",
      String(repeating: "a", count: 97) + "/b",
    ])
  func hostile(text: String) {
    let error = #expect(throws: HubError.self) { try ModelReference(text) }
    #expect(error?.reason == .badReference)
    #expect(error?.message.contains("OWNER/NAME:QUANT") == true)
  }

  @Test("Only a value that begins with hf: names a model on the hub")
  func files() throws {
    #expect(try ModelReference.named(by: "owner/model.gguf") == nil)
    #expect(try ModelReference.named(by: "hf:a/b:Q4_0")?.description == "a/b:Q4_0")
    #expect(throws: HubError.self) { try ModelReference.named(by: "hf:nonsense") }
  }
}
