// SPDX-License-Identifier: Apache-2.0

/// Where an offloaded token comes from.
package struct OffloadToken: Sendable, Hashable {
  /// The index of its temporal patch in the stream.
  package var streamIndex: Int64
  /// Its patch in the temporal patch, row by row.
  package var patch: Int32

  /// Memberwise; checks nothing.
  package init(streamIndex: Int64, patch: Int32) {
    self.streamIndex = streamIndex
    self.patch = patch
  }
}

/// A page of one head that the ranking offers for retrieval.
package struct RetrievedPage: Sendable, Hashable {
  /// The page's number in its head: 1 for the first one that was filled, never used twice.
  package let page: Int
  /// The share of the queries' attention that the page is estimated to draw among all pages, 0 … 1; 0 for a page that was
  /// not ranked.
  package let score: Float
  /// Positions by which the page's keys have to be rotated, so that its first token stands where its temporal patch
  /// stands now.
  package let shift: Int32

  /// Memberwise; checks nothing.
  package init(page: Int, score: Float, shift: Int32) {
    self.page = page
    self.score = score
    self.shift = shift
  }
}

/// Counts of an offload file since it was opened or emptied.
package struct OffloadStatistics: Sendable, Equatable {
  /// Tokens of all heads that were appended.
  package var tokens = 0
  /// Pages written.
  package var pagesWritten = 0
  /// Pages that gave way to others or were never written, because the file was full.
  package var pagesThinned = 0

  /// All counts are 0.
  package init() {}
}
