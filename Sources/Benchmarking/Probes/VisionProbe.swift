import Assistant
import Models
import Pictures

/// Measures how fast the vision tower looks at pictures, as pixels in and as vectors for the language model out.
struct VisionProbe: Probe {
  let model: LoadedModel
  let tower: VisionTower
  let plan: BenchmarkPlan

  var steps: Int { plan.rounds + 1 }

  func measure(_ progress: RoundProgress) throws -> [Figure] {
    let size = model.pictureSize(plan)
    var maker = NoisePictures(size: size)
    let pictures = (maker.next(), maker.next())
    let place = "\(size.width) × \(size.height)"
    var block = EmbeddingBlock()
    var seconds: [Double] = []
    for round in 0...plan.rounds {
      try progress.begin("vision, \(place)")
      let taken = try secondsTaken { () throws(ModelError) in try tower.encode(pictures.0, pictures.1, into: &block) }
      if round > 0 { seconds.append(taken) }
    }
    let perPatch = tower.configuration.picturesPerPatch
    let note = "\(block.rows) tokens of \(perPatch == 1 ? "a picture" : "each \(perPatch) pictures")"
    return Spread(seconds.map { Double(perPatch) / $0 }).map {
      [
        Figure(
          .vision, place: place, unit: .picturesPerSecond, value: $0, picturesAtOnce: perPatch, note: note)
      ]
    } ?? []
  }
}

/// Pictures of which only the size matters.
struct NoisePictures {
  private let size: BenchmarkPlan.PictureSize
  private var random = SeededGenerator(seed: 11)

  init(size: BenchmarkPlan.PictureSize) {
    self.size = size
  }

  mutating func next() -> Picture {
    var pixels: [UInt8] = []
    let count = size.width * size.height * 3
    pixels.reserveCapacity(count + 8)
    while pixels.count < count { withUnsafeBytes(of: random.next()) { pixels.append(contentsOf: $0) } }
    pixels.removeLast(pixels.count - count)
    return Picture(width: size.width, height: size.height, pixels: pixels)
  }
}

extension LoadedModel {
  /// The pictures of a plan, with sides that the tower takes.
  func pictureSize(_ plan: BenchmarkPlan) -> BenchmarkPlan.PictureSize {
    let multiple = vision?.configuration.sideMultiple ?? 28
    func suitable(_ side: Int) -> Int { max(side / multiple, 1) * multiple }
    if let size = plan.pictureSize {
      return .init(width: suitable(size.width), height: suitable(size.height))
    }
    let side = suitable(Int(Double(preferences.maximumPixels).squareRoot()))
    return .init(width: side, height: side)
  }
}
