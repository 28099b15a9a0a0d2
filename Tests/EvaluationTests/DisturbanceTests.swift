// SPDX-License-Identifier: Apache-2.0

import Evaluation
import Images
import Testing

@Suite("Disturbances of drawn streams")
struct DisturbanceTests {
  private let scene: Image

  init() {
    var pixels: [UInt8] = []
    for index in 0..<56 * 56 { pixels += [UInt8(60 + index % 56), UInt8(100 + index / 112), 90] }
    scene = Image(width: 56, height: 56, pixels: pixels)
  }

  @Test(
    "Each changes some frame of a minute, keeps the size, and is the same for the same moment and seed",
    arguments: Disturbance.allCases)
  func deterministic(disturbance: Disturbance) {
    let times = stride(from: 0.0, to: 60, by: 0.5).map { $0 }
    let frames = times.map { disturbance.applied(to: scene, at: $0, seed: 3) }
    #expect(frames.allSatisfy { $0.width == 56 && $0.height == 56 })
    #expect(frames.contains { $0 != scene })
    #expect(frames[7] == disturbance.applied(to: scene, at: times[7], seed: 3))
  }

  @Test(
    "A cut, a turn of the camera and a fade leave most frames as they are",
    arguments: [Disturbance.cut, .pan, .fade])
  func rare(disturbance: Disturbance) {
    var changed = 0
    for time in stride(from: 0.0, to: 60, by: 0.5) where disturbance.applied(to: scene, at: time, seed: 3) != scene {
      changed += 1
    }
    #expect((2..<30).contains(changed), "\(changed) of 120")
  }
}
