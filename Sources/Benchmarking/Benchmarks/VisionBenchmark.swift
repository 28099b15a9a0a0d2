// SPDX-License-Identifier: Apache-2.0

import Architectures
import Images
import Inference
import Video

/// Measures how fast the vision tower looks at pictures, as pixels in and as vectors for the language model out.
struct VisionBenchmark: Benchmark {
  let model: LoadedModel
  let tower: VisionTower
  let plan: BenchmarkPlan

  var steps: Int { plan.rounds + 1 }

  func measure(_ progress: RoundProgress) throws -> [BenchmarkResult] {
    let size = model.imageSize(plan)
    var maker = NoiseImages(size: size)
    let images = (maker.next(), maker.next())
    let place = "\(size.width) × \(size.height)"
    var tokens = 0
    var seconds: [Double] = []
    for round in 0...plan.rounds {
      try progress.begin("vision, \(place)")
      let taken = try secondsTaken { () throws(ModelError) in tokens = try tower.encode(images.0, images.1).rows }
      if round > 0 { seconds.append(taken) }
    }
    let perPatch = tower.configuration.temporalPatchSize
    let note = "\(tokens) tokens of \(perPatch == 1 ? "a image" : "each \(perPatch) images")"
    return MedianRange(seconds.map { Double(perPatch) / $0 }).map {
      [
        BenchmarkResult(
          .vision, place: place, unit: .framesPerSecond, value: $0, framesAtOnce: perPatch, note: note)
      ]
    } ?? []
  }
}

/// Pictures of which only the size matters.
struct NoiseImages {
  private let size: BenchmarkPlan.ImageSize
  private var random = SeededGenerator(seed: 11)

  init(size: BenchmarkPlan.ImageSize) {
    self.size = size
  }

  mutating func next() -> Image {
    var pixels: [UInt8] = []
    let count = size.width * size.height * 3
    pixels.reserveCapacity(count + 8)
    while pixels.count < count { withUnsafeBytes(of: random.next()) { pixels.append(contentsOf: $0) } }
    pixels.removeLast(pixels.count - count)
    return Image(width: size.width, height: size.height, pixels: pixels)
  }
}

extension LoadedModel {
  /// The pictures of a plan, with sides that the tower takes.
  func imageSize(_ plan: BenchmarkPlan) -> BenchmarkPlan.ImageSize {
    let multiple = vision?.configuration.sideMultiple ?? 28
    func suitable(_ side: Int) -> Int { max(side / multiple, 1) * multiple }
    if let size = plan.imageSize {
      return .init(width: suitable(size.width), height: suitable(size.height))
    }
    let side = suitable(Int(Double(preferences.maximumPixels).squareRoot()))
    return .init(width: side, height: side)
  }
}
