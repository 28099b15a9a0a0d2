// SPDX-License-Identifier: Apache-2.0

import CodeTasks

/// What a person or a script can ask of a session. Screen, batch and tests all speak in these.
public enum SessionCommand: Sendable, Equatable {
  /// Answer this about what has been seen so far; an earlier unanswered question goes first.
  case ask(String)
  /// Stop the answer under way, keeping the words that have come.
  case cancelAnswer
  /// Forget the conversation, keep what was seen.
  case clearConversation
  /// Stop taking in the stream.
  case pause
  /// Take in the stream again.
  case resume
  /// Continue the stream at this time, in seconds from its start; only for sources that have a start.
  case seek(seconds: Double)
  /// Change the key-value cache's budget, in tokens; shrinking runs a pass at once.
  case setBudget(tokens: Int)
  /// Change what the cache keeps, by the policy's command-line name (`infinipot-v`, …).
  case setPolicy(String)
  /// Tell, or stop telling, what is kept of each frame.
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
