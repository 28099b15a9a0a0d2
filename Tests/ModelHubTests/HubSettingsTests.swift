// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Testing

@Suite("Settings of the hub")
struct HubSettingsTests {
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
    #expect(error?.message.contains("word@") == false)
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
