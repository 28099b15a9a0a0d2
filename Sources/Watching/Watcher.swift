// SPDX-License-Identifier: Apache-2.0

import Dialogue
import Images
import Inference
import Records

/// Watches a stream for several things: reads its frames once, asks all questions in one batch after each temporal
/// patch, and says what began and what ended.
///
/// Not safe to share between threads.
public struct Watcher {
  private let model: LoadedModel
  private let watches: [Watch]
  private var encoder: FrameEncoder
  /// Chooses the frames that are looked at; nil looks at all.
  private var gate: FrameGate?
  private var lanes: WatchLanes
  /// One for each watch, in their order; empty before the first frame.
  private var tracks: [WatchTrack] = []
  /// The scores of a grey image, one for each watch, in nats; empty before the first frame.
  package private(set) var greyScores: [Double] = []
  /// Frames taken.
  public private(set) var framesSeen = 0
  /// Blocks whose questions were asked.
  public private(set) var blocks = 0

  /// - Parameters:
  ///   - watches: at least one, checked with `Watch.check`.
  ///   - dialogue: how the stream is remembered, where a watch asks for that.
  ///   - gate: chooses the frames that are looked at; nil looks at all.
  /// - Throws: `ReportedError.visionMissing`, `unsupported` for a model without words for yes and no, and others of
  ///   `VideoDialogue`.
  public init(
    _ watches: [Watch], model: LoadedModel, dialogue: DialogueOptions, gate: FrameGate? = nil
  ) throws(ReportedError) {
    precondition(!watches.isEmpty, "nothing to watch for")
    guard model.vision != nil else { throw .visionMissing(of: model) }
    self.model = model
    self.watches = watches
    self.gate = gate
    encoder = FrameEncoder(model: model)
    lanes = try WatchLanes(model: model, dialogue: dialogue, remembers: watches.contains { $0.kind == .since })
  }

  /// What is known of a watch after a block.
  public struct State: Sendable, Equatable {
    /// log p(yes) − log p(no) of the latest block, in nats; nil where nothing was asked.
    public var score: Double?
    /// The score in spreads above what is usual for this question here.
    public var evidence: Double
    /// The evidence beyond which it counts.
    public var threshold: Double
    /// Whether an episode lasts.
    public var isOn: Bool
    /// Alerts so far, and those that came too soon after another.
    public var alerts, suppressed: Int
  }

  /// What a frame has led to.
  public struct Report: Sendable {
    /// Stream time of the block's end, in seconds.
    public var time: Double
    /// One for each watch, in their order.
    public var states: [State]
    /// What began and what ended.
    public var events: [WatchEvent]
  }

  /// Takes the next frame.
  ///
  /// - Parameter time: stream time of the frame, in seconds.
  /// - Returns: nil where the frame waits for its partner.
  /// - Throws: `ReportedError` of the model; the frame is then left out.
  public mutating func add(_ image: Image, at time: Double) throws(ReportedError) -> Report? {
    framesSeen += 1
    if tracks.isEmpty { try calibrate(size: (image.width, image.height)) }
    guard gate?.takes(image, at: time) != false else { return try report(nil, at: time) }
    guard let encoding = try encoder.add(image, at: time) else {
      return encoder.isWaiting ? nil : try report(nil, at: time)
    }
    let patch = try encoded(encoding)
    try lanes.add(patch)
    blocks += 1
    return try report(try lanes.scores(of: watches), at: patch.end)
  }

  /// The source was away between the frame before and the next one.
  package mutating func noteGap() { for index in tracks.indices { tracks[index].noteGap() } }

  /// Asks the questions about a grey image: what the model says where there is nothing to see.
  private mutating func calibrate(size: (width: Int, height: Int)) throws(ReportedError) {
    let pixels = [UInt8](repeating: 128, count: size.width * size.height * 3)
    let grey = Image(width: size.width, height: size.height, pixels: pixels)
    var encoder = FrameEncoder(model: model)
    var encoding = try encoder.add(grey, at: 0)
    if encoding == nil { encoding = try encoder.add(grey, at: 1 / model.preferences.framesPerSecond) }
    guard let encoding else { return }
    var pass = encoding
    do { while try pass.step() {} } catch { throw ReportedError(error) }
    greyScores = try lanes.scores(of: watches, about: pass.patch)
    tracks = zip(watches, greyScores).map { WatchTrack($0, grey: $1) }
  }

  /// What the model answers to the question of a watch, in words.
  package func answer(to watch: Watch, at time: Double) throws(ReportedError) -> String {
    try lanes.answer(to: watch, at: time)
  }

  private mutating func encoded(_ encoding: TemporalPatchEncoding) throws(ReportedError) -> TemporalPatch {
    var encoding = encoding
    do { while try encoding.step() {} } catch { throw ReportedError(error) }
    encoder.keep(encoding)
    return encoding.patch
  }

  private mutating func report(_ scores: [Double]?, at time: Double) throws(ReportedError) -> Report {
    var report = Report(time: time, states: [], events: [])
    for index in tracks.indices {
      let change = tracks[index].add(scores?[index], at: time)
      let track = tracks[index]
      let state = State(
        score: scores?[index], evidence: track.detector.evidence, threshold: track.detector.thresholds.on,
        isOn: track.isOn, alerts: track.alerts, suppressed: track.suppressed)
      report.states.append(state)
      switch change {
      case .on(let votes):
        let text = track.watch.isMissing ? nil : try lanes.answer(to: track.watch, at: time)
        report.events.append(
          WatchEvent(
            watch: track.watch, change: .on(votes: votes, text: text, suppressed: tracks[index].takeSuppressed()),
            time: time, state: state))
      case .off(let seconds):
        report.events.append(WatchEvent(watch: track.watch, change: .off(seconds: seconds), time: time, state: state))
      case nil: break
      }
    }
    return report
  }
}
