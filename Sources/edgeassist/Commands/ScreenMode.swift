// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Assistant
import CodeAgent
import Dialogue
import Foundation
import Inference
import Logging
import Records
import Screen
import SessionInterface
import Video

/// The main use on a terminal: the stream, the conversation and the KV cache on the screen.
struct ScreenMode {
  var source: String?
  var stream: StreamSettings
  var dialogue: DialogueOptions
  var code: CodeAgentSettings
  var logger: Logger

  func run(model: sending LoadedModel) async throws {
    let options = try stream.options(for: model, isHeadless: false)
    let events: EventMailbox
    do { events = try EventMailbox() } catch {
      throw StartFailure.report("the screen could not be opened: \(error)")
    }
    let session = try Session(
      model: model, options: dialogue, video: try await open(with: options), sourceName: source, stream: stream,
      code: code, events: events, logger: logger)
    let running = Task { await session.run() }
    let exit: ScreenExit
    do {
      exit = try await runScreen(
        events: events, send: { session.send($0) },
        options: TerminalOptions(standardInputCarriesData: source == "-"))
    } catch {
      session.send(.quit)
      await running.value
      throw StartFailure.report(error.description)
    }
    session.send(.quit)
    await running.value
    switch exit {
    case .quit, .sessionEnded: break
    case .interrupted: throw ExitStatus.interrupted
    case .signal(let number): throw ExitCode(128 + number)
    case .terminalLost: throw ExitCode(128 + SIGHUP)
    }
  }

  private func open(with options: VideoStreamOptions) async throws(ReportedError) -> VideoStream? {
    guard let source else { return nil }
    do {
      return try await VideoStream.open(VideoSource(source), options: options)
    } catch {
      throw .videoUnreadable(message: error.description)
    }
  }
}
