// SPDX-License-Identifier: Apache-2.0

/// A page of one head that the ranking offers for retrieval.
package struct RetrievedPage: Sendable, Hashable {
  /// The page's number in its head: 1 for the first one that was filled, never used twice.
  package let page: Int
  /// The share of the queries' attention that the page is estimated to draw among all pages, 0 … 1; 0 for a page that
  /// was not ranked.
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
