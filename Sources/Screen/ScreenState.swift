// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import Images
import SessionInterface

/// Columns and rows of the terminal.
package struct ScreenSize: Equatable, Sendable {
  /// Of one-column characters.
  package var columns: Int
  /// Lines of text.
  package var rows: Int

  /// Memberwise; checks nothing.
  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// Everything that the screen shows and remembers. Changed only by `update`, shown by `draw`.
package struct ScreenState: Sendable {
  /// The terminal's size when it was last asked.
  package var size: ScreenSize
  /// Colours and characters; fixed for the screen's life.
  package var appearance: DrawingCapabilities
  /// Model and stream of the session; nil until the session is ready.
  package var description: SessionDescription?
  /// The session's last figures.
  package var statistics = SessionStatistics()
  var lastCompression: CompressionReport?
  /// Cached tokens of the last minutes.
  package var cacheUsageHistory = CacheUsageHistory()
  /// The stream's image on show; nil before the first.
  package var image: Image?
  /// Stream time of the image on show, in seconds.
  package var imageTime: Double?
  /// True once the stream's last frame has come.
  package var streamEnded = false
  /// Since when a live source sends nothing, in seconds since 1970; nil while it sends.
  package var signalLostSince: Double?
  /// True while the retention map is shown in place of the image.
  package var showsRetention = false
  /// The newest retention map; nil until one has come.
  package var retention: RetentionMap?

  /// The entries of the conversation.
  package var conversation = Conversation()
  /// The scroll position of the conversation.
  package var scroll = ScrollPosition.tail
  /// The coding pane.
  package var coding = CodingState()
  /// The line being typed.
  package var editor = LineEditor()
  /// Lines that were sent.
  package var history = InputHistory()

  /// A short message in place of the key help, until a time.
  package var hint: Hint?
  /// Until when a second Ctrl-C leaves.
  package var leaveArmedUntil: Double?
  /// True from when an answer is to stop until it has ended.
  package var isCancelling = false
  /// The time of the last message, in seconds of a clock that never goes back.
  package var now = 0.0

  /// A message at the screen's foot.
  package struct Hint: Equatable, Sendable {
    /// One line; cut to the screen's width.
    package var text: String
    /// True for a problem, which has another style.
    package var isProblem: Bool
    /// When it goes, on the clock of `now`.
    package var until: Double
  }

  /// The home directory: the meaning of `~` in a file name.
  package var homeDirectory: String?

  /// A screen before its first event.
  package init(
    size: ScreenSize, appearance: DrawingCapabilities, homeDirectory: String? = nil
  ) {
    self.homeDirectory = homeDirectory
    self.size = size
    self.appearance = appearance
  }

  /// True while a question waits or an answer comes.
  package var isAnswering: Bool { conversation.hasOpenAnswer || conversation.hasWaitingQuestion }

  /// True when something changes on the screen with time alone.
  package var needsTicks: Bool { isAnswering || hint != nil || coding.isUnderWay }

  /// Position in the stream, in seconds: of the image on show, or of what the model has taken in where there is none.
  package var streamTime: Double { imageTime ?? statistics.streamTime }

  var hasStream: Bool { description == nil || description?.source != nil || image != nil }
}

/// Which line stands at the top of the conversation.
package enum ScrollPosition: Equatable, Sendable {
  /// Whatever shows the end.
  case tail
  /// A line of an entry.
  case line(entry: Int, line: Int)
}
