// SPDX-License-Identifier: Apache-2.0

import Images
import Screen
import SessionInterface

/// A screen without a terminal, with a clock of its own.
struct TestScreen {
  var state: ScreenState
  var now = 100.0

  init(_ columns: Int = 100, _ rows: Int = 30, depth: ColorDepth = .palette256, unicode: Bool = true) {
    state = ScreenState(
      size: ScreenSize(columns: columns, rows: rows), appearance: DrawingCapabilities(depth: depth, unicode: unicode),
      homeDirectory: "/home/me")
  }

  @discardableResult
  mutating func press(_ keys: Key...) -> [ScreenEffect] {
    keys.flatMap { update(&state, .key($0), at: now) }
  }

  @discardableResult
  mutating func type(_ text: String) -> [ScreenEffect] { press(.text(text)) }

  /// Types a line and sends it.
  @discardableResult
  mutating func enter(_ line: String) -> [ScreenEffect] {
    state.editor.replace(with: line)
    return press(.enter)
  }

  mutating func tell(_ events: SessionEvent...) {
    for event in events { _ = update(&state, .event(event), at: now) }
  }

  @discardableResult
  mutating func send(_ message: ScreenMessage) -> [ScreenEffect] { update(&state, message, at: now) }

  /// A question with its whole answer.
  mutating func talk(_ question: String, _ answer: String) {
    enter(question)
    tell(.answerStarted(question: question), .answerPiece(answer), .answerFinished(.of(answer)))
  }

  var grid: CellGrid {
    var grid = CellGrid(columns: state.size.columns, rows: state.size.rows)
    draw(state, into: &grid)
    return grid
  }

  var rows: [String] { grid.text }
  var text: String { rows.joined(separator: "\n") }
}

extension AnswerSummary {
  static func of(_ text: String, stop: Stop = .end) -> AnswerSummary {
    AnswerSummary(
      text: text, stop: stop, promptTokens: 20, answerTokens: 12, firstTokenSeconds: 0.1, seconds: 0.42)
  }
}

extension SessionDescription {
  static let clip = SessionDescription(
    modelName: "tiny.gguf", isEmbeddedModel: false, source: "cam.mp4", duration: 60, threads: 2)
  static let camera = SessionDescription(
    modelName: "tiny.gguf", isEmbeddedModel: false, source: "rtsp://cam/1", duration: nil, isLive: true, threads: 2)
  static let pipe = SessionDescription(
    modelName: "tiny.gguf", isEmbeddedModel: false, source: "-", duration: nil, threads: 2)
  static let chat = SessionDescription(
    modelName: "tiny.gguf", isEmbeddedModel: false, source: nil, duration: nil, threads: 2)
}

extension SessionStatistics {
  static var midway: SessionStatistics {
    var statistics = SessionStatistics()
    statistics.streamTime = 12
    statistics.framesSeen = 24
    statistics.framesDropped = 3
    statistics.systemTokens = 32
    statistics.visionTokens = 320
    statistics.textTokens = 32
    statistics.budget = 512
    statistics.peakTokens = 448
    statistics.compressions = 4
    statistics.cacheBytes = 786_432
    statistics.policy = .infinipotV
    statistics.answerTokensPerSecond = 21.4
    statistics.residentBytes = 196_083_712
    return statistics
  }
}

/// A dark image with a light bar from the left, so that its cells can be told apart.
func barImage(width: Int, height: Int) -> Image {
  var pixels: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      let isBar = x < width / 2 && y >= height / 4 && y < height * 3 / 4
      pixels += isBar ? [240, 240, 240] : [10, 10, 10]
    }
  }
  return Image(width: width, height: height, pixels: pixels)
}

extension RetentionMap {
  /// A day: some patches of long ago, cached less the older they are, the rest evicted, the last ones whole.
  static var day: RetentionMap {
    let old = [3, 4, 5, 600, 601, 7_000, 40_000, 40_001, 86_000]
    let frames = old.enumerated().map { index, number in
      RetentionMap.PatchShares(
        number: number, time: Double(number),
        shares: (0..<6).map { layer in (index + layer) % 3 == 0 ? 0 : Float(index + 1) / 12 },
        thumbnail: barImage(width: 48, height: 36))
    }
    let new = (86_390..<86_400).map { number in
      RetentionMap.PatchShares(
        number: number, time: Double(number), shares: Array(repeating: 1, count: 6),
        thumbnail: barImage(width: 48, height: 36))
    }
    return RetentionMap(layers: 6, temporalPatchesSeen: 86_400, startTime: 0, temporalPatches: frames + new)
  }
}
