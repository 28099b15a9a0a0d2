// SPDX-License-Identifier: Apache-2.0

import Images

/// How large the sampled frames are: the "smart resize" of Qwen2-VL.
///
/// Both sides become multiples of ``multiple`` (a patch of 14 pixels, merged 2 × 2), the area stays between
/// ``minimumPixels`` and ``maximumPixels``, and the shape is kept as nearly as that allows. The arithmetic, halves
/// rounded to even included, is that of Hugging Face `transformers`' `smart_resize`, so that a frame has the same
/// grid here and there.
public struct FrameSizing: Sendable, Hashable {
  /// The smallest area of a sampled frame, in pixels.
  public var minimumPixels: Int
  /// The largest area of a sampled frame, in pixels.
  public var maximumPixels: Int
  /// The number that both sides are multiples of, in pixels.
  public var multiple: Int
  /// The size of every sampled frame, whatever its shape, for a vision tower that reads only one.
  public var exact: ImageSize?

  /// The side of a square whose area every sampled frame has, in its own shape, as nearly as ``multiple`` allows; nil
  /// for frames between the bounds. It is how MiniCPM-V's processor resizes the overview of an image
  /// (`find_best_resize` in `transformers`), small ones enlarged. The processor rounds the sides to the nearest
  /// multiple, by which the area can become a third larger than the square's. Where it would exceed ``maximumPixels``,
  /// they are rounded down.
  public var overviewSide: Int?

  /// The bounds left out are those that Qwen2-VL was published with, for images (minimum) and for video frames
  /// (maximum).
  public init(
    minimumPixels: Int = 56 * 56, maximumPixels: Int = 768 * 28 * 28, multiple: Int = 28, exact: ImageSize? = nil,
    overviewSide: Int? = nil
  ) {
    self.minimumPixels = minimumPixels
    self.maximumPixels = maximumPixels
    self.multiple = multiple
    self.exact = exact
    self.overviewSide = overviewSide
  }

  /// The largest ratio of the sides that is taken in.
  public static let longestShape = 200.0

  /// The size at which a frame that is shown at `size` is sampled; nil when a side is below one pixel or one side is
  /// more than 200 times the other.
  public func sampledSize(of size: ImageSize) -> ImageSize? {
    guard size.width > 0, size.height > 0 else { return nil }
    let width = Double(size.width)
    let height = Double(size.height)
    let step = Double(multiple)
    guard max(width, height) / min(width, height) <= Self.longestShape else { return nil }
    if let exact { return exact }
    if let overviewSide { return overview(width: width, height: height, side: Double(overviewSide)) }
    var rows = (height / step).rounded(.toNearestOrEven) * step
    var columns = (width / step).rounded(.toNearestOrEven) * step
    if rows * columns > Double(maximumPixels) {
      let shrink = (height * width / Double(maximumPixels)).squareRoot()
      rows = max(step, (height / shrink / step).rounded(.down) * step)
      columns = max(step, (width / shrink / step).rounded(.down) * step)
    } else if rows * columns < Double(minimumPixels) {
      let grow = (Double(minimumPixels) / (height * width)).squareRoot()
      rows = (height * grow / step).rounded(.up) * step
      columns = (width * grow / step).rounded(.up) * step
    }
    // Only reached with a minimum of nothing, where a side can round to none.
    return ImageSize(width: Int(max(step, columns)), height: Int(max(step, rows)))
  }

  private func overview(width: Double, height: Double, side: Double) -> ImageSize {
    let ratio = width / height
    let rows = (side / ratio.squareRoot()).rounded(.down)
    let columns = (rows * ratio).rounded(.down)
    let step = Double(multiple)
    func suitable(_ length: Double, _ rule: FloatingPointRoundingRule) -> Int {
      Int(max(step, (length / step).rounded(rule) * step))
    }
    let nearest = ImageSize(width: suitable(columns, .toNearestOrEven), height: suitable(rows, .toNearestOrEven))
    if nearest.width * nearest.height <= maximumPixels { return nearest }
    let below = ImageSize(width: suitable(columns, .down), height: suitable(rows, .down))
    // A side below one step becomes one, and then the other must give way.
    let longest = max(multiple, maximumPixels / min(below.width, below.height) / multiple * multiple)
    return ImageSize(width: min(below.width, longest), height: min(below.height, longest))
  }
}
