// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Inference

/// Draws the frames of a story, in any order. The frame of a moment is always the same.
package struct StreamPainter {
  private let story: Story
  private let scenery: Scenery
  private var sheet: ThingSheet
  private let grain: Grain
  /// Seed of the camera's noise, which differs from frame to frame.
  private let noiseSeed: UInt64

  /// Up to this side, in pixels, things are shifted by parts of a pixel.
  private static let smallSide = 224
  /// Parts of a pixel that things are shifted by.
  private static let phases = 4

  /// - Parameters:
  ///   - side: side of the frames, in pixels; that of the embedded model's training is 112.
  ///   - random: draws what the story leaves open.
  ///   - sheet: images of the things.
  package init(_ story: Story, side: Int, random: SeededGenerator, sheet: ThingSheet) {
    self.story = story
    self.sheet = sheet
    var random = random
    scenery = Scenery(story, side: side, &random)
    noiseSeed = random.next()
    grain = Grain(side: side)
  }

  /// Draws the frame of a time in the stream, in seconds.
  package mutating func frame(at time: Double) -> Image {
    var canvas = scenery.background
    if let visit = story.visit(at: time) { draw(visit, at: time, on: &canvas) }
    let light = scenery.light(at: time)
    let gain = (0..<3).map { Float(light[$0]) }
    for index in canvas.values.indices { canvas.values[index] *= gain[index % 3] }
    if scenery.blur > 0 { canvas.blurRows(by: scenery.blur / (1 + 2 * scenery.blur)) }
    var random = SeededGenerator(seed: noiseSeed, part: UInt64(max(0, (time * 1000).rounded())))
    grain.add(to: &canvas, strength: scenery.noise, &random)
    let pixels = canvas.values.map { UInt8(min(max($0 + 0.5, 0), 255)) }
    return Image(width: canvas.side, height: canvas.side, pixels: pixels)
  }

  private mutating func draw(_ visit: Visit, at time: Double, on canvas: inout FrameCanvas) {
    let side = Double(canvas.side)
    let phases = canvas.side <= Self.smallSide ? Self.phases : 1
    let longest = Int((visit.size * side).rounded())
    let facesRight = visit.facesRight(at: time)
    let width = sheet.sprite(of: visit, longest: longest, facesRight: facesRight, phase: 0, phases: phases).layers.width
    let left = visit.position(at: time) * side - Double(width) / 2
    let whole = left.rounded(.down)
    let phase = min(Int((left - whole) * Double(phases)), phases - 1)
    let sprite = sheet.sprite(of: visit, longest: longest, facesRight: facesRight, phase: phase, phases: phases)
    let top = Int((visit.base * side).rounded()) - sprite.layers.height
    sprite.draw(on: &canvas, left: Int(whole), top: top)
  }
}

extension FrameCanvas {
  /// Mixes each pixel with its neighbours in the row. The outermost pixels do not change.
  fileprivate mutating func blurRows(by weight: Float) {
    let before = values
    for row in 0..<side {
      for index in (row * side + 1) * 3..<((row + 1) * side - 1) * 3 {
        values[index] += (before[index - 3] + before[index + 3] - 2 * before[index]) * weight
      }
    }
  }
}

/// A large sheet of noise, the same for every stream. The noise of a frame is a piece of it.
private struct Grain {
  private let side: Int
  private let width: Int
  private let values: [Float]

  init(side: Int) {
    self.side = side
    width = 2 * side
    var random = SeededGenerator(seed: 7)
    // The Box–Muller transform.
    values = (0..<width * width).map { _ in
      let radius = (-2 * log(max(random.nextUnit(), .leastNormalMagnitude))).squareRoot()
      return Float(radius * cos(2 * Double.pi * random.nextUnit()))
    }
  }

  /// Adds a piece of the noise at a random position.
  func add(to canvas: inout FrameCanvas, strength: Float, _ random: inout SeededGenerator) {
    let top = random.index(below: width - side)
    let left = random.index(below: width - side)
    for row in 0..<side {
      for column in 0..<side {
        let noise = values[(top + row) * width + left + column] * strength
        for channel in 0..<3 { canvas.values[(row * side + column) * 3 + channel] += noise }
      }
    }
  }
}
