// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Images
import ModelFile
import TestSupport
import Testing

/// Every stage of the newer families' towers equals Hugging Face transformers in float32, measured as
/// ‖ours − theirs‖ / ‖theirs‖ over all rows of the stage.
@Suite struct VisionTransformersEqualityTests {
  static let tolerance = 1e-5

  private func run(
    _ name: String, _ sequence: String, file: GGUFFile? = nil, threads: Int = 2, instructionSet: InstructionSet = .best
  ) throws -> VisionRun {
    let golden = try VisionGolden(name)
    let perPatch = try VisionConfiguration(file: golden.file).temporalPatchSize
    return try VisionRun(
      file ?? golden.file, try golden.images(sequence, perPatch: perPatch), threads: threads,
      instructionSet: instructionSet)
  }

  private func difference(_ run: VisionRun, _ name: String, _ sequence: String, _ stage: String) throws -> Double {
    relativeDifference(try #require(run.stages[stage]), try VisionGolden(name).stage(sequence, stage))
  }

  @Test("every stage equals the reference", arguments: VisionGolden.cases)
  func stages(name: String, sequence: String) throws {
    let run = try run(name, sequence)
    for stage in run.stages.keys.sorted() {
      let difference = try difference(run, name, sequence, stage)
      #expect(difference < VisionTransformersEqualityTests.tolerance, "\(stage): \(difference)")
    }
    #expect(run.stages.count == (["windows", "deepstack", "two-stage"].contains(name) ? 5 : 4))
  }

  @Test("the portable kernels and a single thread give the same", arguments: VisionGolden.cases)
  func portable(name: String, sequence: String) throws {
    let run = try run(name, sequence, threads: 1, instructionSet: .portable)
    #expect(try difference(run, name, sequence, "merger") < VisionTransformersEqualityTests.tolerance)
  }

  @Test(
    "every instruction set of this machine gives the same",
    arguments: InstructionSet.allCases.filter(\.isAvailable))
  func instructionSets(instructionSet: InstructionSet) throws {
    for (name, sequence) in VisionGolden.cases {
      let run = try run(name, sequence, instructionSet: instructionSet)
      #expect(try difference(run, name, sequence, "merger") < VisionTransformersEqualityTests.tolerance)
    }
  }

  @Test("attention over the whole image in place of windows gives something else")
  func noWindows() throws {
    let file = try RewrittenFile(
      VisionGolden("windows").file, metadata: ["clip.vision.n_wa_pattern": .uint32(0)]
    ).file
    let run = try run("windows", "image", file: file)
    #expect(try difference(run, "windows", "image", "vision_block.0") > 1e-2)
    #expect(try difference(run, "windows", "image", "patch_embedding") < VisionTransformersEqualityTests.tolerance)
  }

  @Test("windows of another size give something else")
  func otherWindows() throws {
    let file = try RewrittenFile(
      VisionGolden("windows").file, metadata: ["clip.vision.window_size": .uint32(56)]
    ).file
    #expect(try difference(run("windows", "image", file: file), "windows", "image", "merger") > 1e-2)
  }

  @Test("an image's tokens, row by row", arguments: [("windows", 28, 1), ("deepstack", 16, 3)])
  func grid(name: String, side: Int, embeddings: Int) throws {
    let tower = try VisionTower(file: VisionGolden(name).file, threads: ThreadPool(threads: 1))
    let grid = tower.configuration.tokenGrid(width: 7 * side, height: 5 * side)
    #expect(grid == (rows: 5, columns: 7))
    let image = goldenImage(0, width: 7 * side, height: 5 * side)
    let block = try tower.encode(image, image)
    #expect(block.rows == 35)
    #expect(block.width == tower.configuration.outHiddenSize * embeddings)
    #expect(tower.imageNewline == nil)
  }

  @Test("a tower of one image size tells it, and has half as many tokens along a side as patches")
  func fixedSide() throws {
    let sizes = try VisionConfiguration(file: VisionGolden("pooled").file)
    #expect(sizes.fixedImageSide == 132)
    #expect(sizes.sideMultiple == 132)
    #expect(sizes.temporalPatchSize == 1)
    #expect(sizes.tokenGrid(width: 132, height: 132) == (rows: 5, columns: 5))
  }

  @Test("a tower of a family with slices tells the size of an image beside them")
  func overviewSide() throws {
    #expect(try VisionConfiguration(file: VisionGolden("two-stage").file).overviewSide == 448)
    #expect(try VisionConfiguration(file: VisionGolden("pixel-unshuffle").file).overviewSide == nil)
  }

  @Test("a tower of one image size refuses others", arguments: [(126, 126), (132, 264), (264, 264), (264, 132)])
  func otherSizes(width: Int, height: Int) throws {
    let tower = try VisionTower(file: VisionGolden("pooled").file, threads: ThreadPool(threads: 1))
    let image = goldenImage(0, width: width, height: height)
    let error = #expect(throws: ModelError.self) { try tower.encode(image, image) }
    #expect(error?.description.contains("multiples of 132") == true)
  }

  @Test(
    "a tower with floats quantized to Q8_0 gives the same to about a hundredth", arguments: ["windows", "deepstack"])
  func rounded(name: String) throws {
    let file = try VisionGolden(name).file
    let side = try VisionConfiguration(file: file).sideMultiple
    let image = goldenImage(1, width: 9 * side, height: 4 * side)
    let values = try [WeightLayout.mapped, .repackedQ8].map { weights in
      try VisionTower(file: file, threads: ThreadPool(threads: 2), weights: weights).encode(image, image).values
    }
    let differences = zip(values[0], values[1]).map { Double($0 - $1) }
    let error = differences.map { $0 * $0 }.reduce(0, +)
    let size = values[0].map { Double($0) * Double($0) }.reduce(0, +)
    #expect((error / size).squareRoot() < 0.03)
  }

  @Test("a tower used for one size and then another gives the same as a new one", arguments: ["windows", "deepstack"])
  func changingSizes(name: String) throws {
    let file = try VisionGolden(name).file
    let pool = ThreadPool(threads: 2)
    let used = try VisionTower(file: file, threads: pool)
    let side = used.configuration.sideMultiple
    for (columns, rows) in [(9, 4), (3, 5), (4, 9), (1, 1)] {
      let image = goldenImage(1, width: columns * side, height: rows * side)
      let found = try used.encode(image, image).values
      #expect(try found == VisionTower(file: file, threads: pool).encode(image, image).values)
    }
  }
}
