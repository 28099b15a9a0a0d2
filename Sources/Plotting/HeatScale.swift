// SPDX-License-Identifier: Apache-2.0

/// The colours of shares up to 1: from a dark violet over teal to a bright yellow, ever lighter, so that the order
/// is seen without colour vision too and on light and dark grounds.
package enum HeatScale {
  /// Equally far apart on the scale.
  private static let stops: [(red: Float, green: Float, blue: Float)] = [
    (62, 30, 104), (58, 82, 139), (32, 144, 141), (95, 200, 98), (250, 228, 50),
  ]

  /// Where a share stands on the scale, 0 to 1. Its square root: of most temporal patches a few tokens are cached, and
  /// one of sixteen must look different from none.
  package static func position(of share: Float) -> Float { share.asShare.squareRoot() }

  /// The colour at a position 0 to 1, linear between the nearest two stops; others are clamped.
  package static func color(at position: Float) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let stop = position.asShare * Float(stops.count - 1)
    let lower = min(stops.count - 2, Int(stop))
    let part = stop - Float(lower)
    func mixed(_ channel: (((red: Float, green: Float, blue: Float)) -> Float)) -> UInt8 {
      UInt8((channel(stops[lower]) * (1 - part) + channel(stops[lower + 1]) * part).rounded())
    }
    return (mixed(\.red), mixed(\.green), mixed(\.blue))
  }
}
