// SPDX-License-Identifier: Apache-2.0

import Plotting
import SessionInterface
import Testing

@Suite struct RetentionSummaryTests {
  @Test("The summary says of how many patches something is cached, and how far back")
  func summary() {
    let map = RetentionMap.of([patch(7), patch(86_399)], seen: 86_400)
    #expect(
      RetentionSummary.wordings(map).first == ["2 of 86 400 temporal patches still cached in part", "oldest 0:07"])
    #expect(RetentionSummary.wordings(.of([], seen: 3)) == [["none of 3 temporal patches cached"]])
    #expect(RetentionSummary.wordings(.of([], seen: 0)) == [["nothing seen yet"]])
  }
}
