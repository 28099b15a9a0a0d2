// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Images
import ModelFile

/// A small random vision tower and what Hugging Face transformers computes with it; see
/// Goldens/make_vision_goldens.py.
struct VisionGolden {
  /// Qwen2.5-VL, Qwen3-VL, LLaVA-OneVision, SmolVLM, LFM2-VL and MiniCPM-V 4.6.
  static let cases = [
    ("windows", "image"), ("windows", "video"), ("deepstack", "image"), ("deepstack", "video"), ("pooled", "video"),
    ("pixel-shuffle", "video"), ("pixel-unshuffle", "large"), ("pixel-unshuffle", "small"),
    ("two-stage", "large"), ("two-stage", "small"),
  ]

  let file: GGUFFile
  private let values: GGUFFile

  init(_ name: String) throws {
    file = try GGUFFile(path: goldenPath(name + "-mmproj.gguf"))
    values = try GGUFFile(path: goldenPath(name + "-golden.gguf"))
  }

  /// One stage's output for all temporal patches; of stages before the merger every seventh value.
  func stage(_ sequence: String, _ stage: String) throws -> [Float] {
    let tensor = try values.requiredTensor(sequence + "." + stage)
    return values.bytes(of: tensor).bindMemory(to: Float.self).map { $0 }
  }

  /// The two images of each temporal patch.
  func images(_ sequence: String, perPatch: Int) throws -> [(Image, Image)] {
    let size = try values.metadata.integers(sequence + ".size")
    let isStill = try values.metadata.bool(sequence + ".still")
    func make(_ index: Int) -> Image { goldenImage(index, width: size[2], height: size[1]) }
    return (0..<size[0]).map { patch in
      let first = isStill ? 0 : patch * perPatch
      return (make(first), make(isStill ? 0 : first + perPatch - 1))
    }
  }
}

/// Runs a golden sequence through a tower and collects what every stage makes.
struct VisionRun {
  private(set) var stages: [String: [Float]] = [:]

  init(
    _ file: GGUFFile, _ images: [(Image, Image)], threads: Int = 2, instructionSet: InstructionSet = .best
  ) throws {
    let tower = try VisionTower(
      file: file, threads: ThreadPool(threads: threads), instructionSet: instructionSet)
    tower.stages = StageRecording()
    for (first, second) in images { _ = try tower.encode(first, second) }
    for (stage, rows) in tower.stages?.outputs ?? [:] {
      guard let name = stage.goldenName else { continue }
      // The goldens have every seventh number of the stages before the last.
      stages[name] =
        stage == .merger
        ? rows + (tower.imageNewline ?? []) : stride(from: 0, to: rows.count, by: 7).map { rows[$0] }
    }
  }
}
