// SPDX-License-Identifier: Apache-2.0

import Images
import Platform

/// The fixed part of the xterm palette: a 6×6×6 cube from 16 and 24 greys from 232.
package enum XtermPalette {
  private static let levels: [Int] = [0, 95, 135, 175, 215, 255]
  private static let numbers: ClosedRange<UInt8> = 16...255

  /// The colour of a palette number from 16 up.
  package static func color(_ number: UInt8) -> (red: Int, green: Int, blue: Int) {
    let value = Int(number)
    if value >= 232 {
      let grey = 8 + (value - 232) * 10
      return (grey, grey, grey)
    }
    let cube = max(0, value - 16)
    return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
  }

  /// The palette number that looks nearest to a colour with channels from 0 to 255.
  package static func nearest(red: Int, green: Int, blue: Int) -> UInt8 {
    let wanted = Perceived(red: red, green: green, blue: blue)
    var best = numbers.lowerBound
    var least = Float.infinity
    for (index, color) in perceived.enumerated() {
      let distance = color.distance(to: wanted)
      if distance < least { (best, least) = (numbers.lowerBound + UInt8(index), distance) }
    }
    return best
  }

  /// The image in palette indices, row by row, with an ordered dither (Bayer 1973): unlike that of error diffusion, its
  /// pattern stands still from frame to frame.
  package static func quantized(_ image: Image) -> [UInt8] {
    guard image.width > 0 else { return [] }
    return (0..<image.width * image.height).map { pixel in
      let shift = (Dither.threshold(column: pixel % image.width, row: pixel / image.width) - 0.5) * ditherSpan
      let bin = { (channel: Int) in
        Int(min(255, max(0, Float(image.pixels[pixel * 3 + channel]) + shift))) >> (8 - binBits)
      }
      return table[(bin(0) << binBits | bin(1)) << binBits | bin(2)]
    }
  }

  /// Lightness steps over which the dither mixes two colours: enough to soften bands, too little for noise.
  private static let ditherSpan: Float = 26
  private static let binBits = 5
  private static let perceived = numbers.map { number in
    let color = color(number)
    return Perceived(red: color.red, green: color.green, blue: color.blue)
  }

  /// The nearest number for every colour of 5 bits a channel.
  private static let table: [UInt8] = {
    let count = 1 << binBits
    let middle = { (bin: Int) in bin << (8 - binBits) | 1 << (7 - binBits) }
    var result: [UInt8] = []
    result.reserveCapacity(count * count * count)
    for red in 0..<count {
      for green in 0..<count {
        for blue in 0..<count {
          result.append(nearest(red: middle(red), green: middle(green), blue: middle(blue)))
        }
      }
    }
    return result
  }()
}

/// A colour in Oklab (Ottosson 2020), where equal distances look equally far.
private struct Perceived {
  var lightness: Float
  var a: Float
  var b: Float

  init(red: Int, green: Int, blue: Int) {
    let linear = [red, green, blue].map { channel in
      let value = Float(channel) / 255
      return value <= 0.04045 ? value / 12.92 : powf((value + 0.055) / 1.055, 2.4)
    }
    let l = cbrtf(0.412_221_47 * linear[0] + 0.536_332_54 * linear[1] + 0.051_445_993 * linear[2])
    let m = cbrtf(0.211_903_5 * linear[0] + 0.680_699_55 * linear[1] + 0.107_396_96 * linear[2])
    let s = cbrtf(0.088_302_46 * linear[0] + 0.281_718_84 * linear[1] + 0.629_978_7 * linear[2])
    lightness = 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s
    a = 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s
    b = 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s
  }

  func distance(to other: Perceived) -> Float {
    let (dl, da, db) = (lightness - other.lightness, a - other.a, b - other.b)
    return dl * dl + da * da + db * db
  }
}
