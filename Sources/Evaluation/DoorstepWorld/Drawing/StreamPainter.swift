// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Inference

/// Draws a story's pictures, in any order of time and the same each time.
package struct StreamPainter {
  private let story: Story
  private let scenery: Scenery
  private var sheet: ThingSheet
  private let grain: Grain
  /// The camera's noise differs from picture to picture, by the stream's seed.
  private let noiseSeed: UInt64

  /// Pictures up to this side are small enough for a shift by parts of a pixel to matter.
  private static let smallSide = 224
  private static let phases = 4

  /// - Parameters:
  ///   - side: of the pictures, in pixels; the embedded model learnt from 112.
  ///   - random: chooses everything that a story leaves open.
  package init(_ story: Story, side: Int, random: SeededGenerator, sheet: ThingSheet) {
    self.story = story
    self.sheet = sheet
    var random = random
    scenery = Scenery(story, side: side, &random)
    noiseSeed = random.next()
    grain = Grain(side: side)
  }

  /// The picture at a moment of the stream, in seconds.
  package mutating func image(at time: Double) -> Image {
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

  private mutating func draw(_ visit: Visit, at time: Double, on canvas: inout StreamCanvas) {
    let side = Double(canvas.side)
    let phases = canvas.side <= Self.smallSide ? Self.phases : 1
    let longest = Int((visit.size * side).rounded())
    let facesRight = visit.facesRight(at: time)
    let width = sheet.sprite(of: visit, longest: longest, facesRight: facesRight, phase: 0, phases: phases).layers.width
    let left = visit.place(at: time) * side - Double(width) / 2
    let whole = left.rounded(.down)
    let phase = min(Int((left - whole) * Double(phases)), phases - 1)
    let sprite = sheet.sprite(of: visit, longest: longest, facesRight: facesRight, phase: phase, phases: phases)
    let top = Int((visit.base * side).rounded()) - sprite.layers.height
    sprite.draw(on: &canvas, left: Int(whole), top: top)
  }
}

extension StreamCanvas {
  /// Mixes each pixel with its neighbours in the row; the outermost stay.
  fileprivate mutating func blurRows(by share: Float) {
    let before = values
    for row in 0..<side {
      for index in (row * side + 1) * 3..<((row + 1) * side - 1) * 3 {
        values[index] += (before[index - 3] + before[index + 3] - 2 * before[index]) * share
      }
    }
  }
}

/// A large sheet of noise from which pieces are cut, the same for every stream.
private struct Grain {
  private let side: Int
  private let width: Int
  private let values: [Float]

  init(side: Int) {
    self.side = side
    width = 2 * side
    var random = SeededGenerator(seed: 7)
    // A normal distribution from two even ones (Box and Muller).
    values = (0..<width * width).map { _ in
      let radius = (-2 * log(max(random.nextUnit(), .leastNormalMagnitude))).squareRoot()
      return Float(radius * cos(2 * Double.pi * random.nextUnit()))
    }
  }

  func add(to canvas: inout StreamCanvas, strength: Float, _ random: inout SeededGenerator) {
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
