// SPDX-License-Identifier: Apache-2.0

import Images

/// Chooses, of the frames that a stream gives, those that are looked at: all of them while something changes, ever
/// fewer in quiet.
///
/// In quiet a frame is looked at after a growing time, so that what no difference of pixels shows is not missed for
/// good, and a model that is told the time still sees it pass.
public struct FrameGate {
  /// In quiet a frame is looked at at least once in this many seconds of stream.
  public static let longestPause = 10.0
  /// How much longer each pause is than the one before.
  private static let growth = 1.5
  /// Frames are looked at for this many seconds after the last change: things come back into view.
  private static let afterglow = 2.0

  private var map: ChangeMap
  private var lastTaken: Double?
  private var lastChange = 0.0
  private var pause = 0.0
  /// Frames that were not looked at.
  public private(set) var skippedCount = 0

  /// - Parameter cellSide: side of the places that are compared, in pixels; that of a vision token.
  package init(cellSide: Int) {
    map = ChangeMap(cellSide: cellSide)
  }

  /// Whether a frame is to be looked at.
  ///
  /// - Parameter time: stream time, in seconds. A jump back begins from the start.
  package mutating func takes(_ image: Image, at time: Double) -> Bool {
    if let lastTaken, time < lastTaken { (self.lastTaken, lastChange, pause) = (nil, time, 0) }
    let changes = map.changes(in: image)
    if changes?.contains(true) ?? true { (lastChange, pause) = (time, 0) }
    guard let lastTaken, time - lastChange > Self.afterglow else { return take(at: time) }
    let elapsed = time - lastTaken
    if pause == 0 { pause = elapsed }
    guard elapsed >= min(pause * Self.growth, Self.longestPause) else {
      skippedCount += 1
      return false
    }
    pause = elapsed
    return take(at: time)
  }

  private mutating func take(at time: Double) -> Bool {
    map.accept()
    lastTaken = time
    return true
  }
}
