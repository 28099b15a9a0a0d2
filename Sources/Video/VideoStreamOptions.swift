// SPDX-License-Identifier: Apache-2.0

import Images

/// How frames are sampled of a stream.
public struct VideoStreamOptions: Sendable {
  /// When frames are handed out.
  public enum Pace: String, Sendable, Hashable, CaseIterable {
    /// As the stream's own clock says. A live source always comes at this pace, because nothing else is there yet.
    case realtime
    /// As fast as they can be decoded and are taken.
    case fast
  }

  /// The fate of a sampled frame while the queue to the consumer is full.
  public enum QueuePolicy: Sendable, Hashable {
    /// Decoding waits: no frame is ever lost.
    case wait
    /// The oldest waiting frame gives way, and is counted in ``VideoStream/droppedCount``.
    case dropOldest
    /// `dropOldest` for a live source, else `wait`.
    case automatic
  }

  /// The reaction to a live source that breaks off.
  public struct Reconnection: Sendable, Hashable {
    /// For how long a source is tried again before the stream ends.
    public enum Limit: Sendable, Hashable {
      /// The stream ends at once.
      case never
      /// For this many seconds.
      case seconds(Double)
      /// Until it is back.
      case always
    }

    /// For how long the source is tried again.
    public var limit: Limit
    /// Seconds before the first try; each further one waits twice as long as the one before.
    public var firstDelay: Double
    /// The longest wait, in seconds.
    public var longestDelay: Double

    /// Tries without end, unless a limit is given.
    public init(limit: Limit = .always, firstDelay: Double = 0.5, longestDelay: Double = 10) {
      self.limit = limit
      self.firstDelay = firstDelay
      self.longestDelay = longestDelay
    }

    var isPossible: Bool {
      if case .seconds(let seconds) = limit, !(seconds >= 0) { return false }
      return firstDelay >= 0 && longestDelay >= 0 && firstDelay.isFinite && longestDelay.isFinite
    }
  }

  /// Sampled frames a second of stream time.
  public var framesPerSecond: Double
  /// How large the sampled frames are.
  public var sizing: FrameSizing
  /// When frames are handed out.
  public var pace: Pace
  /// The fate of sampled frames while the queue to the consumer is full.
  public var queue: QueuePolicy
  /// Sampled frames that wait for the consumer at most; more of a live playlist, whose frames come a segment at a time.
  public var queueCapacity: Int
  /// The box that previews fit into, in pixels; nil for no previews.
  public var previewSize: ImageSize?
  /// Previews a second at most.
  public var previewRate: Double
  /// The reaction to a live source that breaks off.
  public var reconnection: Reconnection
  /// Seconds after which a network source or device that sends nothing counts as lost.
  public var timeout: Double

  /// Two frames a second, as fast as they can be decoded, unless said otherwise.
  public init(
    framesPerSecond: Double = 2, sizing: FrameSizing = FrameSizing(), pace: Pace = .fast,
    queue: QueuePolicy = .automatic, queueCapacity: Int = 8, previewSize: ImageSize? = nil,
    previewRate: Double = 15, reconnection: Reconnection = Reconnection(), timeout: Double = 10
  ) {
    self.framesPerSecond = framesPerSecond
    self.sizing = sizing
    self.pace = pace
    self.queue = queue
    self.queueCapacity = queueCapacity
    self.previewSize = previewSize
    self.previewRate = previewRate
    self.reconnection = reconnection
    self.timeout = timeout
  }

  /// Frames that may wait.
  ///
  /// - Parameters:
  ///   - size: of each.
  ///   - comesInSegments: whether the frames of some seconds come at once.
  func capacity(ofFrames size: ImageSize, comesInSegments: Bool) -> Int {
    guard comesInSegments else { return queueCapacity }
    let most = min(Self.mostOfSegments, Self.bytesOfSegments / max(1, size.width * size.height * 3))
    return max(queueCapacity, Int(min(framesPerSecond * Self.segmentSeconds, Double(most)).rounded(.up)))
  }

  /// Seconds of the three long segments that a player begins with, and frames and bytes that are kept of them at most.
  private static let (segmentSeconds, mostOfSegments, bytesOfSegments) = (30.0, 64, 24 << 20)

  /// Refuses options that cannot be followed, before anything is opened.
  ///
  /// - Throws: `VideoError.invalidOption` naming the option and its range.
  func check() throws(VideoError) {
    guard framesPerSecond.isFinite, framesPerSecond > 0, framesPerSecond <= 1000 else {
      throw .invalidOption("a sampling rate of \(framesPerSecond) frames a second is not possible; choose 0.01 to 1000")
    }
    guard sizing.multiple > 0, sizing.multiple <= 1024 else {
      throw .invalidOption("frames cannot be sized to multiples of \(sizing.multiple) pixels; choose 1 to 1024")
    }
    guard sizing.minimumPixels >= 0, sizing.maximumPixels >= sizing.multiple * sizing.multiple,
      sizing.maximumPixels >= sizing.minimumPixels, sizing.maximumPixels <= 1 << 28
    else {
      throw .invalidOption(
        "a frame of \(sizing.minimumPixels) to \(sizing.maximumPixels) pixels is not possible; the most must be "
          + "at least \(max(sizing.minimumPixels, sizing.multiple * sizing.multiple)) and at most \(1 << 28)")
    }
    guard queueCapacity > 0 else {
      throw .invalidOption("a queue of \(queueCapacity) frames cannot pass any on; choose at least 1")
    }
    if let previewSize {
      guard (1...8192).contains(previewSize.width), (1...8192).contains(previewSize.height) else {
        throw .invalidOption(
          "previews of \(previewSize.width)×\(previewSize.height) are not possible; choose 1 to 8192 pixels a side")
      }
      guard previewRate.isFinite, previewRate > 0 else {
        throw .invalidOption("\(previewRate) previews a second are not possible; choose a rate above 0")
      }
    }
    guard timeout.isFinite, timeout > 0, reconnection.isPossible else {
      throw .invalidOption("the time-out must be above 0 s and the times of reconnection not below 0 s")
    }
  }
}
