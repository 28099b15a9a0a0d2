// SPDX-License-Identifier: Apache-2.0

/// The largest size of the same shape that fits; at least 1×1 where there is any room.
package func fittedSize(width: Int, height: Int, maximumWidth: Int, maximumHeight: Int) -> (width: Int, height: Int) {
  guard width > 0, height > 0, maximumWidth > 0, maximumHeight > 0 else { return (0, 0) }
  let scale = min(Double(maximumWidth) / Double(width), Double(maximumHeight) / Double(height))
  let fitted = { (side: Int, most: Int) in min(most, max(1, Int((Double(side) * scale).rounded()))) }
  return (fitted(width, maximumWidth), fitted(height, maximumHeight))
}

/// The image at another size: every new pixel is the mean of the area it covers.
package func scaled(_ image: Image, width: Int, height: Int) -> Image {
  guard width > 0, height > 0, image.width > 0, image.height > 0 else {
    return Image(width: 0, height: 0, pixels: [])
  }
  if width == image.width, height == image.height { return image }
  let columns = spans(from: image.width, to: width)
  let rows = spans(from: image.height, to: height)
  var pixels = [UInt8](repeating: 0, count: width * height * 3)
  image.pixels.withUnsafeBufferPointer { source in
    for y in 0..<height {
      let row = rows[y]
      for x in 0..<width {
        let column = columns[x]
        var red: Float = 0
        var green: Float = 0
        var blue: Float = 0
        for (sourceY, rowWeight) in row {
          let base = sourceY * image.width
          for (sourceX, columnWeight) in column {
            let index = (base + sourceX) * 3
            let weight = rowWeight * columnWeight
            red += Float(source[index]) * weight
            green += Float(source[index + 1]) * weight
            blue += Float(source[index + 2]) * weight
          }
        }
        let index = (y * width + x) * 3
        pixels[index] = UInt8(min(255, red + 0.5))
        pixels[index + 1] = UInt8(min(255, green + 0.5))
        pixels[index + 2] = UInt8(min(255, blue + 0.5))
      }
    }
  }
  return Image(width: width, height: height, pixels: pixels)
}

/// The whole image in the middle of a size, with black beside it where the shapes differ.
package func letterboxed(_ image: Image, width: Int, height: Int) -> Image {
  if image.width == width, image.height == height { return image }
  let fitted = fittedSize(width: image.width, height: image.height, maximumWidth: width, maximumHeight: height)
  let inner = scaled(image, width: fitted.width, height: fitted.height)
  var pixels = [UInt8](repeating: 0, count: max(0, width) * max(0, height) * 3)
  let (left, top) = ((width - inner.width) / 2, (height - inner.height) / 2)
  for row in 0..<inner.height {
    let start = ((top + row) * width + left) * 3
    let source = row * inner.width * 3
    pixels.replaceSubrange(start..<start + inner.width * 3, with: inner.pixels[source..<source + inner.width * 3])
  }
  return Image(width: max(0, width), height: max(0, height), pixels: pixels)
}

/// For every new position the old ones that it covers, with weights that add up to 1. Of a very wide span a sample
/// is enough, so that a large image costs no more than a small one.
private func spans(from old: Int, to new: Int) -> [[(Int, Float)]] {
  let mostSamples = 8
  let scale = Double(old) / Double(new)
  return (0..<new).map { position in
    let start = Double(position) * scale
    let end = min(Double(old), start + scale)
    let first = min(old - 1, Int(start))
    let last = max(first, min(old - 1, Int(end.rounded(.up)) - 1))
    let step = max(1, (last - first + 1) / mostSamples)
    var span: [(Int, Float)] = []
    for index in stride(from: first, through: last, by: step) {
      let covered = min(end, Double(index + 1)) - max(start, Double(index))
      if covered > 0 { span.append((index, Float(covered))) }
    }
    let sum = span.reduce(Float(0)) { $0 + $1.1 }
    guard sum > 0 else { return [(first, 1)] }
    return span.map { ($0.0, $0.1 / sum) }
  }
}

extension Image {
  /// The box that thumbnails fit into, in pixels: enough to recognise a thing by, a few KiB each.
  package static let thumbnailBox = (width: 48, height: 36)

  /// The image scaled down to fit into `thumbnailBox`.
  package var thumbnail: Image {
    let size = fittedSize(
      width: width, height: height, maximumWidth: Image.thumbnailBox.width, maximumHeight: Image.thumbnailBox.height)
    return scaled(self, width: size.width, height: size.height)
  }
}
