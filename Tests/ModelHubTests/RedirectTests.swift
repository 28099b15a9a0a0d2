// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Testing

@Suite("The hub's redirects")
struct RedirectTests {
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
}
