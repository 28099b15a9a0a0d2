// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Testing
import Video

/// The path of a clip beside the tests.
func media(_ name: String) -> String {
  Bundle.module.bundleURL.appendingPathComponent("Media").appendingPathComponent(name).path
}

func bytes(of name: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: media(name))))
}

/// A transport stream whose video (PID 256) is scrambled from a packet on.
func scrambled(_ stream: [UInt8], from start: Int = 0) -> [UInt8] {
  var stream = stream
  for packet in Swift.stride(from: start, to: stream.count, by: 188) {
    guard stream[packet + 1] & 0x1F == 1, stream[packet + 2] == 0, stream[packet + 3] & 0x10 != 0 else { continue }
    let payload = stream[packet + 3] & 0x20 == 0 ? packet + 4 : packet + 5 + Int(stream[packet + 4])
    stream[packet + 3] |= 0x80
    for index in payload..<packet + 188 { stream[index] = UInt8(truncatingIfNeeded: index &* 37 &+ index >> 3) }
  }
  return stream
}

/// A transport stream whose video is shown this many seconds later. It has a frame's timestamps in one packet.
func shifted(_ stream: [UInt8], by seconds: Int) -> [UInt8] {
  var stream = stream
  for packet in Swift.stride(from: 0, to: stream.count, by: 188) where stream[packet + 1] & 0x40 != 0 {
    let payload = stream[packet + 3] & 0x20 == 0 ? packet + 4 : packet + 5 + Int(stream[packet + 4])
    guard stream[payload..<payload + 4].elementsEqual([0, 0, 1, 0xE0]) else { continue }
    // The presentation timestamp, and the decoding timestamp where there is one: 33 bits in 5 bytes.
    for field in [payload + 9, payload + 14].prefix(stream[payload + 7] & 0x40 == 0 ? 1 : 2) {
      let bytes = stream[field..<field + 5].map(UInt64.init)
      var ticks = (bytes[0] >> 1 & 7) << 30 | bytes[1] << 22 | (bytes[2] >> 1) << 15 | bytes[3] << 7 | bytes[4] >> 1
      ticks += UInt64(seconds) * 90_000
      stream[field] = stream[field] & 0xF1 | UInt8(ticks >> 30 & 7) << 1
      stream[field + 1] = UInt8(ticks >> 22 & 0xFF)
      stream[field + 2] = UInt8(ticks >> 15 & 0x7F) << 1 | 1
      stream[field + 3] = UInt8(ticks >> 7 & 0xFF)
      stream[field + 4] = UInt8(ticks & 0x7F) << 1 | 1
    }
  }
  return stream
}

/// Where the recordings of a transport stream begin: with the first packet that has their service's name (PID 17).
func recordings(of stream: [UInt8]) -> [Int] {
  Swift.stride(from: 0, to: stream.count, by: 188).filter {
    stream[$0 + 1] & 0x1F == 0 && stream[$0 + 2] == 17 && stream[$0 + 3] & 0x0F == 0
  }
}

/// Small frames, so that the tests are fast.
let smallSizing = FrameSizing(minimumPixels: 56 * 56, maximumPixels: 112 * 112)

/// A source may keep silent for long: while other tests compute, the one that makes it speak may wait its turn.
func options(_ framesPerSecond: Double = 2) -> VideoStreamOptions {
  VideoStreamOptions(framesPerSecond: framesPerSecond, sizing: smallSizing, timeout: 120)
}

/// All that a stream gives, to its end.
func all(of stream: VideoStream) async -> [Frame] {
  var frames: [Frame] = []
  for await frame in stream { frames.append(frame) }
  return frames
}

func sampled(_ name: String, framesPerSecond: Double) async throws -> [Frame] {
  await all(of: try await VideoStream.open(.file(path: media(name)), options: options(framesPerSecond)))
}

struct Color: Equatable, CustomStringConvertible {
  var red, green, blue: Int

  var description: String { "(\(red), \(green), \(blue))" }

  func isNear(_ other: Color, within tolerance: Int = 6) -> Bool {
    abs(red - other.red) <= tolerance && abs(green - other.green) <= tolerance && abs(blue - other.blue) <= tolerance
  }

  static let red = Color(red: 255, green: 0, blue: 0)
  static let green = Color(red: 0, green: 255, blue: 0)
  static let blue = Color(red: 0, green: 0, blue: 255)
  static let white = Color(red: 255, green: 255, blue: 255)
  static let black = Color(red: 0, green: 0, blue: 0)
}

extension Image {
  /// The colour at a place given in parts of the width and height.
  func color(_ x: Double, _ y: Double) -> Color {
    let index = (Int(Double(height) * y) * width + Int(Double(width) * x)) * 3
    return Color(red: Int(pixels[index]), green: Int(pixels[index + 1]), blue: Int(pixels[index + 2]))
  }

  /// The number of a frame of the grey clips, whose luma is 16 + 4 · n in limited range.
  var number: Int {
    Int((Double(color(0.5, 0.5).green) * 219 / 255 / 4).rounded())
  }
}
