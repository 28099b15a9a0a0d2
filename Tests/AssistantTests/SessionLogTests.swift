// SPDX-License-Identifier: Apache-2.0

import Assistant
import Dialogue
import Foundation
import Inference
import InferenceTestSupport
import Logging
import SessionInterface
import Synchronization
import TestSupport
import Testing
import Video

/// Keeps the lines of a log.
private struct LineKeeper: LogHandler {
  final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  let lines: Lines
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()

  init(_ lines: Lines) { self.lines = lines }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.level): \(event.message)") } }
}

@Suite("The log of a session")
struct SessionLogTests {
  private static let embedded = SharedEmbeddedModel()

  @Test("has a line when the signal of a live source is lost, and when it is back")
  func signal() async throws {
    let clip = Array(try Data(contentsOf: URL(filePath: Checkout.path("Tests/VideoTests/Media/starts-at-100s.ts"))))
    let gate = LoopbackMediaServer.Gate()
    let server = try LoopbackMediaServer { number in
      switch number {
      case 0: .stream(clip)
      case 1: .parts([clip, []], gate)
      default: .hangUp
      }
    }
    defer { server.stop() }
    nonisolated(unsafe) let model = try Self.embedded.get()
    var options = try StreamSettings().options(for: model, isHeadless: true)
    options.reconnection = .init(firstDelay: 0.01, longestDelay: 0.01)
    options.timeout = 60
    let events = try EventMailbox()
    let log = LineKeeper.Lines()
    let session = try Session(
      model: model, options: DialogueOptions(),
      video: try VideoStream(source: VideoSource(server.address("live.ts")), options: options), sourceName: "camera",
      events: events, logger: Logger(label: "test") { _ in LineKeeper(log) })
    var hasLostSignal = false
    await session.run(telling: events) { event in
      guard case .signal(let lostSince) = event else { return }
      if lostSince != nil {
        hasLostSignal = true
        gate.allow(parts: 1)
      } else if hasLostSignal {
        session.send(.quit)
      }
    }
    let lines = log.all.withLock { $0 }
    #expect(lines.filter { $0.contains("signal") } == ["warning: no signal", "info: signal again"], "\(lines)")
  }
}
