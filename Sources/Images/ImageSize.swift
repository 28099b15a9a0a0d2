// SPDX-License-Identifier: Apache-2.0

/// Columns and rows of an image, in pixels.
public struct ImageSize: Sendable, Hashable {
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// Memberwise; checks nothing.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// The largest size of this shape that fits into `box`, at least one pixel each way.
  public func fitted(into box: ImageSize) -> ImageSize {
    guard width > 0, height > 0, box.width > 0, box.height > 0 else { return ImageSize(width: 1, height: 1) }
    let factor = min(Double(box.width) / Double(width), Double(box.height) / Double(height))
    return ImageSize(
      width: min(box.width, max(1, Int((Double(width) * factor).rounded()))),
      height: min(box.height, max(1, Int((Double(height) * factor).rounded()))))
  }
}
