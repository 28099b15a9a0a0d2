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
    "Temporal patches have the positions that transformers gives them",
    arguments: [
      (VisionFamily.qwen2VL, "qwen2VL", 1.0), (.qwen25VL, "qwen25VL", 1.0),
      (.qwen25VL, "qwen25VL at 3 a second", 2.0 / 3), (.qwen3VL, "qwen3VL", 1.0),
    ])
  func positions(family: VisionFamily, name: String, seconds: Double) throws {
    var layout = layout(family)
    var positions = layout.text(5)
    layout.beginVision()
    for caption in [7, 8, 8, 9] {
      let next = layout.append(grid, captionTokens: family == .qwen3VL ? caption : 0, duration: seconds)
      positions += next.caption + next.patch
    }
    #expect(positions == (try golden(name)))
  }

  @Test("Words after the patches go on behind the largest position of any patch")
  func textPositions() {
    for (family, expected) in [
      (VisionFamily.qwen2VL, 4), (.qwen25VL, 7), (.qwen3VL, 4 * (5 + 3)), (.llavaOneVision, 24),
      (.idefics3, 4 * (5 + 6)), (.lfm2, 4 * (5 + 6)),
    ] {
      var layout = layout(family)
      layout.beginVision()
      let caption = layout.caption(at: 1).isEmpty ? 0 : 5
      for _ in 0..<4 { _ = layout.append(grid, captionTokens: caption, duration: 1) }
      #expect(layout.textPositions.textPosition == expected, "\(family)")
    }
  }

  @Test("Qwen3-VL's patches have their time before them; the marker that ends a patch comes with the next one's")
  func captions() {
    var layout = layout(.qwen3VL)
    layout.beginVision()
    #expect(layout.caption(at: 0.25) == Array("<0.2 seconds>".utf8).map(Int.init) + [1])
    _ = layout.append(grid, captionTokens: 14, duration: 1)
    #expect(layout.caption(at: 3599.75) == [2] + Array("<3599.8 seconds>".utf8).map(Int.init) + [1])
    #expect(layout.visionEnd?.tokens == [2])
  }

  @Test("SmolVLM's prompt of a video is that of transformers, but for how many frames of how long a video follow")
  func smolVLM() throws {
    let url = try #require(Bundle.module.url(forResource: "smolvlm", withExtension: "json", subdirectory: "Goldens"))
    let golden = try JSONDecoder().decode(VideoPrompt.self, from: Data(contentsOf: url))
    var layout = layout(.idefics3)
    #expect(layout.visionEnd == nil)
    var prompt = layout.visionStart.dropFirst()
    layout.beginVision()
    for seconds in golden.seconds {
      prompt += layout.caption(at: seconds) + Array("<image>".utf8).map(Int.init)
      _ = layout.append(grid, captionTokens: 30, duration: 1)
    }
    prompt += try #require(layout.visionEnd).tokens.dropLast()
    let text = String(decoding: prompt.map(UInt8.init), as: UTF8.self)
    #expect(text == golden.prompt.replacing(golden.introduction, with: "frames from a video"))
  }

  private struct VideoPrompt: Decodable {
    let seconds: [Double]
    let introduction: String
    let prompt: String
  }

  @Test("An image that is no part of a stream has no time, and is not introduced as a video")
  func stills() {
    for (family, expected) in [
      (VisionFamily.idefics3, "<fake_token_around_image><global-img>"), (.lfm2, "<|image_start|>"),
    ] {
      let layout = layout(family)
      #expect(text(layout.caption(at: nil)) == expected)
      #expect(layout.imageStart == (family == .idefics3 ? [1] : []))
    }
    var images = layout(.idefics3)
    _ = images.append(grid, captionTokens: 3, duration: 1, isStill: true)
    #expect(images.visionEnd.map { text($0.tokens) + $0.text }?.contains("\n") == false)
    _ = images.append(grid, captionTokens: 3, duration: 1)
    #expect(images.visionEnd.map { text($0.tokens) + $0.text }?.contains("\n\n") == true)
    #expect(layout(.qwen3VL).caption(at: nil) == [1])
    #expect(layout(.qwen2VL).imageStart == layout(.qwen2VL).visionStart)
  }

  @Test("LFM2-VL's frames are images in a row, each with its time before it")
  func lfm2() {
    var layout = layout(.lfm2)
    layout.beginVision()
    #expect(layout.visionStart == [])
    #expect(text(layout.caption(at: 61.5)) == "01:01 <|image_start|>")
    _ = layout.append(grid, captionTokens: 14, duration: 1)
    #expect(text(layout.caption(at: 3600)) == "<|image_end|>60:00 <|image_start|>")
    #expect(layout.visionEnd.map { text($0.tokens) + $0.text } == "<|image_end|>\u{2}")
  }

  @Test("MiniCPM-V's prompts of images and videos are those of transformers, token by token")
  func miniCPMV() throws {
    let url = try #require(Bundle.module.url(forResource: "minicpmv", withExtension: "json", subdirectory: "Goldens"))
    let golden = try JSONDecoder().decode(ContentPrompts.self, from: Data(contentsOf: url))
    for prompt in golden.prompts {
      #expect(tokens(of: prompt.contents, golden) == prompt.ids, "\(prompt.contents)")
    }
  }

  /// A prompt of images (0) and videos (their numbers of frames), each with one token.
  private func tokens(of contents: [Int], _ golden: ContentPrompts) -> [Int] {
    let encode = { (text: String) in golden.encode(text) }
    var layout = StreamLayout(family: .minicpmV46, visionStart: [], visionEnd: [], visionEndText: "\n", encode: encode)
    var prompt = contents.first == 0 ? layout.imageStart : layout.visionStart
    layout.beginVision()
    for content in contents {
      for frame in 0..<max(content, 1) {
        prompt += layout.caption(at: content == 0 ? nil : Double(frame))
        prompt += encode(content == 0 ? "<|image_pad|>" : "<|video_pad|>")
        _ = layout.append(grid, captionTokens: 1, duration: 1, isStill: content == 0)
      }
    }
    return prompt + (layout.visionEnd?.tokens ?? []) + encode((layout.visionEnd?.text ?? "") + golden.question)
  }

  private struct ContentPrompts: Decodable {
    struct Prompt: Decodable {
      let contents: [Int]
      let ids: [Int]
    }

    let specials: [String]
    let question: String
    let prompts: [Prompt]

    /// One token for each byte, and those after them for the special tokens.
    func encode(_ text: String) -> [Int] {
      var rest = Substring(text)
      var tokens: [Int] = []
      while let first = rest.utf8.first {
        if let special = specials.firstIndex(where: { rest.hasPrefix($0) }) {
          tokens.append(256 + special)
          rest = rest.dropFirst(specials[special].count)
        } else {
          tokens.append(Int(first))
          rest = rest.dropFirst()
        }
      }
      return tokens
    }
  }

  private func text(_ tokens: [Int]) -> String { String(decoding: tokens.map(UInt8.init), as: UTF8.self) }

  @Test("The other families' patches have no captions", arguments: [VisionFamily.qwen2VL, .qwen25VL, .llavaOneVision])
  func noCaptions(family: VisionFamily) {
    #expect(layout(family).caption(at: 10) == [])
  }

  @Test("After the gaps of evicted patches were closed, the next patch follows", arguments: VisionFamily.allCases)
  func goesOn(family: VisionFamily) {
    var layout = layout(family)
    _ = layout.text(5)
    layout.beginVision()
    var advances: [Int] = []
    for _ in 0..<10 {
      let caption = layout.caption(at: 1).isEmpty ? 0 : 4
      advances.append(layout.append(grid, captionTokens: caption, duration: 1).advance)
    }
    // Three of the ten patches are left.
    let length = advances.prefix(3).reduce(0, +)
    layout.rewind(toLength: length)
    let caption = layout.caption(at: 1).isEmpty ? 0 : 4
    let next = layout.append(grid, captionTokens: caption, duration: 1)
    #expect(next.patch.map(\.time).min() == Int32(5 + length + caption))
    #expect(layout.textPositions.textPosition <= 5 + length + 4 + 3 + 6)
  }
}
