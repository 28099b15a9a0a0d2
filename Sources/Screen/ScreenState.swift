// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import CodeTasks
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
  /// What is running; nil until the session is ready.
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

  /// What has been said.
  package var conversation = Conversation()
  /// What the conversation shows.
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
    /// True for what went wrong, which has another style.
    package var isProblem: Bool
    /// When it goes, on the clock of `now`.
    package var until: Double
  }

  /// What `~` stands for in a file name.
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

/// What can happen to the screen.
package enum ScreenMessage: Sendable {
  /// A key was pressed.
  case key(Key)
  /// A text was pasted as a whole.
  case paste(String)
  /// The session reported something.
  case event(SessionEvent)
  /// The terminal has another size.
  case resized(ScreenSize)
  /// Nobody did anything; time went by.
  case tick
  /// Somebody wrote to the error output.
  case errorOutput(String)
  /// The answer to `ScreenEffect.checkPath`.
  case pathChecked(line: String, word: String, exists: Bool)
  /// The answer to `ScreenEffect.readTask`.
  case taskRead(line: String, language: ProgramLanguage?, contents: FileContents)
  /// The answer to `ScreenEffect.listPaths`.
  case pathsListed(prefix: String, paths: [String])
}

/// What reading a file gave.
package enum FileContents: Equatable, Sendable {
  /// The file's contents.
  case text(String)
  /// Why it could not be read, for the user.
  case unreadable(String)
}

/// A key, whatever bytes the terminal sends for it.
package enum Key: Equatable, Sendable {
  /// Characters that came in one go: mostly one.
  case text(String)
  /// Ctrl with a lower-case letter.
  case control(Character)
  /// Alt with a character.
  case alt(Character)
  /// `newLine` and `altBackspace` are Enter and Backspace with Alt.
  case enter, newLine, tab, backspace, altBackspace, delete, escape
  /// Words are runs of letters, digits and `_`.
  case left, right, up, down, home, end, wordLeft, wordRight
  /// `lineUp` and `lineDown` scroll the conversation by a few lines.
  case pageUp, pageDown, lineUp, lineDown
}

/// What `update` wants done outside the state.
package enum ScreenEffect: Equatable, Sendable {
  /// Give a command to the session.
  case send(SessionCommand)
  /// Leave the screen.
  case exit(ScreenExit)
  /// Give the terminal to the shell until it continues us.
  case suspend
  /// Draw everything anew.
  case repaint
  /// Does a file of this name exist? The line is what was typed.
  case checkPath(word: String, line: String)
  /// What stands in this file of a task? The line is what was typed.
  case readTask(path: String, language: ProgramLanguage?, line: String)
  /// Which files begin so?
  case listPaths(prefix: String)
}
