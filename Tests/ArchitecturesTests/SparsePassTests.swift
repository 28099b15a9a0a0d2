// SPDX-License-Identifier: Apache-2.0

import Architectures
import Compute
import Images
import ModelFile
import TestSupport
import Testing

@Suite("A sparse pass of a vision tower computes active places and keeps the others")
struct SparsePassTests {
  /// The families that have sparse passes: windows, deepstack, SigLIP with either projector, two mergers.
  static let names = ["windows", "deepstack", "pixel-shuffle", "pixel-unshuffle", "two-stage"]

  private let pool = ThreadPool(threads: 2)

  private func tower(_ name: String) throws -> VisionTower {
    try VisionTower(file: VisionGolden(name).file, threads: pool)
  }

  /// Two images of 8 × 4 places, or of the tower's one size, and the number of places.
  private func frames(_ tower: VisionTower) -> (first: Image, second: Image, places: Int) {
    let side = tower.configuration.sideMultiple
    let isFixed = tower.configuration.fixedImageSide != nil
    let (width, height) = isFixed ? (side, side) : (8 * side, 4 * side)
    let grid = tower.configuration.tokenGrid(width: width, height: height)
    return (
      goldenImage(0, width: width, height: height), goldenImage(1, width: width, height: height),
      grid.rows * grid.columns
    )
  }

  /// `image` with the cells of `other` in places.
  private func mixed(_ image: Image, _ other: Image, places: Set<Int>, columns: Int, side: Int) -> Image {
    var pixels = image.pixels
    for place in places {
      for y in place / columns * side..<(place / columns + 1) * side {
        let start = (y * image.width + place % columns * side) * 3
        pixels.replaceSubrange(start..<start + side * 3, with: other.pixels[start..<start + side * 3])
      }
    }
    return Image(width: image.width, height: image.height, pixels: pixels)
  }

  private func row(_ embeddings: VisionTokenEmbeddings, _ token: Int) -> [Float] {
    Array(embeddings.values[token * embeddings.width..<(token + 1) * embeddings.width])
  }

  @Test("A dense pass gives the same with a cache, whatever its precision", arguments: names)
  func dense(name: String) throws {
    let tower = try tower(name)
    let (first, second, _) = frames(tower)
    let expected = try tower.encode(first, second).values
    for precision in VisionCache.Precision.allCases {
      let cache = VisionCache(precision: precision)
      #expect(try tower.encode(first, second, cache: cache).values == expected)
      #expect(cache.isFilled && cache.byteCount > 0)
    }
  }

  @Test("Where nothing changed, computing some places gives what a dense pass gave", arguments: names)
  func unchanged(name: String) throws {
    let tower = try tower(name)
    let (first, second, places) = frames(tower)
    let expected = try tower.encode(first, second).values
    for (precision, tolerance) in [(VisionCache.Precision.f32, 1e-5), (.q8, 2e-2)] {
      let cache = VisionCache(precision: precision)
      _ = try tower.encode(first, second, cache: cache)
      for active in [[0], [places - 1], [1, 2, places / 2], Array(0..<places - 1)] {
        let mask = (0..<places).map(active.contains)
        let sparse = try tower.encode(first, second, cache: cache, active: mask)
        let difference = relativeDifference(sparse.values, expected)
        #expect(difference < tolerance, "\(precision) \(active): \(difference)")
      }
    }
  }

  @Test("Places that are not active stay as they were; those that are follow the image", arguments: names)
  func changed(name: String) throws {
    let tower = try tower(name)
    let (first, second, places) = frames(tower)
    let cache = VisionCache()
    let before = try tower.encode(first, first, cache: cache)
    let mask = (0..<places).map { $0 == 1 }
    let sparse = try tower.encode(second, second, cache: cache, active: mask)
    for place in 0..<places where place != 1 { #expect(row(sparse, place) == row(before, place)) }
    #expect(relativeDifference(row(sparse, 1), row(before, 1)) > 1e-2)
    // The next pass builds upon it.
    let all = try tower.encode(second, second, cache: cache)
    #expect(all.values == (try tower.encode(second, second).values))
  }

  @Test("A change within a window is computed exactly where all blocks attend within windows")
  func windows() throws {
    let file = try RewrittenFile(
      VisionGolden("windows").file, metadata: ["clip.vision.n_wa_pattern": .uint32(100)]
    ).file
    let tower = try VisionTower(file: file, threads: pool)
    let side = tower.configuration.sideMultiple
    let (first, second, places) = frames(tower)
    // Windows are of 4 × 4 places, so the second one has columns 4 to 7.
    let changing = Set((0..<places).filter { $0 % 8 >= 4 })
    let changed = mixed(first, second, places: changing, columns: 8, side: side)
    let cache = VisionCache()
    _ = try tower.encode(first, first, cache: cache)
    let sparse = try tower.encode(changed, changed, cache: cache, active: (0..<places).map(changing.contains))
    let dense = try tower.encode(changed, changed)
    #expect(relativeDifference(sparse.values, dense.values) < 1e-6)
    let stale = try tower.encode(first, first)
    #expect(relativeDifference(stale.values, dense.values) > 1e-2)
  }

  @Test("An active place sees the changed ones: computing them all is closer to dense than computing one")
  func attention() throws {
    let tower = try tower("deepstack")
    let (first, second, places) = frames(tower)
    let side = tower.configuration.sideMultiple
    let changing: Set = [9, 10, 17, 18]
    let changed = mixed(first, second, places: changing, columns: 8, side: side)
    let dense = try tower.encode(changed, changed)
    func error(_ active: Set<Int>) throws -> Double {
      let cache = VisionCache()
      _ = try tower.encode(first, first, cache: cache)
      let sparse = try tower.encode(changed, changed, cache: cache, active: (0..<places).map(active.contains))
      return relativeDifference(row(sparse, 9), row(dense, 9))
    }
    let (one, all) = (try error([9]), try error(changing))
    #expect(all < 0.9 * one, "\(one) \(all)")
  }

  @Test("Every instruction set and the portable kernels give the same", arguments: InstructionSet.allCases)
  func instructionSets(instructionSet: InstructionSet) throws {
    guard instructionSet.isAvailable else { return }
    for name in Self.names {
      let file = try VisionGolden(name).file
      func encode(_ instructionSet: InstructionSet) throws -> [Float] {
        let tower = try VisionTower(file: file, threads: pool, instructionSet: instructionSet)
        let (first, second, places) = frames(tower)
        let cache = VisionCache()
        _ = try tower.encode(first, first, cache: cache)
        let mask = (0..<places).map { $0 % 3 == 1 }
        return try tower.encode(second, second, cache: cache, active: mask).values
      }
      #expect(relativeDifference(try encode(instructionSet), try encode(.portable)) < 1e-5)
    }
  }

  @Test("A pass for images of another size, and one after a pass that was broken off, is dense")
  func restarts() throws {
    let tower = try tower("windows")
    let (first, second, places) = frames(tower)
    let side = tower.configuration.sideMultiple
    let cache = VisionCache()
    _ = try tower.encode(first, first, cache: cache)
    let small = goldenImage(2, width: 2 * side, height: 2 * side)
    #expect(
      try tower.encode(small, small, cache: cache, active: [true, false, false, false]).values
        == (try tower.encode(small, small).values))
    _ = try tower.encode(first, first, cache: cache)
    let mask = (0..<places).map { $0 == 3 }
    var abandoned = try tower.begin(second, second, cache: cache, active: mask)
    _ = try abandoned.step()
    #expect(abandoned.activeShare < 0.1 && !cache.isFilled)
    #expect(
      try tower.encode(second, second, cache: cache, active: mask).values == (try tower.encode(second, second).values))
  }

  @Test("What is not a number is found in a sparse pass as well, and the next pass is dense")
  func notFinite() throws {
    let original = try VisionGolden("windows").file
    let file = try RewrittenFile(original) { tensor, bytes in
      var bytes = bytes
      if tensor.name == "v.blk.1.attn_k.weight" || tensor.name == "v.blk.1.attn_qkv.weight" {
        bytes.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
      }
      return (tensor.dimensions, tensor.type, bytes)
    }.file
    let tower = try VisionTower(file: file, threads: pool)
    let (first, _, _) = frames(tower)
    for precision in VisionCache.Precision.allCases {
      let cache = VisionCache(precision: precision)
      #expect(throws: ModelError.self) { try tower.encode(first, first, cache: cache) }
      #expect(!cache.isFilled)
    }
  }

  @Test("A tower whose tokens are pooled from places that overlap has no sparse passes")
  func unsupported() throws {
    #expect(try !tower("pooled").isSparseSupported)
    for name in Self.names { #expect(try tower(name).isSparseSupported) }
  }

  @Test("Memory is what the estimate says", arguments: VisionCache.Precision.allCases)
  func memory(precision: VisionCache.Precision) throws {
    let file = try VisionGolden("two-stage").file
    let tower = try VisionTower(file: file, threads: pool)
    let (first, _, _) = frames(tower)
    let cache = VisionCache(precision: precision)
    let embeddings = try tower.encode(first, first, cache: cache).values.count * MemoryLayout<Float>.stride
    let pixels = first.width * first.height
    let estimates = try [nil, precision].map {
      try VisionTower.estimatedWorkingByteCount(of: file, threads: pool, pixels: pixels, cache: $0)
    }
    #expect(estimates[1] - estimates[0] == cache.byteCount + embeddings)
  }
}
