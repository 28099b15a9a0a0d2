// SPDX-License-Identifier: Apache-2.0

import CodeAgent
import Dialogue
import Logging
import Records
import Video

/// The lines of a batch in a log.
extension Logger {
  /// An answer: its figures and its warnings. The question and the answer itself are in the results.
  func log(_ result: TurnResult, request: String, turn: Int) {
    let (summary, statistics) = (result.summary, result.statistics)
    let figures = "\(summary.answerTokens) tokens in \(decimal(summary.seconds, places: 1)) s"
    let frames = "\(statistics.framesSeen) frames seen, \(statistics.framesDropped) dropped"
    let cached = "\(statistics.cachedTokens) tokens cached, \(memorySize(statistics.residentBytes)) resident"
    info("request \(request), turn \(turn): \(figures); \(frames); \(cached)")
    for text in result.warnings { warning("request \(request), turn \(turn): \(text)") }
  }

  /// Logs the result of a programming task.
  func log(_ result: CodeResult) {
    switch result.solution {
    case .success(let solution): info("request \(result.id): \(solution.outcome.end.rawValue)")
    case .failure(let failure): error("request \(result.id): \(failure.code.rawValue): \(failure.message)")
    }
  }

  /// Losses and returns of a live source's signal, until the stream ends.
  func followSignal(of video: VideoStream) async {
    var isLost = false
    for await _ in video.notices where (video.signalLoss != nil) != isLost {
      isLost.toggle()
      if isLost {
        warning("no signal from \(video.description.source)")
      } else {
        info("signal from \(video.description.source) again")
      }
    }
  }
}

extension BatchRequest {
  /// Subject of the request, in words: its questions and its video, or a programming task.
  var summary: String {
    if code != nil { return "a programming task" }
    let questions = "\(turns.count) \(turns.count == 1 ? "question" : "questions")"
    return video.map { "\(questions) about \(VideoSource($0).displayName)" } ?? questions
  }
}
