// SPDX-License-Identifier: Apache-2.0

import Plotting
import Testing

@Suite struct HeatScaleTests {
  @Test("More is lighter, from end to end")
  func lighter() {
    let lightness = (0...20).map { step in
      let color = HeatScale.color(at: Float(step) / 20)
      return 299 * Int(color.red) + 587 * Int(color.green) + 114 * Int(color.blue)
    }
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(
    "Shares that are none are drawn as nothing or all",
    arguments: [(.nan, 0), (-1, 0), (2, 1), (.infinity, 1)] as [(Float, Float)])
  func limits(share: Float, position: Float) {
    #expect(HeatScale.position(of: share) == position)
    #expect(HeatScale.color(at: share) == HeatScale.color(at: position))
  }
}
