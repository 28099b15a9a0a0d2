// SPDX-License-Identifier: Apache-2.0

import Screen
import Testing

@Suite struct RetentionRowsTests {
  @Test("The rows are shared out without one too many", arguments: [1, 2, 6, 28, 80])
  func fit(layers: Int) {
    for rows in 1...60 {
      for (summary, thumbnails) in [(1, 0), (1, 4), (2, 4), (2, 40)] {
        let plan = RetentionRows(rows: rows, layers: layers, summary: summary, thumbnails: thumbnails, isFine: true)
        #expect(plan.heat >= 1 && (0...thumbnails).contains(plan.thumbnails))
        let used = plan.thumbnails + (plan.marks ? 1 : 0) + plan.heat + 2 + summary
        #expect(used <= max(rows, summary + 3))
      }
    }
  }
}
