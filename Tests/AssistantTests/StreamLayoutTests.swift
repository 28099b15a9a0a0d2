// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Dialogue
import Foundation
import Testing

@Suite("A stream is laid out as its model's family was trained on")
struct StreamLayoutTests {
  private let grid = GridTHW(temporalPatches: 1, height: 2, width: 3)

  /// A layout whose text has one token for each character.
  private func layout(_ family: VisionFamily) -> StreamLayout {
    StreamLayout(family: family, visionStart: [1], visionEnd: [2], encode: { $0.utf8.map(Int.init) })
  }

  private func golden(_ name: String) throws -> [MRoPEPosition] {
    let url = try #require(Bundle.module.url(forResource: "positions", withExtension: "json", subdirectory: "Goldens"))
    let all = try JSONDecoder().decode([String: [[Int32]]].self, from: Data(contentsOf: url))
    let lists = try #require(all[name])
    return lists[0].indices.map { MRoPEPosition(time: lists[0][$0], height: lists[1][$0], width: lists[2][$0]) }
  }

  @Test(
    "Frames stand where transformers puts them",
    arguments: [
      (VisionFamily.qwen2VL, "qwen2VL", 1.0), (.qwen25VL, "qwen25VL", 1.0),
      (.qwen25VL, "qwen25VL at 3 a second", 2.0 / 3), (.qwen3VL, "qwen3VL", 1.0),
    ])
  func places(family: VisionFamily, name: String, seconds: Double) throws {
    var layout = layout(family)
    var positions = layout.text(5)
    layout.begin()
    for caption in [7, 8, 8, 9] {
      let frame = layout.frame(grid, caption: family == .qwen3VL ? caption : 0, lasting: seconds)
      positions += frame.caption + frame.tokens
    }
    #expect(positions == (try golden(name)))
  }

  @Test("Words after the frames go on behind the largest place of any frame")
  func tailPlaces() {
    for (family, expected) in [
      (VisionFamily.qwen2VL, 4), (.qwen25VL, 7), (.qwen3VL, 4 * (5 + 3)), (.llavaOneVision, 24),
    ] {
      var layout = layout(family)
      layout.begin()
      for _ in 0..<4 { _ = layout.frame(grid, caption: 5, lasting: 1) }
      #expect(layout.tail.textPosition == expected, "\(family)")
    }
  }

  @Test("Qwen3-VL's frames are told with their time; the mark that ends a frame comes with the next one's")
  func captions() {
    var layout = layout(.qwen3VL)
    layout.begin()
    #expect(layout.caption(at: 0.25) == Array("<0.2 seconds>".utf8).map(Int.init) + [1])
    _ = layout.frame(grid, caption: 14, lasting: 1)
    #expect(layout.caption(at: 3599.75) == [2] + Array("<3599.8 seconds>".utf8).map(Int.init) + [1])
    #expect(layout.closing == [2])
  }

  @Test("The other families' frames have no captions", arguments: [VisionFamily.qwen2VL, .qwen25VL, .llavaOneVision])
  func noCaptions(family: VisionFamily) {
    #expect(layout(family).caption(at: 10) == [])
  }

  @Test("After frames were moved together, the next one follows them", arguments: VisionFamily.allCases)
  func goesOn(family: VisionFamily) {
    var layout = layout(family)
    _ = layout.text(5)
    layout.begin()
    var advances: [Int] = []
    for _ in 0..<10 { advances.append(layout.frame(grid, caption: 4, lasting: 1).advance) }
    // Three of the ten frames are left.
    let length = advances.prefix(3).reduce(0, +)
    layout.goOn(after: length)
    let next = layout.frame(grid, caption: 4, lasting: 1)
    #expect(next.tokens.map(\.time).min() == Int32(5 + length + (family == .qwen3VL ? 4 : 0)))
    #expect(layout.tail.textPosition <= 5 + length + 4 + 3 + (family == .llavaOneVision ? 6 : 0))
  }
}
