// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Inference

/// What weather, light, a camera and its codec do to frames of a scene in which nothing has happened.
public enum Disturbance: String, Sendable, CaseIterable {
  /// Streaks that fall, new ones in each frame.
  case rain
  /// Flakes that fall slowly.
  case snow
  /// The upper left quarter sways.
  case leaves
  /// A lamp at mains frequency: brightness changes from frame to frame.
  case flicker
  /// The camera's exposure follows what is bright, within seconds.
  case exposure
  /// Little light and strong noise.
  case night
  /// Light sweeps over the scene every 20 seconds.
  case headlights
  /// The pole sways in the wind: the image moves by up to two pixels.
  case shake
  /// The light rises over the whole stream.
  case sunrise
  /// Another image for a second every 30 seconds.
  case cut
  /// The camera turns away and back every 40 seconds.
  case pan
  /// Every 12th frame is a key frame, which is smoother than the others.
  case keyframes
  /// The image fades to black and back every 30 seconds.
  case fade

  /// The frame with this disturbance. That of a moment is always the same.
  ///
  /// - Parameters:
  ///   - time: stream time, in seconds.
  ///   - seed: of random choices.
  package func applied(to image: Image, at time: Double, seed: UInt64) -> Image {
    var random = SeededGenerator(seed: seed, part: UInt64(max(0, (time * 1000).rounded())))
    var frame = Pixels(image)
    switch self {
    case .rain:
      for _ in 0..<image.width / 4 {
        let (x, y) = (random.index(below: image.width), random.index(below: image.height))
        for step in 0..<image.height / 10 { frame.lighten(x: x + step / 4, y: y + step, by: 45) }
      }
    case .snow:
      var flakes = SeededGenerator(seed: seed)
      for _ in 0..<image.width / 3 {
        let x = flakes.nextUnit() * Double(image.width) + 3 * sin(time + flakes.nextUnit() * 6)
        let fallen = flakes.nextUnit() * Double(image.height) + time * 9
        let y = fallen.truncatingRemainder(dividingBy: Double(image.height))
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] { frame.lighten(x: Int(x) + dx, y: Int(y) + dy, by: 90) }
      }
    case .leaves:
      frame.shift(dx: Int((2 * sin(time * 2.1)).rounded()), dy: Int((1.5 * cos(time * 3.3)).rounded())) { x, y in
        x < image.width / 2 && y < image.height / 2
      }
    case .flicker: frame.scale(by: 1 + 0.04 * sin(time * 17))
    case .exposure: frame.scale(by: 1 + 0.15 * sin(time / 5))
    case .night:
      frame.scale(by: 0.35)
      frame.addNoise(12, &random)
    case .headlights:
      let phase = time.truncatingRemainder(dividingBy: 20)
      let (width, height) = (Double(image.width), Double(image.height))
      if phase < 2 { frame.addLight(x: phase / 2 * width, y: height * 0.6, radius: width / 5) }
    case .shake: frame.shift(dx: random.index(below: 5) - 2, dy: random.index(below: 3) - 1) { _, _ in true }
    case .sunrise: frame.scale(by: 0.45 + 0.55 * min(time / 90, 1))
    case .cut: if time.truncatingRemainder(dividingBy: 30) >= 29 { frame.mirror() }
    case .pan:
      let phase = time.truncatingRemainder(dividingBy: 40) - 34
      if phase > 0 {
        let turned = Int(sin(phase / 6 * .pi) * Double(image.width) / 2)
        frame.shift(dx: turned, dy: 0) { _, _ in true }
      }
    case .keyframes: if Int((time * 2).rounded()) % 12 == 0 { frame.smooth() }
    case .fade:
      let phase = time.truncatingRemainder(dividingBy: 30) - 27
      if phase > 0 { frame.scale(by: abs(phase - 1.5) / 1.5) }
    }
    return frame.image
  }
}

/// An image that is being changed.
private struct Pixels {
  private let width, height: Int
  private var values: [UInt8]

  init(_ image: Image) {
    (width, height, values) = (image.width, image.height, image.pixels)
  }

  var image: Image { Image(width: width, height: height, pixels: values) }

  mutating func scale(by factor: Double) {
    let table = (0..<256).map { UInt8(min(max(Double($0) * factor + 0.5, 0), 255)) }
    for index in values.indices { values[index] = table[Int(values[index])] }
  }

  mutating func lighten(x: Int, y: Int, by amount: Int) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    for channel in 0..<3 {
      let index = (y * width + x) * 3 + channel
      values[index] = UInt8(clamping: Int(values[index]) + amount)
    }
  }

  /// Noise of a pixel, the same in all channels: the sum of two uniform distributions.
  mutating func addNoise(_ deviation: Int, _ random: inout SeededGenerator) {
    for pixel in 0..<width * height {
      let noise = (random.nextUnit() + random.nextUnit() - 1) * 2.45 * Double(deviation)
      for channel in 0..<3 {
        values[pixel * 3 + channel] = UInt8(clamping: Int(values[pixel * 3 + channel]) + Int(noise.rounded()))
      }
    }
  }

  mutating func addLight(x: Double, y: Double, radius: Double) {
    for row in 0..<height {
      for column in 0..<width {
        let distance = ((Double(column) - x) / radius, (Double(row) - y) / radius)
        let light = 140 * exp(-distance.0 * distance.0 - distance.1 * distance.1)
        if light >= 1 { lighten(x: column, y: row, by: Int(light)) }
      }
    }
  }

  /// Moves the pixels that `isMoved` says; the pixels of the edge are repeated.
  mutating func shift(dx: Int, dy: Int, where isMoved: (_ x: Int, _ y: Int) -> Bool) {
    let before = values
    for y in 0..<height {
      for x in 0..<width where isMoved(x, y) {
        let source = (min(max(y - dy, 0), height - 1) * width + min(max(x - dx, 0), width - 1)) * 3
        for channel in 0..<3 { values[(y * width + x) * 3 + channel] = before[source + channel] }
      }
    }
  }

  mutating func mirror() {
    let before = values
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<3 { values[(y * width + x) * 3 + channel] = before[((y + 1) * width - 1 - x) * 3 + channel] }
      }
    }
  }

  /// The mean of each pixel and its neighbour in the row and below, as a coarse quantizer leaves it.
  mutating func smooth() {
    let before = values
    for y in 0..<height - 1 {
      for index in y * width * 3..<(y + 1) * width * 3 - 3 {
        let sum = Int(before[index]) + Int(before[index + 3]) + Int(before[index + width * 3])
        values[index] = UInt8(sum / 3 / 2 * 2)
      }
    }
  }
}
