// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Platform
import TestSupport
import Testing

/// Hubs that refuse, lie, hang or send nonsense: one error each, soon, and nothing half-written under a file's name.
@Suite("Hubs that misbehave", .timeLimit(.minutes(10)))
struct HostileHubTests {
  /// Expects an error, and that no file has its name.
  private func expect(
    _ reason: HubError.Reason, _ words: String, from hub: LocalHub, token: String? = nil, keepsPart: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let start = monotonicSeconds()
    let error = hub.failure(token: token)
    #expect(error?.reason == reason, "\(error?.message ?? "no error")", sourceLocation: sourceLocation)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
    #expect(error?.message.contains("\n") != true && monotonicSeconds() - start < 10, sourceLocation: sourceLocation)
    let left = try hub.names().filter { $0.hasSuffix(".gguf") || (!keepsPart && $0.contains(".part")) }
    #expect(left.isEmpty, "\(left)", sourceLocation: sourceLocation)
    let hasFolder = FileManager.default.fileExists(atPath: hub.cache.folder + "/o")
    #expect(keepsPart || !hasFolder, "an empty folder is left", sourceLocation: sourceLocation)
    #expect(hub.cache.models().isEmpty, sourceLocation: sourceLocation)
  }

  // MARK: Refusals

  @Test("A repository that does not exist, or that strangers may not see")
  func missing() throws {
    let hub = try LocalHub { $0.name = "o/other" }
    try expect(.notFound, "check the name; if it is private or gated, set HF_TOKEN", from: hub)
    try expect(.notFound, "the hub has no o/n", from: hub, token: "hf_x")
  }

  @Test("A repository whose terms are not accepted, or whose token is wrong")
  func gated() throws {
    let hub = try LocalHub { $0.token = "hf_right" }
    try expect(.gated, "accept its terms on \(hub.server.address)/o/n, then set HF_TOKEN", from: hub)
    try expect(.gated, "HF_TOKEN alone is not enough", from: hub, token: "hf_wrong")
    hub.hubAnswer { _, _ in LoopbackHTTPServer.Reply(401) }
    try expect(.gated, "the hub refuses the token", from: hub, token: "hf_expired")
    hub.hubAnswer(nil)
    #expect(try hub.pull(token: "hf_right").quantization == "Q8_0")
  }

  @Test("A hub that asks for a password")
  func challenge() throws {
    let hub = try LocalHub()
    for scheme in ["Basic realm=\"x\"", "Digest realm=\"x\", nonce=\"y\"", "Bearer realm=\"x\"", "Negotiate", ","] {
      hub.hubAnswer { _, _ in LoopbackHTTPServer.Reply(401, ["WWW-Authenticate": scheme], body: Array("no".utf8)) }
      try expect(.notFound, "set HF_TOKEN", from: hub)
    }
  }

  @Test("Nobody at the address of the hub")
  func unreachable() throws {
    let hub = try LocalHub()
    hub.server.stop()
    usleep(50_000)
    try expect(.unreachable, "check the network", from: hub)
  }

  @Test("A status that means nothing here", arguments: [204, 304, 400, 418, 451, 999])
  func strangeStatus(status: Int) throws {
    let hub = try LocalHub()
    hub.hubAnswer { _, _ in LoopbackHTTPServer.Reply(status) }
    #expect(hub.failure() != nil)
  }

  // MARK: Lists

  @Test("A list without an end, and one of endless pages")
  func endlessList() throws {
    let hub = try LocalHub()
    hub.hubAnswer { _, _ in
      var reply = LoopbackHTTPServer.Reply(
        200, body: Array(repeating: UInt8(ascii: "["), count: 4096), ending: .endless)
      reply.claimedLength = nil
      return reply
    }
    try expect(.malformedListing, "larger than", from: hub)
    let address = hub.server.address
    hub.hubAnswer { _, number in
      LoopbackHTTPServer.Reply(200, ["Link": "<\(address)/api/x?\(number)>; rel=\"next\""], body: Array("[]".utf8))
    }
    try expect(.malformedListing, "pages", from: hub)
    hub.hubAnswer { _, _ in
      LoopbackHTTPServer.Reply(200, ["Link": "<http://127.0.0.1:9/x>; rel=\"next\""], body: Array("[]".utf8))
    }
    try expect(.malformedListing, "another server", from: hub)
  }

  @Test("Names in a list that lead out of the cache", arguments: ["../../../m.gguf", "/etc/m.gguf", "d/\\u0000.gguf"])
  func names(name: String) throws {
    let hub = try LocalHub()
    hub.hubAnswer { _, _ in
      LoopbackHTTPServer.Reply(200, body: Array(#"[{"type":"file","path":"\#(name)","size":1}]"#.utf8))
    }
    try expect(.unsafeName, "would not stay in the cache", from: hub)
  }

  @Test("Heads, trailers and redirects without an end")
  func endlessHeads() throws {
    let hub = try LocalHub()
    hub.hubAnswer { _, _ in LoopbackHTTPServer.Reply(200, ["X-Long": String(repeating: "x", count: 1 << 19)]) }
    #expect(hub.failure() != nil)
    hub.hubAnswer { _, _ in
      var reply = LoopbackHTTPServer.Reply(200, ["Transfer-Encoding": "chunked"])
      reply.body = Array("2\r\n[]\r\n0\r\nX-Trailer: y\r\n\r\n".utf8)
      reply.claimedLength = nil
      return reply
    }
    try expect(.noModel, "it has no files", from: hub)
    hub.hubAnswer { _, _ in
      var reply = LoopbackHTTPServer.Reply.redirect(to: "/again")
      (reply.body, reply.claimedLength, reply.ending) = (Array(repeating: 7, count: 4096), nil, .endless)
      return reply
    }
    try expect(.badRedirect, "more than 5 times", from: hub)
    hub.hubAnswer { _, _ in LoopbackHTTPServer.Reply(100) }
    #expect(hub.failure() != nil)
  }

  // MARK: Redirects

  @Test("Redirects in a circle")
  func endlessRedirect() throws {
    let hub = try LocalHub()
    hub.hubAnswer { request, number in
      request.path.contains("/tree/")
        ? hub.repository.reply(to: request) : .redirect(to: "/o/n/resolve/main/d/m-Q8_0.gguf?\(number)")
    }
    try expect(.badRedirect, "more than 5 times", from: hub)
    #expect(hub.server.requests.count == 7)
  }

  @Test(
    "Redirects to what is no download",
    arguments: [
      "file:///etc/passwd", "ftp://127.0.0.1/x", "", "http://", "gopher://x", "http://user:word@127.0.0.1/", "//",
      "http://[", "http://a%5Bb/", "?%zz", "http://127.0.0.1:99999999/",
    ])
  func badRedirect(location: String) throws {
    let hub = try LocalHub()
    hub.hubAnswer { request, _ in
      request.path.contains("/tree/") ? hub.repository.reply(to: request) : .redirect(to: location)
    }
    let error = hub.failure()
    #expect(error != nil && error?.message.contains("\n") == false)
    #expect(try hub.names().allSatisfy { !$0.hasSuffix(".gguf") && !$0.contains(".part") })
  }

  // MARK: Contents

  @Test("A file with another checksum than the list says")
  func corrupted() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, _ in
      var reply = hub.repository.storageReply(to: request)
      if request.range?.first == 0, !reply.body.isEmpty { reply.body[7] ^= 1 }
      return reply
    }
    try expect(.wrongChecksum, "it is deleted", from: hub)
    hub.storageAnswer(nil)
    #expect(try hub.contents(hub.pull().languageModel) == hub.model)
  }

  @Test("A file whose hash is not in the list, and another one than the hub's X-Linked-ETag says")
  func corruptedWithoutListedHash() throws {
    let hub = try LocalHub { $0.listsHashes = false }
    hub.storageAnswer { request, _ in
      var reply = hub.repository.storageReply(to: request)
      if request.range?.first == 0, !reply.body.isEmpty { reply.body[7] ^= 1 }
      return reply
    }
    try expect(.wrongChecksum, "where the hub says", from: hub)
    hub.storageAnswer(nil)
    #expect(try hub.contents(hub.pull().languageModel) == hub.model)
  }

  @Test("A server that sends more than the file has")
  func oversized() throws {
    let hub = try LocalHub()
    hub.storageAnswer { _, _ in
      var reply = LoopbackHTTPServer.Reply(200, body: Array(repeating: 7, count: 4096), ending: .endless)
      reply.claimedLength = nil
      return reply
    }
    try expect(.oversized, "sends more than the 300000 bytes", from: hub)
  }

  @Test("A length that is not the file's, before anything is written")
  func otherLength() throws {
    let hub = try LocalHub()
    for length in [1, 299_999, 300_001, Int.max] {
      hub.storageAnswer { _, _ in
        var reply = LoopbackHTTPServer.Reply(200, body: Array(hub.model.prefix(1)))
        reply.claimedLength = length
        return reply
      }
      try expect(.changed, "something else", from: hub)
    }
  }

  @Test(
    "Ranges that were not asked for",
    arguments: ["bytes 5-9/300000", "bytes 0-300000/300000", "bytes 9-5/300000", "0-9", "bytes */300000", ""])
  func otherRange(field: String) throws {
    let hub = try LocalHub()
    hub.storageAnswer { _, _ in
      LoopbackHTTPServer.Reply(206, ["Content-Range": field], body: Array(hub.model.prefix(10)))
    }
    try expect(.badAnswer, "was not asked for", from: hub)
  }

  @Test("A file of another size or checksum than the list says, by the hub's own word")
  func changedOnHub() throws {
    let hub = try LocalHub()
    for field in ["X-Linked-Size", "X-Linked-ETag"] {
      hub.hubAnswer { request, _ in
        var reply = hub.repository.reply(to: request)
        let other = String(repeating: "0", count: 64)
        if reply.fields[field] != nil { reply.fields[field] = field == "X-Linked-Size" ? "1" : "\"\(other)\"" }
        return reply
      }
      try expect(.changed, "has just changed on the hub", from: hub)
    }
  }

  // MARK: Time

  @Test("A server that is silent, before its answer and within it, or sends a byte now and then")
  func slow() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, _ in
      var reply = hub.repository.storageReply(to: request)
      reply.ending = .silence(0)
      return reply
    }
    try expect(.cut, "is silent, 4 times in a row", from: hub)
    hub.storageAnswer { request, _ in
      var reply = hub.repository.storageReply(to: request)
      reply.ending = .trickle
      return reply
    }
    // Some bytes are gained each time, so that this would go on for ever if any gain counted.
    try expect(.cut, "sends too slowly, 4 times in a row", from: hub, keepsPart: true)
    hub.storageAnswer { _, _ in
      usleep(3_000_000)
      return nil
    }
    try expect(.cut, "is silent", from: hub, keepsPart: true)
  }

  @Test("A server that closes the connection without an answer")
  func hangUp() throws {
    let hub = try LocalHub()
    hub.hubAnswer { _, _ in nil }
    try expect(.cut, "4 times in a row; the list of o/n's files has not come; try later", from: hub)
  }

  @Test("A hub that fails says what has failed, and not that anything is kept", arguments: [500, 503])
  func failing(status: Int) throws {
    let hub = try LocalHub()
    hub.hubAnswer { _, _ in LoopbackHTTPServer.Reply(status) }
    try expect(.cut, "the status \(status), 4 times in a row; the list of o/n's files has not come", from: hub)
    hub.hubAnswer { request, _ in
      request.path.contains("/tree/") ? hub.repository.reply(to: request) : LoopbackHTTPServer.Reply(status)
    }
    try expect(.cut, "nothing of d/m-Q8_0.gguf has come; run the same command again later", from: hub)
  }
}
