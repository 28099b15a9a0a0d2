// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference

/// Constants of a stream's frames: the background, the light on it, and the camera's flaws.
struct Scenery: Sendable {
  let background: FrameCanvas
  /// Standard deviation of the camera's noise, in 0...255.
  let noise: Float
  /// Weight of the neighbouring columns in a pixel.
  let blur: Float
  /// Gain of each colour channel of the camera.
  private let tint: FrameCanvas.Colour
  private let story: Story
  /// Amplitude of the drift of the light, as a part of it.
  private let drift: Double
  /// Frequency of the drift, in radians per second.
  private let rhythm: Double

  init(_ story: Story, side: Int, _ random: inout SeededGenerator) {
    background = Backdrop(scene: story.scene, side: side, &random).canvas
    let shade = random.number(in: 0.85...1.12)
    tint =
      shade
      * FrameCanvas.Colour(
        random.number(in: 0.96...1.04), random.number(in: 0.96...1.04), random.number(in: 0.96...1.04))
    self.story = story
    drift = random.number(in: 0...0.05)
    rhythm = random.number(in: 0.05...0.6)
    noise = Float(random.number(in: 0...3))
    let isBlurred = random.isTrue(withChance: 0.7)
    blur = isBlurred ? Float(random.number(in: 0...0.25)) : 0
  }

  private static func light(_ time: Story.TimeOfDay) -> FrameCanvas.Colour {
    switch time {
    case .day: [1, 1, 1]
    case .evening: [0.84, 0.62, 0.46]
    case .night: [0.33, 0.37, 0.5]
    }
  }

  /// Gain of each colour channel at a time in the stream, in seconds. It drifts slowly.
  func light(at time: Double) -> FrameCanvas.Colour {
    var light = Self.light(story.time(at: time))
    if let next = story.changes.first(where: { $0.at > time }), next.at - time < Self.dusk {
      let part = 1 - (next.at - time) / Self.dusk
      light = light * (1 - part) + Self.light(next.time) * part
    }
    return light * tint * (1 + drift * sin(rhythm * time))
  }

  /// Seconds that the light takes to change from one time of day to the next.
  private static let dusk = 4.0
}

/// A street, a yard or a porch, drawn at random. Its measures are pixels of a frame of 112 × 112.
private struct Backdrop {
  private(set) var canvas: FrameCanvas
  private let unit: Double

  init(scene: Story.Scene, side: Int, _ random: inout SeededGenerator) {
    canvas = FrameCanvas(side: side)
    unit = Double(side) / 112
    let horizon = pixel(random.number(in: 40...62))
    switch scene {
    case .street: drawStreet(horizon, &random)
    case .yard: drawYard(horizon, &random)
    case .porch: drawPorch(&random)
    }
  }

  /// A measure in pixels of this canvas.
  private func pixel(_ measure: Double) -> Int { Int((measure * unit).rounded()) }

  private func colour(
    _ base: FrameCanvas.Colour, spread: Double = 18, _ random: inout SeededGenerator
  ) -> FrameCanvas.Colour {
    var colour = base
    for channel in 0..<3 {
      colour[channel] = min(max(base[channel] + random.number(in: -spread...spread), 0), 255).rounded(.down)
    }
    return colour
  }

  private mutating func drawGround(
    _ horizon: Int, _ sky: (FrameCanvas.Colour, FrameCanvas.Colour),
    _ ground: (FrameCanvas.Colour, FrameCanvas.Colour),
    _ random: inout SeededGenerator
  ) {
    canvas.fade(rows: 0..<horizon, from: colour(sky.0, &random), to: colour(sky.1, &random))
    canvas.fade(rows: horizon..<canvas.side, from: colour(ground.0, &random), to: colour(ground.1, &random))
  }

  private mutating func drawStreet(_ horizon: Int, _ random: inout SeededGenerator) {
    drawGround(horizon, ([150, 188, 232], [205, 216, 228]), ([122, 122, 124], [86, 86, 92]), &random)
    for _ in 0..<random.index(below: 4) {
      let left = random.number(in: 0...92)
      let width = random.number(in: 14...32)
      let top = pixel(random.number(in: 4...26))
      let paint = colour([152, 114, 98], spread: 30, &random)
      canvas.rectangle(columns: pixel(left)...pixel(left + width), rows: top...max(top, horizon - 1), paint)
    }
    let line = random.number(in: Double(horizon) / unit + 8...102)
    let paint = colour([224, 222, 212], spread: 8, &random)
    canvas.rectangle(columns: 0...canvas.side, rows: pixel(line)...pixel(line + 2.5), paint)
  }

  private mutating func drawYard(_ horizon: Int, _ random: inout SeededGenerator) {
    drawGround(horizon, ([158, 200, 240], [208, 226, 240]), ([112, 166, 82], [76, 132, 62]), &random)
    if random.isTrue(withChance: 0.7) {
      let tall = pixel(random.number(in: 8...16))
      let step = random.number(in: 8...14)
      let paint = colour([190, 170, 142], spread: 8, &random)
      for left in stride(from: random.number(in: 0...step), to: 112, by: step) {
        canvas.rectangle(
          columns: pixel(left)...pixel(left + 3.5), rows: horizon - tall...horizon + pixel(3), paint)
      }
    }
    if random.isTrue(withChance: 0.5) {
      let left = random.number(in: 0...90)
      let size = random.number(in: 10...20)
      let paint = colour([60, 120, 60], &random)
      canvas.ellipse(
        columns: pixel(left)...pixel(left + size), rows: horizon - pixel(size)...horizon + pixel(2), paint)
    }
  }

  private mutating func drawPorch(_ random: inout SeededGenerator) {
    let wall = colour([206, 186, 160], spread: 22, &random)
    let floor = pixel(86)
    canvas.fade(rows: 0..<floor, from: wall, to: wall)
    canvas.fade(
      rows: floor..<canvas.side, from: colour([168, 148, 128], &random), to: colour([140, 120, 104], &random))
    let top = random.number(in: 0...8)
    for board in stride(from: top, to: 86, by: random.number(in: 8...15)) {
      canvas.rectangle(columns: 0...canvas.side, rows: pixel(board)...pixel(board + 0.8), wall * 0.84)
    }
    let left = random.number(in: 6...70)
    let width = random.number(in: 24...36)
    let door = colour([122, 74, 50], spread: 24, &random)
    canvas.rectangle(columns: pixel(left)...pixel(left + width), rows: pixel(8)...floor, door)
    canvas.ellipse(
      columns: pixel(left + width - 7)...pixel(left + width - 3.5), rows: pixel(48)...pixel(51.5), [220, 214, 190])
  }
}
