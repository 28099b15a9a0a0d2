// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Platform
import Synchronization
import TestSupport
import Testing

/// Downloads from a hub on this machine, and all that can go wrong with them.
@Suite("Pulling a model", .timeLimit(.minutes(10)))
struct PullTests {
  @Test("Files come into the cache, are noted there, and the token stays with the hub")
  func fresh() throws {
    let hub = try LocalHub()
    let model = try hub.pull(token: "hf_secret")
    #expect(model.repository == "o/n" && model.quantization == "Q8_0")
    #expect(try hub.contents(model.languageModel) == hub.model && hub.contents(#require(model.mmproj)) == hub.tower)
    #expect(try hub.names() == [".edgeassist.json", ".edgeassist.lock", "d", "d/m-Q8_0.gguf", "d/mmproj-m-F16.gguf"])
    #expect(hub.server.requests.allSatisfy { $0.fields["authorization"] == "Bearer hf_secret" })
    #expect(!hub.storage.requests.isEmpty)
    for request in hub.storage.requests {
      #expect(request.fields["authorization"] == nil && !request.fields.values.contains { $0.contains("hf_secret") })
    }
    #expect(hub.cache.models() == [model] && hub.cache.incompleteFiles().isEmpty)
  }

  @Test("A model that is there is not downloaded again, and a file of another kind is left alone")
  func again() throws {
    let hub = try LocalHub()
    let model = try hub.pull()
    let asked = hub.storage.requests.count
    #expect(try hub.pull() == model && hub.storage.requests.count == asked)
    // Without its note a file is read, and taken if it is the one that the hub has.
    try FileManager.default.removeItem(atPath: hub.cache.folder + "/o/n/.edgeassist.json")
    #expect(hub.cache.models().isEmpty)
    #expect(try hub.pull() == model && hub.storage.requests.count == asked)
  }

  @Test("A file that has changed on the hub is downloaded again")
  func changed() throws {
    let hub = try LocalHub()
    _ = try hub.pull()
    let next = try LocalHub(seed: 2, folder: hub.folder)
    #expect(try hub.contents(next.pull().languageModel) == next.model && next.model != hub.model)
  }

  @Test("Files for which neither the list nor the answer has a hash are named as unchecked", arguments: [true, false])
  func unchecked(isTagged: Bool) throws {
    let hub = try LocalHub { $0.listsHashes = false }
    let address = hub.server.address
    hub.hubAnswer { request, _ in
      var reply = hub.repository.reply(to: request, hub: address)
      if !isTagged { reply.fields["X-Linked-ETag"] = nil }
      return reply
    }
    let settings = HubSettings(endpoint: hub.endpoint, cache: hub.cache)
    let pull = ModelPull(try ModelReference("o/n:Q8_0"), settings: settings, limits: LocalHub.limits)
    _ = try pull.download(try pull.choose()) { _ in }
    #expect(pull.uncheckedFiles == (isTagged ? [] : ["d/m-Q8_0.gguf", "d/mmproj-m-F16.gguf"]))
  }

  @Test("Progress grows from nothing to everything")
  func progress() throws {
    let hub = try LocalHub()
    let seen = Mutex<[PullProgress]>([])
    _ = try hub.pull { step in seen.withLock { $0.append(step) } }
    let steps = seen.withLock { $0 }
    let whole = hub.model.count + hub.tower.count
    #expect(steps.allSatisfy { $0.wholeByteCount == whole && $0.disconnection == nil })
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.byteCount <= $1.byteCount })
    #expect(steps.last?.byteCount == whole && Set(steps.map(\.file)).count == 2)
  }

  @Test("A list of several pages is read to its end")
  func pages() throws {
    let hub = try LocalHub { $0.pageSize = 1 }
    #expect(try hub.pull().mmproj != nil)
    #expect(hub.server.requests.count { $0.path.contains("/tree/") } == 3)
  }

  @Test("Headers come first, in files that are as long as the whole ones and empty behind them")
  func beginnings() throws {
    let hub = try LocalHub(byteCount: 20 << 20)
    let stop = StopSource()
    let first = hub.failure(stop: stop) { if $0.byteCount > 19 << 20 { stop.stop() } }
    #expect(first?.reason == .stopped)
    let settings = HubSettings(endpoint: hub.endpoint, cache: hub.cache)
    let pull = ModelPull(try ModelReference("o/n:Q8_0"), settings: settings, limits: LocalHub.limits)
    let selection = try pull.choose()
    var beginnings: ModelPull.Beginnings? = try pull.fetchBeginnings(of: selection) { _ in }
    let path = try #require(beginnings?.languageModel)
    let header = try hub.contents(path)
    #expect(header.count == 20 << 20 && header.prefix(16 << 20) == hub.model.prefix(16 << 20))
    #expect(header.dropFirst(16 << 20).allSatisfy { $0 == 0 }, "though more of the file is there")
    #expect(try hub.contents(#require(beginnings?.mmproj)) == hub.tower)
    beginnings = nil
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(pull.missingByteCount(of: selection) <= 1 << 20)
    #expect(try hub.contents(pull.download(selection) { _ in }.languageModel) == hub.model)
  }

  // MARK: Disconnections

  @Test("A download that was cut is gone on with, under the condition that it is still the same file")
  func resumed() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, number in
      var reply = hub.repository.storageReply(to: request)
      if number > 0 { reply.ending = .cut(0) } else { reply.ending = .cut(40_000) }
      return reply
    }
    let error = hub.failure()
    #expect(error?.reason == .cut && error?.message.contains("goes on") == true, "\(error?.message ?? "")")
    let part = hub.cache.folder + "/o/n/d/m-Q8_0.gguf.part"
    #expect(try hub.contents(part) == Array(hub.model.prefix(40_000)))
    #expect(hub.cache.models().isEmpty)
    #expect(hub.cache.incompleteFiles().map(\.byteCount) == [40_000])
    hub.storageAnswer(nil)
    let before = hub.storage.requests.count
    #expect(try hub.contents(hub.pull().languageModel) == hub.model)
    let first = hub.storage.requests[before]
    #expect(first.range?.first == 40_000 && first.fields["if-range"]?.hasPrefix("\"tag-") == true)
  }

  @Test("A connection that breaks again and again is made again, as long as bytes are gained")
  func cutOften() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, _ in
      var reply = hub.repository.storageReply(to: request)
      reply.ending = .cut(20_000)
      return reply
    }
    let disconnections = Mutex(0)
    let model = try hub.pull { step in if step.disconnection != nil { disconnections.withLock { $0 += 1 } } }
    #expect(try hub.contents(model.languageModel) == hub.model)
    #expect(disconnections.withLock { $0 } > 5)
  }

  @Test("A file that has changed while it was interrupted is begun again")
  func changedBetween() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, number in
      var reply = hub.repository.storageReply(to: request)
      reply.fields["ETag"] = number == 0 ? "\"old\"" : "\"new\""
      if number == 0 { reply.ending = .cut(40_000) }
      // A server whose file is another one than If-Range says sends it whole.
      if request.fields["if-range"] == "\"old\"" {
        reply = LoopbackHTTPServer.Reply(200, ["ETag": "\"new\""], body: hub.model)
      }
      return reply
    }
    #expect(try hub.contents(hub.pull().languageModel) == hub.model)
  }

  @Test("A server that knows no ranges is read all the same")
  func noRanges() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, number in
      var reply = LoopbackHTTPServer.Reply(200, body: request.path.contains("mmproj") ? hub.tower : hub.model)
      if number == 1 { reply.ending = .cut(100_000) }
      return reply
    }
    #expect(try hub.contents(hub.pull().languageModel) == hub.model)
  }

  @Test("An address of the storage that has run out is asked for again")
  func expired() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, number in
      number == 0 ? LoopbackHTTPServer.Reply(403) : hub.repository.storageReply(to: request)
    }
    #expect(try hub.contents(hub.pull().languageModel) == hub.model)
    #expect(hub.server.requests.count { $0.path.contains("m-Q8_0.gguf") } == 2)
  }

  @Test("A hub that is overloaded is asked again")
  func overloaded() throws {
    let hub = try LocalHub()
    hub.hubAnswer { request, number in
      number == 0
        ? LoopbackHTTPServer.Reply(503, ["Retry-After": "0"])
        : hub.repository.reply(to: request, hub: hub.server.address)
    }
    #expect(try hub.pull().quantization == "Q8_0")
  }

  @Test("A stop ends the download at once and keeps what is there")
  func stopped() throws {
    let hub = try LocalHub()
    hub.storageAnswer { request, _ in
      var reply = hub.repository.storageReply(to: request)
      reply.ending = .silence(10_000)
      return reply
    }
    let stop = StopSource()
    let start = monotonicSeconds()
    let error = hub.failure(stop: stop) { step in if step.byteCount >= 10_000 { stop.stop() } }
    #expect(error?.reason == .stopped && monotonicSeconds() - start < 1)
    #expect(hub.cache.incompleteFiles().map(\.byteCount) == [10_000])
  }

  @Test("Of two downloads of a file the second is refused")
  func locked() throws {
    let hub = try LocalHub()
    let file = RemoteFile(path: "d/m-Q8_0.gguf", byteCount: hub.model.count, sha256: try hub.checksum(hub.model))
    let other = try PartFile(file, path: hub.cache.folder + "/o/n/d/m-Q8_0.gguf", stop: StopSource())
    let error = hub.failure()
    #expect(error?.reason == .inUse && error?.message.contains("another edgeassist") == true)
    let removal = #expect(throws: HubError.self) { try hub.cache.remove(ModelReference("o/n")) }
    #expect(removal?.reason == .inUse)
    withExtendedLifetime(other) {}
  }

  @Test("A folder that cannot be made is named with the system's reason, and what is in its way stays")
  func obstructedFolder() throws {
    let hub = try LocalHub()
    try hub.folder.write("a file", to: "models")
    let error = hub.failure()
    let message = error?.message ?? ""
    #expect(error?.reason == .disk && message.hasSuffix("/models/o/n/d cannot be made: Not a directory"), "\(message)")
    #expect(try String(contentsOfFile: hub.folder.path("models"), encoding: .utf8) == "a file")
  }

  @Test("A download that ends takes empty folders along, and no folder that another download is in")
  func emptyFolders() throws {
    let hub = try LocalHub()
    let folder = hub.cache.folder + "/o/n/d"
    let inner = folder + "/e/f"
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    hub.storageAnswer { _, _ in LoopbackHTTPServer.Reply(404) }
    let file = RemoteFile(path: "d/m-Q4_0.gguf", byteCount: 9, sha256: try hub.checksum(hub.model))
    let other = try PartFile(file, path: folder + "/m-Q4_0.gguf", stop: StopSource())
    #expect(hub.failure() != nil && FileManager.default.fileExists(atPath: folder + "/m-Q4_0.gguf.part"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/e"))
    withExtendedLifetime(other) {}
  }

  @Test("Two downloads of one repository at the same time do not disturb each other")
  func together() async throws {
    let hub = try LocalHub()
    let models = try await withThrowingTaskGroup(of: CachedModel.self) { group in
      for quantization in ["Q8_0", "Q4_0"] {
        group.addTask {
          // The vision tower is the same file, for which one may have to wait for the other.
          for _ in 0..<200 {
            do { return try hub.pull(quantization: quantization) } catch let error as HubError {
              guard error.reason == .inUse else { throw error }
              try await Task.sleep(for: .milliseconds(20))
            }
          }
          throw HubError(.inUse, "for ever")
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(models.map(\.quantization)) == ["Q8_0", "Q4_0"] && hub.cache.models().count == 2)
  }

  // MARK: The cache

  @Test("Without a network the cache is all there is")
  func offline() throws {
    let hub = try LocalHub()
    let reference = try ModelReference("o/n:Q8_0")
    let settings = { HubSettings(endpoint: hub.endpoint, isOffline: true, cache: hub.cache) }
    let error = #expect(throws: HubError.self) { try ModelPull(reference, settings: settings()).choose() }
    #expect(error?.reason == .offline && error?.message.contains("HF_HUB_OFFLINE") == true)
    #expect(hub.server.requests.isEmpty)
    let model = try hub.pull()
    #expect(hub.cache.model(for: reference) == model)
    #expect(try hub.cache.model(for: ModelReference("o/n")) == model)
    #expect(try hub.cache.model(for: ModelReference("o/n:Q4_0")) == nil)
    // A file that is gone or cut makes the model incomplete.
    try Data([1]).write(to: URL(filePath: model.languageModel))
    #expect(hub.cache.model(for: reference) == nil && hub.cache.models().isEmpty)
  }

  @Test("A model is removed with what belongs to it alone, a repository with everything")
  func removal() throws {
    let hub = try LocalHub()
    _ = try hub.pull(quantization: "Q8_0")
    let other = try hub.pull(quantization: "Q4_0")
    #expect(try hub.cache.remove(ModelReference("o/n:q8_0")) == hub.model.count)
    #expect(hub.cache.models() == [other])
    let error = #expect(throws: HubError.self) { try hub.cache.remove(ModelReference("o/n:Q8_0")) }
    #expect(error?.reason == .notInCache && error?.message.contains("o/n:Q4_0") == true)
    #expect(try hub.cache.remove(ModelReference("o/n:Q4_0")) > hub.tower.count)
    #expect(!FileManager.default.fileExists(atPath: hub.cache.folder + "/o"))
    #expect(throws: HubError.self) { try hub.cache.remove(ModelReference("o/n")) }
  }

  @Test("A note in the cache that somebody changed leads nowhere else")
  func hostileRecord() throws {
    let hub = try LocalHub()
    let folder = hub.cache.folder + "/o/n"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let precious = hub.folder.path("precious")
    try Data([1, 2, 3]).write(to: URL(filePath: precious))
    let record =
      #"{"models":[{"quantization":"Q8_0","language_model":["../../../precious"]},"#
      + #"{"quantization":"x","language_model":[]}],"#
      + #""files":[{"path":"../../../precious","byte_count":3}]}"#
    try Data(record.utf8).write(to: URL(filePath: folder + "/.edgeassist.json"))
    #expect(hub.cache.models().isEmpty)
    _ = try hub.cache.remove(ModelReference("o/n"))
    #expect(FileManager.default.fileExists(atPath: precious))
  }
}
