// SPDX-License-Identifier: Apache-2.0

import Images
import Inference
import Records

/// Takes the frames of a stream into a dialogue: pairs them, has the vision tower encode them, has the language model
/// read them.
///
/// The work is pulled: after `add`, the caller calls `step` until there is nothing left to do. Between two steps it
/// may ask the dialogue questions, which see what came before the temporal patch that is being encoded.
///
///     try ingest.add(image, at: time)
///     while try ingest.step() { answerQuestions() }
public struct FrameIngest {
  private enum Stage {
    case idle
    case encoding(TemporalPatchEncoding)
    case encoded(TemporalPatch)
  }

  private let dialogue: VideoDialogue
  private var encoder: FrameEncoder
  /// Chooses the frames that are looked at; nil looks at all.
  private var gate: FrameGate?
  /// How far the temporal patch under way has come.
  private var stage = Stage.idle
  /// Whether the model has been shown the frame that waits for its partner.
  private var hasShownUnpaired = false
  /// Frames taken, whether or not the model has read them.
  public private(set) var framesSeen = 0
  /// Frames of those that showed nothing new and were not looked at; nil without a gate.
  public var framesSkipped: Int? { gate?.skippedCount }
  /// Width and height of the frames so far, in pixels, which all images must have; nil before the first.
  public private(set) var frameSize: (width: Int, height: Int)?
  /// The share of the frames' places that the vision tower computed; nil where it computes all.
  public var activeShare: Double? { encoder.activeShare?.places }
  /// Duration of the last `add` and the steps since, in seconds.
  public private(set) var seconds = 0.0

  /// - Parameters:
  ///   - dialogue: reads the frames.
  ///   - gate: chooses the frames that are looked at; nil looks at all.
  public init(into dialogue: VideoDialogue, gate: FrameGate? = nil) {
    self.dialogue = dialogue
    self.gate = gate
    encoder = FrameEncoder(model: dialogue.model)
  }

  /// Takes the next sampled frame. Where it completes a temporal patch, there are steps to do.
  ///
  /// - Parameter time: stream time of the frame, in seconds.
  /// - Throws: `ReportedError.visionMissing`, or `computation` for an image that the tower does not take.
  /// - Precondition: all steps for the frame before are done.
  public mutating func add(_ image: Image, at time: Double) throws(ReportedError) {
    guard case .idle = stage else { preconditionFailure("the frame before has not been read") }
    seconds = 0
    let start = ContinuousClock.now
    framesSeen += 1
    frameSize = (image.width, image.height)
    if gate?.takes(image, at: time) != false {
      stage = try encoder.add(image, at: time).map { .encoding($0) } ?? .idle
      // A pair that is left out leaves nothing of its first frame.
      if hasShownUnpaired, case .idle = stage { dialogue.withdrawProvisional() }
      hasShownUnpaired = false
    }
    seconds += (ContinuousClock.now - start) / .seconds(1)
  }

  /// Takes in an image that is no part of the stream, after the frames that have come. It gets the size of
  /// the frames, with black beside it where its shape differs, because the KV cache has room for patches of one size.
  ///
  /// - Parameters:
  ///   - size: that of the frames that are to come, where there are none yet.
  ///   - time: stream time at which it is shown, in seconds.
  /// - Throws: as `add` and `step`.
  public mutating func add(
    still image: Image, size: (width: Int, height: Int)? = nil, at time: Double
  ) throws(ReportedError) {
    while try step() {}
    // A frame that waits for its partner came before the image.
    try finish()
    let (width, height) = frameSize ?? size ?? (image.width, image.height)
    stage = .encoding(try encoder.encoding(still: letterboxed(image, width: width, height: height), at: time))
    framesSeen += 1
    frameSize = (width, height)
    while try step() {}
  }

  /// Does one step: of the vision tower, or, when that is done, lets the language model read the temporal patch.
  ///
  /// - Returns: whether there is another.
  /// - Throws: `ReportedError` as `VideoDialogue.ingest` does; the temporal patch is then left out.
  public mutating func step() throws(ReportedError) -> Bool {
    let start = ContinuousClock.now
    defer { seconds += (ContinuousClock.now - start) / .seconds(1) }
    switch stage {
    case .idle: return false
    case .encoding(var encoding):
      let hasMore: Bool
      do {
        hasMore = try encoding.step()
      } catch {
        stage = .idle
        throw ReportedError(error)
      }
      if hasMore {
        stage = .encoding(encoding)
      } else {
        encoder.keep(encoding)
        stage = .encoded(encoding.patch)
      }
      return true
    case .encoded(let patch):
      stage = .idle
      try dialogue.ingest(patch)
      return false
    }
  }

  /// Shows the model a frame that waits for its partner, so that a question does not leave the newest frame out. The
  /// frame is read alone until the partner comes, and then with it, as if nobody had asked. While a temporal patch is
  /// on its way, nothing is done: the question is then about what came before that.
  ///
  /// - Parameter questions: that are asked about it.
  /// - Throws: as `step`.
  public mutating func showUnpairedFrame(asking questions: [String]) throws(ReportedError) {
    // Where the questions need a compression, it comes before the frame, which is read again. One that stays is not.
    if hasShownUnpaired, !dialogue.isNewestPatchProvisional || dialogue.hasRoom(forQuestions: questions) { return }
    guard case .idle = stage, var encoding = try encoder.provisional() else { return }
    let start = ContinuousClock.now
    defer { seconds += (ContinuousClock.now - start) / .seconds(1) }
    do { while try encoding.step() {} } catch { throw ReportedError(error) }
    try dialogue.ingest(provisional: encoding.patch, asking: questions)
    hasShownUnpaired = true
  }

  /// Takes in a frame that waits for its partner, which will not come: at the end of the stream, or before something
  /// else.
  ///
  /// - Throws: as `step`.
  public mutating func finish() throws(ReportedError) {
    guard case .idle = stage else { return }
    stage = try encoder.finish().map { .encoding($0) } ?? .idle
    while try step() {}
  }
}
