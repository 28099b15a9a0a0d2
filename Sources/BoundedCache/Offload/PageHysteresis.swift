// SPDX-License-Identifier: Apache-2.0

/// Which retrieved pages of one head stay from question to question.
///
/// Questions that follow each other mostly choose the same pages. Each page has a running share f ← λf +
/// (1−λ)·[chosen], λ = 0.8. At 0.6 (five questions in a row) it becomes steady, below 0.4 (two to five questions
/// without it) it no longer is. The gap between the two prevents pages from being loaded and dropped in turn.
package struct PageHysteresis: Sendable, Equatable {
  /// The pages that stay, those chosen most first.
  package private(set) var pages: [Int] = []
  private var shares: [Int: Float] = [:]

  private static let decay: Float = 0.8
  private static let entry: Float = 0.6
  private static let exit: Float = 0.4
  /// Below this a page is forgotten, so that no more pages are known than a dozen questions can choose.
  private static let forgotten: Float = 0.01

  /// Knows no page.
  package init() {}

  /// Takes note of a ranking and chooses the pages to attend to: the steady ones first, then the best of the others.
  ///
  /// - Parameters:
  ///   - ranked: the ranking, best first.
  ///   - limit: the most pages that fit.
  ///   - offloaded: a steady page that the ranking does not offer; nil where it is no longer in the file.
  package mutating func choose(
    _ ranked: [RetrievedPage], limit: Int, offloaded: (Int) -> RetrievedPage?
  ) -> [RetrievedPage] {
    let best = ranked.prefix(max(limit, 0))
    note(best.map(\.page))
    var chosen: [RetrievedPage] = []
    for page in pages where chosen.count < limit {
      if let choice = best.first(where: { $0.page == page }) ?? offloaded(page) {
        chosen.append(choice)
      } else {
        shares[page] = nil
      }
    }
    pages.removeAll { shares[$0] == nil }
    for choice in best where chosen.count < limit && !chosen.contains(where: { $0.page == choice.page }) {
      chosen.append(choice)
    }
    return chosen
  }

  /// Counts one question for which these pages were chosen by their scores.
  private mutating func note(_ chosen: [Int]) {
    for page in chosen where shares[page] == nil { shares[page] = 0 }
    let now = Set(chosen)
    let steady = Set(pages)
    for (page, share) in shares {
      let next = PageHysteresis.decay * share + (now.contains(page) ? 1 - PageHysteresis.decay : 0)
      shares[page] = next < PageHysteresis.forgotten ? nil : next
    }
    pages = shares.filter { $0.value >= (steady.contains($0.key) ? PageHysteresis.exit : PageHysteresis.entry) }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
  }
}
