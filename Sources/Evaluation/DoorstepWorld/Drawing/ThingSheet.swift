// SPDX-License-Identifier: Apache-2.0

import Foundation
import Images
import Inference
import Records
import Video

/// The sheet with the images of all things, which comes with the program, and the sprites cut from it.
///
/// The upper half of the sheet holds colours, the lower half coverage as grey. There is a cell for each image of each
/// thing, in the order of `Thing.allCases`, in rows of six. The image is in the upper left of its cell (see
/// `Models/recipe/make_thing_sheet.py`).
package struct ThingSheet {
  private static let cellWidth = 136
  private static let cellHeight = 128
  private static let columns = 6

  private let image: Image
  private var sprites: [SpriteKey: Sprite] = [:]

  /// Reads the sheet.
  ///
  /// - Throws: `ReportedError.videoUnreadable` when the sheet is missing or has another size.
  package init() throws(ReportedError) {
    guard let path = InstalledFiles.file("things.png", in: "Assets") else {
      throw .videoUnreadable(
        message: "Assets/things.png, the images that streams are drawn from, was not found; "
          + "set EDGEASSIST_HOME to the folder that holds Assets/")
    }
    let count = Thing.allCases.reduce(0) { $0 + $1.imageSizes.count }
    let lines = (count + Self.columns - 1) / Self.columns
    do {
      image = try PNGFile.read(path)
    } catch {
      throw .videoUnreadable(message: error.description)
    }
    guard image.width == Self.columns * Self.cellWidth, image.height == 2 * lines * Self.cellHeight else {
      throw .videoUnreadable(message: "\(path) is not the sheet of images that comes with the program")
    }
  }

  /// The sprite of a visit's thing.
  ///
  /// - Parameters:
  ///   - longest: the longer side, in pixels.
  ///   - phase: shift to the right, in parts of a pixel of which there are `phases`.
  mutating func sprite(of visit: Visit, longest: Int, facesRight: Bool, phase: Int, phases: Int) -> Sprite {
    let key = SpriteKey(
      thing: visit.thing, variant: visit.variant, longest: longest, facesRight: facesRight, phase: phase,
      phases: phases)
    if let known = sprites[key] { return known }
    let made = Sprite(cell: cell(visit.thing, visit.variant, mirrored: facesRight), key)
    sprites[key] = made
    return made
  }

  /// The image of a thing as it is in the sheet, where all face left, or mirrored.
  private func cell(_ thing: Thing, _ variant: Int, mirrored: Bool) -> Layers {
    let before = Thing.allCases.prefix { $0 != thing }.reduce(0) { $0 + $1.imageSizes.count }
    let left = (before + variant) % Self.columns * Self.cellWidth
    let top = (before + variant) / Self.columns * Self.cellHeight
    let size = thing.imageSizes[variant]
    var layers = Layers(width: size.width, height: size.height)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let from = (top + row) * image.width + left + column
        let cover = Float(image.pixels[(from + image.height / 2 * image.width) * 3]) / 255
        let to = row * size.width + (mirrored ? size.width - 1 - column : column)
        for channel in 0..<3 { layers[to, channel] = Float(image.pixels[from * 3 + channel]) * cover }
        layers[to, 3] = cover
      }
    }
    return layers
  }
}

/// The parameters of a sprite.
struct SpriteKey: Hashable {
  var thing: Thing
  var variant: Int
  /// The longer side, in pixels.
  var longest: Int
  var facesRight: Bool
  /// Shift to the right, in parts of a pixel.
  var phase: Int
  /// Parts of a pixel.
  var phases: Int
}

/// An image with coverage: red, green and blue in 0...255, each times coverage, and coverage in 0...1.
struct Layers {
  let width: Int
  let height: Int
  /// [height][width][4].
  var values: [Float]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    values = [Float](repeating: 0, count: width * height * 4)
  }

  subscript(pixel: Int, layer: Int) -> Float {
    get { values[pixel * 4 + layer] }
    set { values[pixel * 4 + layer] = newValue }
  }
}
