// SPDX-License-Identifier: Apache-2.0

/// An image in memory: 8-bit RGB, rows from top to bottom, no padding between rows.
public struct Image: Sendable, Equatable {
  /// Columns, in pixels.
  public let width: Int
  /// Rows, in pixels.
  public let height: Int
  /// `height × width × 3` bytes in the order red, green, blue.
  public let pixels: [UInt8]

  /// - Precondition: `pixels.count == width * height * 3`; an image is only made by code that sized the buffer itself.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width >= 0 && height >= 0 && pixels.count == width * height * 3, "an image's bytes must fill it")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
