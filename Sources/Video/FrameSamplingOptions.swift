// SPDX-License-Identifier: Apache-2.0

/// How a stream is turned into pictures.
public struct FrameSamplingOptions: Sendable {
  /// When pictures are handed out.
  public enum Pace: String, Sendable, Hashable, CaseIterable {
    /// As the stream's own clock says. A live source always comes at this pace, because nothing else is there yet.
    case realtime
    /// As fast as they can be decoded and are taken.
    case fast
  }

  /// What happens to a sampled picture while the queue to the consumer is full.
  public enum QueuePolicy: Sendable, Hashable {
    /// Decoding waits: no picture is ever lost.
    case wait
    /// The oldest waiting picture gives way, and is counted in ``VideoStream/droppedCount``.
    case dropOldest
    /// `dropOldest` for a live source, else `wait`.
    case automatic
  }

  /// What is done when a live source breaks off.
  public struct Reconnection: Sendable, Hashable {
    /// How many times in a row the source is tried again before the stream is given up; 0 gives up at once.
    public var attempts: Int
    /// Seconds before the first try; each further one waits twice as long as the one before…
    public var firstDelay: Double
    /// …but never longer than this.
    public var longestDelay: Double

    public init(attempts: Int = 10, firstDelay: Double = 0.5, longestDelay: Double = 10) {
      self.attempts = attempts
      self.firstDelay = firstDelay
      self.longestDelay = longestDelay
    }
  }

  /// Sampled pictures a second of stream time.
  public var framesPerSecond: Double
  public var sizing: FrameSizing
  public var pace: Pace
  public var queue: QueuePolicy
  /// How many sampled pictures wait for the consumer at most.
  public var queueCapacity: Int
  /// The box that previews fit into, in pixels; nil for no previews.
  public var previewSize: ImageSize?
  /// Previews a second at most.
  public var previewRate: Double
  public var reconnection: Reconnection
  /// Seconds after which a network source or device that says nothing is taken for gone.
  public var timeout: Double

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

  /// Refuses what cannot be followed, before anything is opened.
  func check() throws(VideoError) {
    guard framesPerSecond.isFinite, framesPerSecond > 0, framesPerSecond <= 1000 else {
      throw .invalidOption("a sampling rate of \(framesPerSecond) frames a second is not possible; choose 0.01 to 1000")
    }
    guard sizing.multiple > 0, sizing.multiple <= 1024 else {
      throw .invalidOption("pictures cannot be sized to multiples of \(sizing.multiple) pixels; choose 1 to 1024")
    }
    guard sizing.minimumPixels >= 0, sizing.maximumPixels >= sizing.multiple * sizing.multiple,
      sizing.maximumPixels >= sizing.minimumPixels, sizing.maximumPixels <= 1 << 28
    else {
      throw .invalidOption(
        "a picture of \(sizing.minimumPixels) to \(sizing.maximumPixels) pixels is not possible; the most must be "
          + "at least \(max(sizing.minimumPixels, sizing.multiple * sizing.multiple)) and at most \(1 << 28)")
    }
    guard queueCapacity > 0 else {
      throw .invalidOption("a queue of \(queueCapacity) pictures cannot pass any on; choose at least 1")
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
    guard timeout.isFinite, timeout > 0, reconnection.attempts >= 0, reconnection.firstDelay >= 0,
      reconnection.longestDelay >= 0, reconnection.firstDelay.isFinite, reconnection.longestDelay.isFinite
    else {
      throw .invalidOption("the time-out must be above 0 s and the delays of reconnection not below 0 s")
    }
  }
}
