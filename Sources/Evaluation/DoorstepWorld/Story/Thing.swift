// SPDX-License-Identifier: Apache-2.0

/// A thing that may come by. The raw value is its word.
public enum Thing: String, Sendable, CaseIterable {
  case cat, dog, person, bird, car, bus, truck, bicycle, ball
  case parcel = "package"
  case umbrella, scooter

  /// Width and height of the thing's images, in pixels of the sheet of images. One is drawn for each visit.
  var imageSizes: [(width: Int, height: Int)] {
    switch self {
    case .cat: [(109, 122)]
    case .dog: [(114, 121), (111, 125)]
    case .person: [(52, 120)]
    case .bird: [(117, 98), (119, 105)]
    case .car: [(123, 78), (125, 79)]
    case .bus: [(125, 85)]
    case .truck: [(122, 100), (125, 93)]
    case .bicycle: [(124, 89)]
    case .ball: [(121, 120), (122, 121)]
    case .parcel: [(112, 120)]
    case .umbrella: [(121, 120), (121, 120)]
    case .scooter: [(114, 120)]
    }
  }

  /// Width and height of an image, scaled so that the longer side is 1.
  func shape(variant: Int) -> (width: Double, height: Double) {
    let size = imageSizes[variant]
    let longest = Double(max(size.width, size.height))
    return (Double(size.width) / longest, Double(size.height) / longest)
  }
}
