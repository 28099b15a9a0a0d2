// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelHub
import Platform
import Synchronization
import TestSupport

/// A hub and its storage on this machine, with one repository, and a cache.
final class LocalHub: Sendable {
  typealias Answer = @Sendable (LoopbackHTTPServer.Request, _ number: Int) -> LoopbackHTTPServer.Reply?

  let folder: TemporaryFolder
  let model: [UInt8]
  let tower: [UInt8]
  let repository: HubRepository
  let server: LoopbackHTTPServer
  let storage: LoopbackHTTPServer
  private let world: World

  var cache: ModelCache { ModelCache(folder: folder.path("models")) }
  var endpoint: URL { URL(string: server.address) ?? URL(filePath: "/") }

  /// The servers' answers and counts of requests. The servers need them before the hub is made.
  private final class World: Sendable {
    struct State {
      var repository: HubRepository?
      var hub: Answer?
      var storage: Answer?
      var hubCount = 0
      var storageCount = 0
      var address = ""
    }

    let state = Mutex(State())

    func hubReply(_ request: LoopbackHTTPServer.Request) -> LoopbackHTTPServer.Reply? {
      let (state, number) = state.withLock { state in
        defer { state.hubCount += 1 }
        return (state, state.hubCount)
      }
      guard let answer = state.hub else { return state.repository?.reply(to: request, hub: state.address) }
      return answer(request, number)
    }

    func storageReply(_ request: LoopbackHTTPServer.Request) -> LoopbackHTTPServer.Reply? {
      let (state, number) = state.withLock { state in
        defer { state.storageCount += 1 }
        return (state, state.storageCount)
      }
      guard let answer = state.storage else { return state.repository?.storageReply(to: request) }
      return answer(request, number)
    }
  }

  /// Starts both servers.
  ///
  /// - Parameters:
  ///   - seed: of the files' contents.
  ///   - byteCount: of the model.
  ///   - folder: of another hub whose cache is used; nil for one of its own.
  ///   - change: what is different about the repository.
  init(
    seed: UInt64 = 1, byteCount: Int = 300_000, folder: TemporaryFolder? = nil,
    change: (inout HubRepository) -> Void = { _ in }
  ) throws {
    let world = World()
    self.world = world
    self.folder = try folder ?? TemporaryFolder()
    server = try LoopbackHTTPServer { world.hubReply($0) }
    storage = try LoopbackHTTPServer { world.storageReply($0) }
    var random = SplitMix64(seed: seed)
    model = (0..<byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    tower = (0..<150_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let files = try [
      ("d/m-Q8_0.gguf", model), ("d/m-Q4_0.gguf", Array(model.reversed())), ("d/mmproj-m-F16.gguf", tower),
    ].map { HubRepository.File($0.0, $0.1, sha256: try Self.sha256($0.1)) }
    var repository = HubRepository("o/n", files, storage: storage.otherAddress)
    change(&repository)
    self.repository = repository
    let address = server.address
    world.state.withLock { [repository] in ($0.repository, $0.address) = (repository, address) }
  }

  deinit {
    server.stop()
    storage.stop()
  }

  /// Sets the hub's answer from now on; nil for the correct one. Requests are counted from 0 again.
  func hubAnswer(_ answer: Answer?) { world.state.withLock { ($0.hub, $0.hubCount) = (answer, 0) } }

  /// Sets the storage's answer from now on; nil for the correct one. Requests are counted from 0 again.
  func storageAnswer(_ answer: Answer?) { world.state.withLock { ($0.storage, $0.storageCount) = (answer, 0) } }

  // MARK: Pulling

  /// Short times.
  static var limits: HubLimits {
    var limits = HubLimits()
    limits.answerSeconds = 1
    limits.silenceSeconds = 0.5
    limits.slowSeconds = 0.5
    limits.slowByteCount = 100
    limits.listingSeconds = 2
    limits.listingByteCount = 1 << 16
    limits.retries = 3
    limits.firstPause = 0.01
    return limits
  }

  /// Pulls a model as the program does.
  func pull(
    quantization: String = "Q8_0", token: String? = nil, stop: StopSource = StopSource(),
    report: (PullProgress) -> Void = { _ in }
  ) throws -> CachedModel {
    let settings = HubSettings(endpoint: endpoint, token: token, cache: cache)
    let pull = ModelPull(
      try ModelReference("o/n:" + quantization), settings: settings, limits: Self.limits, stop: stop)
    return try pull.download(try pull.choose(), report: report)
  }

  /// The error of a pull that must fail.
  func failure(
    quantization: String = "Q8_0", token: String? = nil, stop: StopSource = StopSource(),
    report: (PullProgress) -> Void = { _ in }
  ) -> HubError? {
    do {
      _ = try pull(quantization: quantization, token: token, stop: stop, report: report)
      return nil
    } catch { return error as? HubError }
  }

  // MARK: What is there

  /// The bytes of a file.
  func contents(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

  /// All names in the repository's folder, sorted.
  func names() throws -> [String] {
    (FileManager.default.enumerator(atPath: cache.folder + "/o/n")?.compactMap { $0 as? String } ?? []).sorted()
  }

  func checksum(_ bytes: [UInt8]) throws -> String { try Self.sha256(bytes) }

  private static func sha256(_ bytes: [UInt8]) throws -> String {
    let checksum = try Checksum.sha256()
    bytes.withUnsafeBytes { checksum.add($0) }
    return checksum.finish()
  }
}
