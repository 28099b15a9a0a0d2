// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import CodeTasks
import Images
import SessionInterface

/// Columns and rows of the terminal.
package struct ScreenSize: Equatable, Sendable {
  package var columns: Int
  package var rows: Int

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// Everything that the screen shows and remembers. Changed only by `update`, shown by `draw`.
package struct ScreenState: Sendable {
  package var size: ScreenSize
  package var appearance: Appearance
  package var description: SessionDescription?
  package var statistics = SessionStatistics()
  package var lastCompression: CompressionReport?
  package var cacheUsageHistory = CacheUsageHistory()
  package var image: Image?
  /// Stream time of the image on show, in seconds.
  package var imageTime: Double?
  package var streamEnded = false
  /// Since when a live source sends nothing, in seconds since 1970; nil while it sends.
  package var signalLostSince: Double?
  /// True while the retention map is shown in place of the image.
  package var showsRetention = false
  package var retention: RetentionMap?

  package var conversation = Conversation()
  package var scroll = ScrollPosition.tail
  package var coding = CodingState()
  package var editor = LineEditor()
  package var history = InputHistory()

  /// A short message in place of the key help, until a time.
  package var hint: Hint?
  /// Until when a second Ctrl-C leaves.
  package var leaveArmedUntil: Double?
  /// True from when an answer is to stop until it has ended.
  package var isCancelling = false
  /// The time of the last message, in seconds of a clock that never goes back.
  package var now = 0.0

  package struct Hint: Equatable, Sendable {
    package var text: String
    package var isProblem: Bool
    package var until: Double
  }

  /// What `~` stands for in a file name.
  package var homeDirectory: String?

  package init(
    size: ScreenSize, appearance: Appearance, homeDirectory: String? = nil
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

  package var hasStream: Bool { description == nil || description?.source != nil || image != nil }
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
  case key(Key)
  case paste(String)
  case event(SessionEvent)
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
  case text(String)
  /// Why it could not be read, for the user.
  case unreadable(String)
}

/// A key, whatever bytes the terminal sends for it.
package enum Key: Equatable, Sendable {
  case text(String)
  case control(Character)
  case alt(Character)
  case enter, newLine, tab, backspace, altBackspace, delete, escape
  case left, right, up, down, home, end, wordLeft, wordRight
  case pageUp, pageDown, lineUp, lineDown
}

/// What `update` wants done outside the state.
package enum ScreenEffect: Equatable, Sendable {
  case send(SessionCommand)
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
