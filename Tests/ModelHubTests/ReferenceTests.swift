// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Testing

@Suite("Names of models and settings of the hub")
struct ReferenceTests {
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

  @Test("The variables of Hugging Face's tools are read")
  func variables() throws {
    let settings = try HubSettings(environment: [
      "HOME": "/h", "HF_ENDPOINT": "https://mirror.example/hub/", "HF_TOKEN": " hf_x \n", "HF_HUB_OFFLINE": "yes",
    ])
    #expect(settings.endpoint.absoluteString == "https://mirror.example/hub" && settings.token == "hf_x")
    #expect(settings.isOffline && settings.cache.folder == "/h/.cache/edgeassist/models")
    let standard = try HubSettings(environment: ["HOME": "/h", "XDG_CACHE_HOME": "/c", "HF_HUB_OFFLINE": "0"])
    #expect(standard.endpoint.absoluteString == "https://huggingface.co" && standard.token == nil)
    #expect(!standard.isOffline && standard.cache.folder == "/c/edgeassist/models")
    let relative = try HubSettings(environment: ["HOME": "/h", "XDG_CACHE_HOME": "c"])
    #expect(relative.cache.folder == "/h/.cache/edgeassist/models")
  }

  @Test(
    "Variables that hold something else are refused by name",
    arguments: [
      (["HOME": "/h", "HF_ENDPOINT": "huggingface.co"], "HF_ENDPOINT"),
      (["HOME": "/h", "HF_ENDPOINT": "file:///etc"], "HF_ENDPOINT"),
      (["HOME": "/h", "HF_ENDPOINT": "https://user:word@host"], "HF_ENDPOINT"),
      (["HOME": "/h", "HF_TOKEN": "hf_x\r\nHost: other"], "HF_TOKEN"), (["HF_TOKEN": "x"], "XDG_CACHE_HOME"),
    ])
  func wrongVariables(environment: [String: String], name: String) {
    let error = #expect(throws: HubError.self) { try HubSettings(environment: environment) }
    #expect(error?.reason == .badSetting && error?.message.contains(name) == true)
  }

  @Test("The token goes to the hub alone, and over a network only where it is encrypted")
  func token() throws {
    let hub = try HubSettings(environment: ["HOME": "/h", "HF_TOKEN": "t"])
    let allowed = { (settings: HubSettings, address: String) in
      URL(string: address).map { settings.allowsToken(for: $0) } ?? false
    }
    #expect(allowed(hub, "https://huggingface.co/a/b") && allowed(hub, "HTTPS://HuggingFace.co:443/x"))
    for other in ["https://cdn-lfs.huggingface.co/x", "http://huggingface.co/x", "https://huggingface.co:8443/x"] {
      #expect(!allowed(hub, other), "\(other)")
    }
    let mirror = try HubSettings(environment: ["HOME": "/h", "HF_TOKEN": "t", "HF_ENDPOINT": "http://mirror:8080"])
    #expect(!allowed(mirror, "http://mirror:8080/x"))
    let local = try HubSettings(environment: ["HOME": "/h", "HF_TOKEN": "t", "HF_ENDPOINT": "http://127.0.0.1:80"])
    #expect(allowed(local, "http://127.0.0.1/x") && !allowed(local, "http://localhost/x"))
  }
}
