import Pictures

/// The fixed part of the xterm palette: a 6×6×6 cube from 16 and 24 greys from 232.
package enum TerminalPalette {
  private static let levels: [Int] = [0, 95, 135, 175, 215, 255]

  /// The colour of a palette number from 16 up.
  package static func color(_ index: UInt8) -> (red: Int, green: Int, blue: Int) {
    let value = Int(index)
    if value >= 232 {
      let grey = 8 + (value - 232) * 10
      return (grey, grey, grey)
    }
    let cube = max(0, value - 16)
    return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
  }

  /// The palette number nearest to a colour, by a distance that weighs the channels as the eye does.
  package static func nearest(red: Int, green: Int, blue: Int) -> UInt8 {
    let (r, g, b) = (level(red), level(green), level(blue))
    let cube = UInt8(16 + 36 * r + 6 * g + b)
    let mean = (red + green + blue) / 3
    let grey = UInt8(232 + min(23, max(0, (mean - 3) / 10)))
    return distance(cube, red, green, blue) <= distance(grey, red, green, blue) ? cube : grey
  }

  private static func level(_ value: Int) -> Int {
    value < 48 ? 0 : value < 115 ? 1 : min(5, (value - 35) / 40)
  }

  private static func distance(_ index: UInt8, _ red: Int, _ green: Int, _ blue: Int) -> Int {
    let color = color(index)
    let (r, g, b) = (color.red - red, color.green - green, color.blue - blue)
    return 2 * r * r + 4 * g * g + 3 * b * b
  }

  /// The picture in palette numbers, row by row. What a number misses of a pixel is passed on to its neighbours to
  /// the right and below (Floyd and Steinberg 1976), so that areas keep their colour on the whole.
  package static func quantized(_ picture: Picture) -> [UInt8] {
    let (width, height) = (picture.width, picture.height)
    var result = [UInt8](repeating: 16, count: width * height)
    guard width > 0 else { return result }
    var current = [Int](repeating: 0, count: (width + 2) * 3)
    var next = current
    for y in 0..<height {
      for x in 0..<width {
        let pixel = (y * width + x) * 3
        var wanted = (0, 0, 0)
        wanted.0 = clamped(Int(picture.pixels[pixel]) + current[(x + 1) * 3] / 16)
        wanted.1 = clamped(Int(picture.pixels[pixel + 1]) + current[(x + 1) * 3 + 1] / 16)
        wanted.2 = clamped(Int(picture.pixels[pixel + 2]) + current[(x + 1) * 3 + 2] / 16)
        let index = nearest(red: wanted.0, green: wanted.1, blue: wanted.2)
        result[y * width + x] = index
        let got = color(index)
        for (channel, missed) in [wanted.0 - got.red, wanted.1 - got.green, wanted.2 - got.blue].enumerated() {
          current[(x + 2) * 3 + channel] += missed * 7
          next[x * 3 + channel] += missed * 3
          next[(x + 1) * 3 + channel] += missed * 5
          next[(x + 2) * 3 + channel] += missed
        }
      }
      swap(&current, &next)
      for index in next.indices { next[index] = 0 }
    }
    return result
  }

  private static func clamped(_ value: Int) -> Int { min(255, max(0, value)) }
}
