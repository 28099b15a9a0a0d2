import Assistant
import Foundation
import Screen
import SessionInterface
import Video

/// The screen: picture, conversation and memory.
struct ScreenCommand {
  var source: String?
  var stream: StreamSettings
  var dialogue: DialogueOptions

  func run(model: sending LoadedModel) async throws {
    let video: VideoStream?
    if let source {
      do {
        let options = try stream.options(for: model, isHeadless: false)
        video = try await VideoStream.open(VideoSource(source), options: options)
      } catch let error as VideoError {
        throw AssistantError.videoUnreadable(message: error.description)
      }
    } else {
      video = nil
    }
    let session = try Session(model: model, options: dialogue, video: video, sourceName: source)
    let running = Task { await session.run() }
    defer { session.send(.quit) }
    do {
      try await runScreen(session)
    } catch let error as ScreenError {
      throw StartFailure.report(error.description)
    }
    session.send(.quit)
    await running.value
  }

  /// The screen owns its thread: it waits for keys there.
  private func runScreen(_ session: Session) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let thread = Thread {
        do {
          _ = try Screen.runScreen(events: session.events, send: { session.send($0) }, options: ScreenOptions())
          continuation.resume()
        } catch {
          continuation.resume(throwing: error)
        }
      }
      thread.name = "edgeassist-screen"
      thread.start()
    }
  }
}
