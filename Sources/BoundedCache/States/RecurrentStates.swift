// SPDX-License-Identifier: Apache-2.0

import Compute

/// The recurrent states of a hybrid model's layers without attention (gated delta rule, short convolution).
///
/// Such a layer has read all tokens, and no token can be removed from its state again. There are three states, because
/// vision must not depend on the conversation: one behind the newest system or vision token, one behind the newest text
/// token, and one that the stream returns to when a provisional temporal patch is taken back. The text is a fork of the
/// stream: its state begins as a copy of the stream's, and is forgotten with the text. Temporal patches always go on
/// with the stream's state, which nothing that is said ever reaches.
///
/// Compression does not change them: they have seen what the KV cache evicts.
struct RecurrentStates {
  private let stream, text, marked: FloatBuffer

  /// - Parameter count: floats of all layers' states.
  /// - Throws: `CacheError.cannotAllocate`.
  init(count: Int) throws(CacheError) {
    do {
      stream = try FloatBuffer(count: count)
      text = try FloatBuffer(count: count)
      marked = try FloatBuffer(count: count)
    } catch {
      throw .cannotAllocate(tokens: 0, bytes: count.multipliedSaturating(by: 3 * MemoryLayout<Float>.stride))
    }
  }

  /// The same states in memory of their own.
  ///
  /// - Throws: `CacheError.cannotAllocate`.
  func copy() throws(CacheError) -> RecurrentStates {
    let copy = try RecurrentStates(count: stream.count)
    copy.stream.copy(from: stream)
    copy.text.copy(from: text)
    copy.marked.copy(from: marked)
    return copy
  }

  /// A copy of the state that tokens of a segment go on with, for a fork.
  ///
  /// - Throws: `CacheError.cannotAllocate`.
  func copy(of segment: CacheSegment) throws(CacheError) -> FloatBuffer {
    do {
      let copy = try FloatBuffer(count: stream.count)
      copy.copy(from: segment == .text ? text : stream)
      return copy
    } catch {
      throw .cannotAllocate(tokens: 0, bytes: stream.byteCount)
    }
  }

  /// The text begins, as a fork of the stream: its state is a copy of the stream's.
  func forkText() { text.copy(from: stream) }

  /// Keeps the stream's state, for `returnToMark`.
  func mark() { marked.copy(from: stream) }

  /// The stream's state is again what it was at the last `mark`.
  func returnToMark() { stream.copy(from: marked) }

  /// The state that tokens of a segment go on with, one row of all layers' states.
  func state(of segment: CacheSegment) -> FloatMatrix {
    let buffer = segment == .text ? text : stream
    return buffer.rows(width: buffer.count)
  }

  /// Forgets all tokens.
  func removeAll() { stream.clear() }
}
