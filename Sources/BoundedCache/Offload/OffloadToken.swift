// SPDX-License-Identifier: Apache-2.0

/// Where a retrieved token comes from.
public struct OffloadToken: Sendable, Hashable {
  /// The number of its frame since the stream began.
  public var streamIndex: Int64
  /// Its place in the frame, row by row.
  public var place: Int32

  public init(streamIndex: Int64, place: Int32) {
    self.streamIndex = streamIndex
    self.place = place
  }
}

/// A page that the ranking offers.
public struct RetrievedPage: Sendable, Hashable {
  /// The page's number in its head: 1 for the first one that was filled, never used twice.
  public let page: Int
  /// The share of the queries' attention that the page is thought to draw among all pages: 0 … 1. 0 for a page that
  /// was not ranked.
  public let score: Float
  /// How far the page's keys have to be turned to stand where its first frame belongs today, in positions.
  public let shift: Int32

  public init(page: Int, score: Float, shift: Int32) {
    self.page = page
    self.score = score
    self.shift = shift
  }
}

/// What a offload file has been through since it was opened or emptied.
public struct OffloadStatistics: Sendable, Equatable {
  /// Tokens of all heads that were given to it.
  public var tokens = 0
  /// Pages written.
  public var pagesWritten = 0
  /// Pages that had to give way to others or were not taken in at all, since the file was full.
  public var pagesThinned = 0

  public init() {}
}
