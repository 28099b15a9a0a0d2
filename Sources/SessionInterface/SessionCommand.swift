// SPDX-License-Identifier: Apache-2.0

import BoundedCache
import CodeTasks

/// A command to a session, from its user interface or a test.
public enum SessionCommand: Sendable, Equatable {
  /// Answer this about what has been seen so far; an earlier unanswered question goes first.
  case ask(String)
  /// Stop the answers that have been asked for, keeping the words that have come.
  case cancelAnswer
  /// Forget the conversation, keep what was seen.
  case clearConversation
  /// Show the model an image file, beside the stream.
  case showImage(path: String)
  /// Stop taking in the stream.
  case pause
  /// Take in the stream again.
  case resume
  /// Continue the stream at this time, in seconds from its start; only for sources that have a start.
  case seek(seconds: Double)
  /// Change the KV cache's budget, in tokens; a smaller one evicts at once.
  case setBudget(tokens: Int)
  /// Change which tokens the KV cache retains when it is compressed.
  case setPolicy(RetentionPolicy)
  /// Tell, or stop telling, what is cached of each temporal patch.
  case showRetention(Bool)
  /// Write the conversation to a file.
  case save(path: String)
  /// Work on a programming task, beside the stream; one under way is stopped first.
  case code(CodeTask)
  /// Stop working on the task, keeping the best program so far.
  case cancelCode
  /// Work on the last task again, with other words than the likeliest.
  case retryCode
  /// Take the program written last as it is, and stop.
  case acceptCode
  /// Write the program to a file: the one that the work came to, or while it goes on the one written last.
  case saveProgram(path: String)
  /// Put that program into the conversation, so that questions can be asked about it.
  case shareProgram
  /// End the session.
  case quit
}
