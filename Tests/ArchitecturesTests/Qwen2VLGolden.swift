// SPDX-License-Identifier: Apache-2.0

import Architectures
import BoundedCache
import Compute
import Images
import ModelFile

/// A small random model and what Hugging Face transformers computes with it; see Goldens/make_qwen2_vl_goldens.py.
struct Qwen2VLGolden {
  static let names = ["wide-heads", "grouped-by-two", "grouped-by-six"]
  static let sequences = ["image", "video"]

  let name: String
  let model: GGUFFile
  let vision: GGUFFile
  private let values: GGUFFile

  init(_ name: String) throws {
    self.name = name
    model = try GGUFFile(path: goldenPath(name + ".gguf"))
    vision = try GGUFFile(path: goldenPath(name + "-mmproj.gguf"))
    values = try GGUFFile(path: goldenPath(name + "-golden.gguf"))
  }

  /// One stage's output for a sequence, as rows.
  func stage(_ sequence: String, _ stage: String) throws -> (values: [Float], width: Int) {
    let tensor = try values.requiredTensor(sequence + "." + stage)
    return (values.bytes(of: tensor).bindMemory(to: Float.self).map { $0 }, tensor.dimensions[0])
  }

  func sequence(_ label: String) throws -> Sequence { try Sequence(self, label) }

  /// The text before the temporal patches, the patches, the text after them.
  struct Sequence {
    let before, after: [Int]
    let grid: GridTHW
    let isStill: Bool
    let positions: [MRoPEPosition]

    init(_ golden: Qwen2VLGolden, _ label: String) throws {
      let metadata = golden.values.metadata
      before = try metadata.integers(label + ".before")
      after = try metadata.integers(label + ".after")
      let sizes = try metadata.integers(label + ".grid")
      grid = GridTHW(temporalPatches: sizes[0], height: sizes[1], width: sizes[2])
      isStill = try metadata.bool(label + ".still")
      let flat = try metadata.integers(label + ".positions").map(Int32.init)
      positions = stride(from: 0, to: flat.count, by: 3).map {
        MRoPEPosition(time: flat[$0], height: flat[$0 + 1], width: flat[$0 + 2])
      }
    }

    /// The two images of a temporal patch, by the formula of make_qwen2_vl_goldens.py.
    func images(_ patch: Int, tower: VisionConfiguration) -> (Image, Image) {
      let height = grid.height * tower.sideMultiple
      let width = grid.width * tower.sideMultiple
      func make(_ index: Int) -> Image { goldenImage(index, width: width, height: height) }
      return isStill ? (make(0), make(0)) : (make(2 * patch), make(2 * patch + 1))
    }
  }
}

/// Runs a golden sequence through tower and decoder and collects what every stage makes.
struct Qwen2VLGoldenRun {
  private(set) var stages: [String: [Float]] = [:]
  private(set) var stepLogits: [[Float]] = []

  /// - Parameter block: tokens that the decoder reads at once; 1 reads the text token by token through `decode`.
  init(
    _ golden: Qwen2VLGolden, _ label: String, block: Int, instructionSet: InstructionSet = .best, threads: Int = 2,
    isRecorded: Bool = true, nonlinear: NonlinearMode = .exact
  ) throws {
    let sequence = try golden.sequence(label)
    let pool = ThreadPool(threads: threads)
    let tower = try VisionTower(file: golden.vision, threads: pool, instructionSet: instructionSet)
    let model = try LanguageModel(
      file: golden.model, threads: pool, maximumBlock: block, instructionSet: instructionSet)
    (tower.nonlinear, model.nonlinear) = (nonlinear, nonlinear)
    tower.stages = StageRecording()
    if isRecorded { model.stages = StageRecording() }

    let cache = try KeyValueCache(
      shape: model.configuration.cacheShape, budget: sequence.positions.count, policy: .infinipotV)
    var timeline = MRoPEPositionAssigner()
    try model.prefill(
      tokens: sequence.before, positions: timeline.text(sequence.before.count), into: cache.ticket(for: .system))
    timeline.beginVision()
    let grid = GridTHW(temporalPatches: 1, height: sequence.grid.height, width: sequence.grid.width)
    for patch in 0..<sequence.grid.temporalPatches {
      let (first, second) = sequence.images(patch, tower: tower.configuration)
      try model.prefill(
        embeddings: tower.encode(first, second),
        positions: timeline.temporalPatch(height: grid.height, width: grid.width),
        into: cache.ticket(for: .vision, grid: grid))
    }
    timeline.endVision()
    if block == 1 {
      for token in sequence.after {
        try model.decode(token: token, position: timeline.text(1)[0], into: cache.ticket(for: .text))
        stepLogits.append(model.logits)
      }
    } else {
      try model.prefill(
        tokens: sequence.after, positions: timeline.text(sequence.after.count), into: cache.ticket(for: .text))
      stepLogits.append(model.logits)
    }
    stages = Self.named(tower.stages, model.stages)
    if let first = tower.stages?.outputs[.patches(image: 0)], let second = tower.stages?.outputs[.patches(image: 1)] {
      stages["patches"] = interleaved(first, second, area: tower.configuration.patchArea)
    }
  }

  /// The outputs of tower and decoder by the names that they have in the goldens.
  private static func named(_ recordings: StageRecording?...) -> [String: [Float]] {
    var named: [String: [Float]] = [:]
    for (stage, rows) in recordings.compactMap({ $0 }).flatMap(\.outputs) {
      if let name = stage.goldenName { named[name] = rows }
    }
    return named
  }
}

/// Patches as transformers lays them out: for each channel the first image's values, then the second's.
private func interleaved(_ first: [Float], _ second: [Float], area: Int) -> [Float] {
  var result: [Float] = []
  for start in stride(from: 0, to: first.count, by: area) {
    result += first[start..<start + area] + second[start..<start + area]
  }
  return result
}

extension VisionConfiguration {
  fileprivate var patchArea: Int { patchSize * patchSize }
}
